"""One process of the gateway: `python -m app.supervisor.part reception|index COUNTS MOUTH`.

`app.supervisor.gateway` starts it. COUNTS is the file in which it counts, MOUTH the descriptor of
the pipe through which it says that it listens.
"""

import gc
import os
import sys
from contextlib import suppress
from pathlib import Path

from app.kit.errors import AppError
from app.logs import configure_logging
from app.settings import read_settings
from app.supervisor.crew import INDEX
from dicom_gateway import metrics
from dicom_gateway.drain import Milestone


def main() -> None:
    """Run the part, and turn an error of ours into a line."""
    part, counts, mouth = sys.argv[1:]
    try:
        settings = read_settings()
        configure_logging(settings.log_format)
        metrics.keep_in(Path(counts))
        # What was imported is never garbage. A collection that walks over all of it takes 0.1 s,
        # for which every association would stand still.
        gc.freeze()
        # Each loads only what it needs: a reception is half as large as an index.
        if part == INDEX:
            from dicom_gateway.index_main import run_index  # noqa: PLC0415

            run_index(settings)
        else:
            from dicom_gateway.main import run_reception  # noqa: PLC0415

            run_reception(settings, tell=lambda milestone: _tell(int(mouth), milestone))
    except AppError as error:
        sys.stderr.write(f"astreinte: {error.message}\n")
        raise SystemExit(1) from error


def _tell(mouth: int, milestone: Milestone) -> None:
    # Without a supervisor we are about to end.
    with suppress(BrokenPipeError):
        os.write(mouth, milestone.encode())


if __name__ == "__main__":
    main()

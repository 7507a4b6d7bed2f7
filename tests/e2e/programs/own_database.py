"""Own the database of a data folder until a signal comes: `own_database DATA_DIR MACHINE_DIR`."""

import json
import signal
import sys
from pathlib import Path

from app.db.embedded.owner import own


def _run(data_dir: Path, machine_dir: Path) -> None:
    said: list[str] = []
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    with own(data_dir, say=said.append, machine_dir=machine_dir) as database:
        sys.stdout.write(json.dumps({"url": database.url, "said": said}) + "\n")
        sys.stdout.flush()
        signal.sigwait({signal.SIGTERM})


_run(Path(sys.argv[1]), Path(sys.argv[2]))

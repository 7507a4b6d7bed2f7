"""Works out a calibration in a child process, which goes when we go or when it takes too long."""

import asyncio
import contextlib
import json
import sys
from collections.abc import Sequence
from typing import Any

from app.planning.domain.calibration.ports import CalibrationFailed
from app.planning.domain.calibration.task import CalibrationTask

_WORKER = (sys.executable, "-m", "app.adapters.calibration.worker")
LONGEST_S = 900.0
"""A calibration that takes longer has failed."""


class ProcessCalibrator:
    """Starts one process for each calibration.

    Parameters
    ----------
    longest_s
        After so long it is ended.
    """

    def __init__(self, *, longest_s: float = LONGEST_S, command: Sequence[str] = _WORKER) -> None:
        self._longest_s = longest_s
        self._command = command

    async def calibrate(self, task: CalibrationTask) -> dict[str, Any]:
        """Work out a calibration; see `Calibrator`."""
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            written = json.dumps(task.to_json()).encode()
            answer, _ = await asyncio.wait_for(process.communicate(written), self._longest_s)
        except TimeoutError as error:
            raise CalibrationFailed(
                f"it took more than {self._longest_s:g} s: ask for fewer years or a shorter period"
            ) from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await asyncio.shield(process.wait())
        return _read(answer)


def _read(answer: bytes) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(answer)
    except ValueError as error:
        raise CalibrationFailed("its process ended before its answer: try it again") from error
    if "error" in found:
        raise CalibrationFailed(found["error"])
    result: dict[str, Any] = found["result"]
    return result

"""What calibration needs from outside."""

from typing import Any, Protocol

from app.planning.domain.calibration.task import CalibrationTask


class CalibrationFailed(Exception):
    """A calibration did not come to its end; the message says why, for a person."""


class Calibrator(Protocol):
    """Works out calibrations, apart from everything that must answer quickly."""

    async def calibrate(self, task: CalibrationTask) -> dict[str, Any]:
        """Work out a calibration, as `calibrate.calibrate` says.

        Takes seconds to minutes: call it outside any transaction.

        Raises
        ------
        CalibrationFailed
            If it was refused, took too long, or ended early.
        """
        ...

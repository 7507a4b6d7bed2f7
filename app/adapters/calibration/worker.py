"""Work out one calibration: the task as JSON on standard input, the answer on standard output.

The process has a low priority: who reads at night must not notice that somebody plans.
"""

import json
import os
import sys

from app.kit.errors import AppError
from app.planning.domain.calibration.calibrate import calibrate
from app.planning.domain.calibration.task import CalibrationTask

_NICENESS = 10


def run() -> None:
    """Answer with `{"result": ...}`, or with `{"error": ...}` where the task was refused."""
    os.nice(_NICENESS)
    try:
        answer = {"result": calibrate(CalibrationTask.from_json(json.load(sys.stdin)))}
    except AppError as error:
        json.dump({"error": error.message}, sys.stdout)
    else:
        json.dump(answer, sys.stdout)


if __name__ == "__main__":
    run()

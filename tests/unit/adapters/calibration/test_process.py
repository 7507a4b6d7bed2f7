"""Calibrations in a process of their own: its answer, its refusal, its end."""

import sys

import pytest

from app.adapters.calibration.process import ProcessCalibrator
from app.planning.domain.calibration.ports import CalibrationFailed
from tests.unit.planning.domain.calibration.test_calibrate import TASK, make_task, solve


@pytest.mark.asyncio
async def test_the_answer_of_the_process_is_that_of_the_function() -> None:
    assert await ProcessCalibrator().calibrate(TASK) == solve()


@pytest.mark.asyncio
async def test_a_refusal_is_told_in_its_own_words() -> None:
    with pytest.raises(CalibrationFailed, match="lies in the period looked at"):
        await ProcessCalibrator().calibrate(make_task(until=make_task().since.replace(day=3)))


@pytest.mark.asyncio
async def test_a_process_that_takes_too_long_is_ended() -> None:
    endless = (sys.executable, "-c", "import time; time.sleep(60)")

    with pytest.raises(CalibrationFailed, match=r"more than 0\.2 s"):
        await ProcessCalibrator(longest_s=0.2, command=endless).calibrate(TASK)


@pytest.mark.asyncio
async def test_a_process_that_ends_early_is_a_failure() -> None:
    early = (sys.executable, "-c", "raise SystemExit(3)")

    with pytest.raises(CalibrationFailed, match="ended before its answer"):
        await ProcessCalibrator(command=early).calibrate(TASK)

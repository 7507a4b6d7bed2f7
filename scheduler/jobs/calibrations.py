"""Works out calibrations: claimed as rows, each in a process apart, outside any transaction."""

from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import AppError
from app.planning.domain.calibration.ports import CalibrationFailed
from app.planning.domain.calibration.task import CalibrationTask
from app.planning.models import Calibration
from app.planning.repository import calibrations as repository
from app.planning.service import calibrations as service
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)


async def run(bench: Bench) -> None:
    """Work out all that waits, one after the other."""
    while True:
        row = await bench.transact(_claim)
        if row is None:
            return
        await _work_out(bench, row)


async def _claim(session: AsyncSession, now: datetime) -> Calibration | None:
    return await repository.claim_next(session, now=now, lasts=service.CLAIMED_FOR)


async def _work_out(bench: Bench, row: Calibration) -> None:
    async def load(session: AsyncSession, now: datetime) -> CalibrationTask:
        return await service.load_task(session, row, now=now)

    try:
        result = await bench.calibrator.calibrate(await bench.transact(load))
    except CalibrationFailed as error:
        await _fail(bench, row, reason=str(error))
    except AppError as error:
        await _fail(bench, row, reason=error.message)
    else:
        await _finish(bench, row, result=result)


async def _finish(bench: Bench, row: Calibration, *, result: dict[str, Any]) -> None:
    async def keep(session: AsyncSession, now: datetime) -> bool:
        return await service.finish_calibration(session, row, result=result, now=now)

    if await bench.transact(keep):
        _log.info("calibration_done", calibration=row.id)


async def _fail(bench: Bench, row: Calibration, *, reason: str) -> None:
    async def keep(session: AsyncSession, now: datetime) -> bool:
        return await service.fail_calibration(session, row, reason=reason, now=now)

    if await bench.transact(keep):
        _log.warning("calibration_failed", calibration=row.id)


async def _find_next_due(session: AsyncSession) -> datetime | None:
    return await repository.find_next_due(session)


JOB = Job(name=service.JOB, run=run, find_next_due=_find_next_due)

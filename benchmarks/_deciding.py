"""One decision as the platform makes it: lock, reading, deciding, writing, commit."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.db.clock import DatabaseClock
from app.db.embedded.owner import own
from app.db.engine import connect, make_engine
from app.db.schema import upgrade
from app.db.session import Sessions, make_sessions, run_unit_of_work, unit_of_work
from app.intake.models import Study
from app.kit.clock import read_monotonic_s
from app.settings import Settings
from benchmarks._arrivals import add_study
from benchmarks._cases import add_open_cases
from benchmarks._on_guard import put_on_guard

_FIRST, _BACKUP = 90, 10
_SET_ASIDE = (
    "UPDATE nomination SET ended_at = now(), end_reason = 'measured' WHERE case_id = :case_id",
    """UPDATE "case" SET state = 'voided', state_at = now(), dispatch_due_at = NULL,
    step_due_at = NULL WHERE id = :case_id""",
)
_OPEN = 500
_WARM_UP = 10


def measure_decisions(folder: Path, *, count: int) -> list[float]:
    """Decide for so many exams that have just arrived, among 100 readers with 500 open cases.

    Each is set aside again before the next one, so that as many are open for every decision.

    Returns
    -------
    list
        The seconds of each: from the begin of its transaction until it is committed.
    """
    with own(folder, say=lambda line: print(f"  {line}")) as database:
        upgrade(database.url)
        group = put_on_guard(database.url, first=_FIRST, backup=_BACKUP, node_port=1)
        add_open_cases(database.url, count=_OPEN)
        return asyncio.run(
            _measure(database.url, sender_ids=group.sender_ids, count=count + _WARM_UP)
        )[_WARM_UP:]


async def _measure(url: str, *, sender_ids: tuple[int, ...], count: int) -> list[float]:
    async with _opened(url) as sessions:
        case_ids = [
            await _open_case(sessions, number, sender_id=sender_ids[number % len(sender_ids)])
            for number in range(count)
        ]
        await asyncio.to_thread(_settle, url)
        # As the scheduler does once it has started.
        gc.collect()
        gc.freeze()
        return [await _decide(sessions, case_id) for case_id in case_ids]


@asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Sessions]:
    engine = make_engine(url, application="decisions")
    try:
        yield make_sessions(engine)
    finally:
        await engine.dispose()


def _settle(url: str) -> None:
    """Let what was written until now be on the disk: a commit would wait for it as well."""
    with connect(url) as connection:
        connection.execute("CHECKPOINT")
    os.sync()


async def _open_case(sessions: Sessions, number: int, *, sender_id: int) -> int:
    study_id = await add_study(sessions, number, sender_id=sender_id)

    async def tell(session: AsyncSession) -> int | None:
        study = await session.get_one(Study, study_id)
        return await pipeline.images_arrived(
            session, study, settings=Settings(), now=await DatabaseClock().now(session)
        )

    case_id = await run_unit_of_work(sessions, tell)
    if case_id is None:
        raise AssertionError(f"study {study_id} opened no case")
    return case_id


async def _decide(sessions: Sessions, case_id: int) -> float:
    async def decide(session: AsyncSession) -> bool:
        now = await DatabaseClock().now_alone(session, pipeline.DECIDING)
        if now is None:
            raise AssertionError("somebody else decides")
        return await pipeline.case_due(session, case_id, now=now)

    begun_s = read_monotonic_s()
    if not await run_unit_of_work(sessions, decide):
        raise AssertionError(f"case {case_id} was offered to nobody")
    took_s = read_monotonic_s() - begun_s
    async with unit_of_work(sessions) as session:
        for statement in _SET_ASIDE:
            await session.execute(text(statement), {"case_id": case_id})
    return took_s

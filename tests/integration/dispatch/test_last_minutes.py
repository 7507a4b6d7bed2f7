"""In the last minutes of a guard its reader is offered what is vital, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.dispatch.repository import list_nominees
from tests.factories.flow import open_case
from tests.factories.relief import Relief, give_seat, lay_relief
from tests.factories.stage import put_on_guard

END = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def relief(session: AsyncSession) -> Relief:
    """Let a colleague be on the first line too, who stays and has something to read already."""
    relief = await lay_relief(session, end=END)
    around = (END - timedelta(hours=3), END + timedelta(hours=3))
    await put_on_guard(relief.stage, relief.replacing, period=around)
    busy = await open_case(relief.stage, at=END - 60 * MINUTE)
    await pipeline.claim(session, busy, actor=relief.replacing_actor, now=END - 30 * MINUTE)
    return relief


async def offer(relief: Relief, *, at: datetime, urgent: bool = False) -> set[int]:
    before = at if urgent else at - 6 * MINUTE
    case_id = await open_case(relief.stage, at=before, urgent=urgent)
    await pipeline.case_due(relief.stage.session, case_id, now=at)
    return await list_nominees(relief.stage.session, case_id)


@pytest.mark.asyncio
async def test_new_cases_stop_fifteen_minutes_before_the_end(relief: Relief) -> None:
    assert await offer(relief, at=END - 16 * MINUTE) == {relief.leaving.id}
    assert await offer(relief, at=END - 14 * MINUTE) == {relief.replacing.id}


@pytest.mark.asyncio
async def test_a_vital_case_still_goes_to_who_leaves(relief: Relief) -> None:
    nominees = await offer(relief, at=END - 5 * MINUTE, urgent=True)

    assert relief.leaving.id in nominees


@pytest.mark.asyncio
async def test_who_holds_the_next_seat_too_goes_on(relief: Relief) -> None:
    await give_seat(relief.stage, relief.coming_seat, relief.leaving, at=END - 20 * MINUTE)

    assert await offer(relief, at=END - 14 * MINUTE) == {relief.leaving.id}

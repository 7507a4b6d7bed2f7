"""How long reads and transfers take, as a process keeps it of the version in force."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.session import Sessions, unit_of_work
from app.dispatch.domain.exams import ExamKind, Region
from app.dispatch.domain.read_times import ReadTime
from app.dispatch.models import ReadTime as ReadTimeRow
from app.dispatch.models import ReadTimeTable
from app.dispatch.repository.measured import find_measured, find_measured_in_force
from app.dispatch.repository.read_times import add_table
from tests.factories.stage import NIGHT

pytestmark = pytest.mark.asyncio

HEAD = ExamKind("CT", Region.HEAD)
PUBLISHED = 16.05


async def add_version(session: AsyncSession, minutes: float, *, day: int = 0) -> int:
    return await add_table(
        session,
        [ReadTime(HEAD, None, minutes, 90)],
        transfers=(),
        since=NIGHT,
        next_due_at=NIGHT + timedelta(days=day),
        now=NIGHT,
    )


async def expect(session: AsyncSession) -> float:
    return (await find_measured_in_force(session)).read.expect_of_all(HEAD)


async def test_without_a_version_it_is_as_published(session: AsyncSession) -> None:
    assert await expect(session) == PUBLISHED
    assert (await find_measured(session, None)).transfer_s == {}


async def test_a_version_is_read_once(session: AsyncSession) -> None:
    await add_version(session, 12.0)
    assert await expect(session) == 12.0

    await session.execute(delete(ReadTimeRow))

    assert await expect(session) == 12.0


async def test_the_next_version_is_what_counts(session: AsyncSession) -> None:
    await add_version(session, 12.0)
    assert await expect(session) == 12.0

    await add_version(session, 9.0, day=1)

    assert await expect(session) == 9.0


async def test_a_version_of_the_same_number_that_another_transaction_wrote_is_read(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        await add_version(session, 12.0)
    async with unit_of_work(sessions) as session:
        assert await expect(session) == 12.0
        # As when a backup was put back: the table counts from where it stood.
        await session.execute(update(ReadTimeRow).values(minutes=9.0))
        await session.execute(update(ReadTimeTable).values(made_at=NIGHT))

    async with unit_of_work(sessions) as session:
        assert await expect(session) == 9.0

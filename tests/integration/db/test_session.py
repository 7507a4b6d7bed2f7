import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.errors import constraint_of, is_serialization_failure, sqlstate_of
from app.db.session import Sessions, run_unit_of_work, unit_of_work

pytestmark = pytest.mark.asyncio

_SERIALIZABLE = text("SET TRANSACTION ISOLATION LEVEL SERIALIZABLE")
_SUM = text("SELECT sum(amount) FROM purse")
_ADD = text("INSERT INTO purse VALUES (:amount)")


class _Error(Exception):
    pass


async def _make_table(sessions: Sessions) -> None:
    async with unit_of_work(sessions) as session:
        await session.execute(
            text("CREATE TABLE purse (amount int CONSTRAINT ck_purse_positive CHECK (amount > 0))")
        )
        await session.execute(_ADD, {"amount": 1})


async def _read_sum(sessions: Sessions) -> int:
    async with sessions() as session:
        return int((await session.execute(_SUM)).scalar_one())


async def test_what_is_done_in_a_unit_of_work_is_committed(sessions: Sessions) -> None:
    await _make_table(sessions)

    assert await _read_sum(sessions) == 1


async def test_an_error_undoes_the_whole_unit_of_work(sessions: Sessions) -> None:
    await _make_table(sessions)

    async def add_and_fail() -> None:
        async with unit_of_work(sessions) as session:
            await session.execute(_ADD, {"amount": 10})
            raise _Error

    with pytest.raises(_Error):
        await add_and_fail()

    assert await _read_sum(sessions) == 1


def _double(meeting: asyncio.Barrier) -> Callable[[AsyncSession], Awaitable[int]]:
    """Make work that doubles the sum: of two at once, one must be refused."""
    attempts = 0

    async def work(session: AsyncSession) -> int:
        nonlocal attempts
        attempts += 1
        await session.execute(_SERIALIZABLE)
        amount = int((await session.execute(_SUM)).scalar_one())
        if attempts == 1:
            await meeting.wait()
        await session.execute(_ADD, {"amount": amount})
        return attempts

    return work


async def test_who_loses_a_race_does_it_again_on_what_the_winner_wrote(sessions: Sessions) -> None:
    await _make_table(sessions)
    meeting = asyncio.Barrier(2)

    attempts = await asyncio.gather(
        run_unit_of_work(sessions, _double(meeting)), run_unit_of_work(sessions, _double(meeting))
    )

    assert await _read_sum(sessions) == 4
    assert sorted(attempts) == [1, 2]


async def test_a_race_that_is_lost_every_time_is_an_error_in_the_end(sessions: Sessions) -> None:
    attempts = 0

    async def lose(session: AsyncSession) -> None:
        nonlocal attempts
        attempts += 1
        await session.execute(text("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$"))

    with pytest.raises(DBAPIError) as refusal:
        await run_unit_of_work(sessions, lose, attempts=3)

    assert attempts == 3
    assert is_serialization_failure(refusal.value)


async def test_any_other_error_is_not_tried_again(sessions: Sessions) -> None:
    await _make_table(sessions)
    attempts = 0

    async def break_rule(session: AsyncSession) -> None:
        nonlocal attempts
        attempts += 1
        await session.execute(_ADD, {"amount": -1})

    with pytest.raises(IntegrityError) as refusal:
        await run_unit_of_work(sessions, break_rule)

    assert attempts == 1
    assert constraint_of(refusal.value) == "ck_purse_positive"
    assert sqlstate_of(refusal.value) == "23514"


async def test_an_error_that_is_no_constraint_names_none(session: AsyncSession) -> None:
    with pytest.raises(DBAPIError) as refusal:
        await session.execute(text("SELECT 1 / 0"))

    assert constraint_of(refusal.value) is None
    assert not is_serialization_failure(refusal.value)

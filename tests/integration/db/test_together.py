"""Questions that are asked together, of a real server."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import BigInteger, Text, bindparam, cast, func, literal, select, text
from sqlalchemy.exc import DBAPIError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.apart import succeeds
from app.db.engine import make_engine
from app.db.errors import is_connection_lost, sqlstate_of
from app.db.session import Sessions, make_sessions, run_unit_of_work, unit_of_work
from app.db.together import Query, ask, together
from app.directory.models import Domain
from app.kit.clock import read_monotonic_s
from tests.factories.connections import end_connections
from tests.factories.waiting import wait_for_a_waiter

pytestmark = pytest.mark.asyncio

_LAST = bindparam("last", type_=BigInteger)
_UP_TO = Query(
    select(func.generate_series(1, _LAST)),
    read=lambda rows: [row[0] for row in rows],
)
_EITHER = Query(
    select(literal("seen")).where(bindparam("word", type_=Text).in_(["one", "two"])),
    read=lambda rows: [row[0] for row in rows],
)
_DOMAINS = Query(select(Domain.name), read=lambda rows: [row[0] for row in rows])
_NUMBER = Query(
    select(cast(bindparam("word", type_=Text), BigInteger)), read=lambda rows: rows[0][0]
)
_REFUSED = Query(select(func.pg_temp.refuse()), read=lambda rows: rows[0][0])
_ADD_UP = text("SELECT 41 + 1")
_HOLD = text("LOCK TABLE domain")
_ONE = "one connection"
_REFUSE = text(
    "CREATE FUNCTION pg_temp.refuse() RETURNS int LANGUAGE plpgsql"
    " AS $$ BEGIN RAISE SQLSTATE '40001'; END $$"
)


@pytest_asyncio.fixture
async def one_connection(database_url: str) -> AsyncIterator[Sessions]:
    """Give sessions that all use one connection: what is wrong with it shows in the next one."""
    engine = make_engine(database_url, pool_size=1, overflow=0, application=_ONE)
    yield make_sessions(engine)
    await engine.dispose()


async def _is_usable(sessions: Sessions) -> bool:
    async with asyncio.timeout(10), unit_of_work(sessions) as session:
        return int((await session.execute(_ADD_UP)).scalar_one()) == 42


async def test_each_question_has_the_answer_to_its_own_values(session: AsyncSession) -> None:
    async with together(session) as questions:
        three = questions.ask(_UP_TO.of(last=3))
        either = questions.ask(_EITHER.of(word="two"))
        many = questions.ask(_UP_TO.of(last=20_000))
        neither = questions.ask(_EITHER.of(word="three"))

    assert three.answer == [1, 2, 3]
    assert (either.answer, neither.answer) == (["seen"], [])
    assert many.answer == list(range(1, 20_001))


async def test_nothing_is_sent_when_nothing_is_asked(one_connection: Sessions) -> None:
    async with one_connection() as session:
        async with together(session):
            pass

        assert not session.in_transaction()


async def test_an_answer_is_not_there_before_the_block_is_left(session: AsyncSession) -> None:
    async with together(session) as questions:
        asked = questions.ask(_UP_TO.of(last=1))
        with pytest.raises(RuntimeError, match="block"):
            _ = asked.answer


async def test_what_the_session_holds_is_seen_by_what_is_asked(session: AsyncSession) -> None:
    session.add(Domain(name="The group"))

    assert await ask(session, _DOMAINS.of()) == ["The group"]


async def test_one_that_is_refused_is_an_error_of_the_database_and_undoes_the_unit_of_work(
    one_connection: Sessions,
) -> None:
    async def add_and_ask() -> None:
        async with unit_of_work(one_connection) as session:
            session.add(Domain(name="The group"))
            async with together(session) as questions:
                questions.ask(_UP_TO.of(last=1))
                questions.ask(_NUMBER.of(word="no number"))
                questions.ask(_UP_TO.of(last=2))

    with pytest.raises(DBAPIError) as refusal:
        await add_and_ask()

    assert sqlstate_of(refusal.value) == "22P02"
    async with unit_of_work(one_connection) as session:
        assert await ask(session, _DOMAINS.of()) == []


async def test_what_was_refused_is_named_without_its_values(session: AsyncSession) -> None:
    with pytest.raises(DBAPIError) as refusal:
        await _ask_for_a_number(session)

    assert refusal.value.statement is not None
    assert refusal.value.statement.startswith("SELECT CAST(")
    assert refusal.value.params is None


async def _ask_for_a_number(session: AsyncSession) -> None:
    async with together(session) as questions:
        questions.ask(_UP_TO.of(last=1))
        questions.ask(_NUMBER.of(word="no number"))


async def test_one_item_that_is_refused_undoes_nothing_of_the_next(session: AsyncSession) -> None:
    done = [await succeeds(session, lambda: _ask_for_a_number(session), item=n) for n in range(3)]
    session.add(Domain(name="The group"))

    assert done == [False, False, False]
    assert await ask(session, _DOMAINS.of()) == ["The group"]


@pytest.mark.parametrize("given", [{"last": 1, "lasst": 2}, {}])
async def test_values_that_a_statement_does_not_name_are_refused(
    session: AsyncSession, given: dict[str, int]
) -> None:
    question = Query(select(func.generate_series(1, _LAST)), read=len).of(**given)

    with pytest.raises((TypeError, InvalidRequestError)):
        await ask(session, question)


async def test_a_list_that_would_be_written_value_by_value_is_refused(
    session: AsyncSession,
) -> None:
    named = Domain.id.in_(bindparam("ids", expanding=True))
    question = Query(select(Domain.name).where(named), read=len).of(ids=[1, 2])

    with pytest.raises(TypeError, match="names no ids"):
        await ask(session, question)


async def test_a_connection_that_is_closed_already_is_an_error_of_the_database(
    one_connection: Sessions,
) -> None:
    async def close_and_ask() -> None:
        async with unit_of_work(one_connection) as session:
            driver = await (await session.connection()).get_raw_connection()
            assert driver.driver_connection is not None
            await driver.driver_connection.close()
            await ask(session, _UP_TO.of(last=1))

    with pytest.raises(DBAPIError) as loss:
        await close_and_ask()

    assert is_connection_lost(loss.value)
    assert await _is_usable(one_connection)


async def test_who_loses_a_race_by_a_question_does_it_again(one_connection: Sessions) -> None:
    attempts = 0

    async def lose_once(session: AsyncSession) -> int:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            await session.execute(_REFUSE)
            await ask(session, _REFUSED.of())
        return await ask(session, _NUMBER.of(word="7"))

    assert (await run_unit_of_work(one_connection, lose_once), attempts) == (7, 2)


async def _ask_domains(sessions: Sessions) -> None:
    async with unit_of_work(sessions) as session, together(session) as questions:
        questions.ask(_DOMAINS.of())
        questions.ask(_UP_TO.of(last=1))


async def test_a_connection_that_ends_meanwhile_is_given_up(
    one_connection: Sessions, sessions: Sessions, database_url: str
) -> None:
    async with unit_of_work(sessions) as holding:
        await holding.execute(_HOLD)
        waiting = asyncio.create_task(_ask_domains(one_connection))
        await wait_for_a_waiter(sessions, lock="relation")
        await end_connections(database_url, application=_ONE)

    with pytest.raises(DBAPIError) as loss:
        await waiting

    assert is_connection_lost(loss.value)
    assert await _is_usable(one_connection)


async def test_whoever_gives_up_waiting_leaves_a_connection_that_works(
    one_connection: Sessions, sessions: Sessions
) -> None:
    for _ in range(3):
        async with unit_of_work(sessions) as holding:
            await holding.execute(_HOLD)
            waiting = asyncio.create_task(_ask_domains(one_connection))
            await wait_for_a_waiter(sessions, lock="relation")
            await _give_up(waiting)

        assert await _is_usable(one_connection)


async def _give_up(waiting: asyncio.Task[None]) -> None:
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(20):
            await waiting


@pytest.mark.parametrize("turns", range(16))
async def test_whoever_gives_up_while_questions_are_sent_does_not_wait_for_their_answers(
    one_connection: Sessions, sessions: Sessions, turns: int
) -> None:
    assert await _is_usable(one_connection)
    async with unit_of_work(sessions) as holding:
        await holding.execute(_HOLD)
        waiting = asyncio.create_task(_ask_domains(one_connection))
        for _ in range(turns):
            await asyncio.sleep(0)
        await _give_up(waiting)

    assert await _is_usable(one_connection)


async def test_whoever_gives_up_before_a_question_is_sent_leaves_a_connection_that_works(
    one_connection: Sessions,
) -> None:
    async def ask_and_give_up() -> None:
        async with unit_of_work(one_connection) as session:
            await session.execute(_ADD_UP)
            # So long that the driver lets others have a turn before it sends.
            begun_s = read_monotonic_s()
            while read_monotonic_s() - begun_s < 0.01:
                pass
            task = asyncio.current_task()
            assert task is not None
            asyncio.get_running_loop().call_soon(task.cancel)
            await ask(session, _UP_TO.of(last=1))

    with pytest.raises(asyncio.CancelledError):
        await asyncio.create_task(ask_and_give_up())

    assert await _is_usable(one_connection)

"""Presence by real streams: sockets, web processes that stop and come back, a clock in our hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import Role
from app.directory.models import RoleGrant, User, WebSession
from app.directory.service.secrets import digest_token
from app.directory.service.sign_in import issue_token
from app.dispatch.domain.presence import PresenceState
from app.dispatch.models import CentreDown, MassSilence, PageStream, WebProcess
from app.dispatch.service.presence_board import load_board
from app.pipeline.centres import watch_centres
from tests.factories.connections import end_connections
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard, set_stage
from tests.factories.web_process import serve

SECOND = timedelta(seconds=1)
READERS = 30


async def add_readers(sessions: Sessions, *, count: int) -> dict[str, int]:
    """Put readers of as many centres on guard, signed in, and give them by their cookies."""
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        readers = {}
        for _ in range(count):
            radiologist, actor = await add_radiologist(stage)
            await put_on_guard(stage, radiologist)
            session.add(RoleGrant(user_id=actor.user_id or 0, role=Role.RADIOLOGIST.value))
            cookie = f"cookie-of-{radiologist.id}"
            session.add(
                WebSession(
                    token_digest=digest_token(cookie),
                    user_id=actor.user_id or 0,
                    csrf_token="x",
                    created_at=NIGHT,
                    seen_at=NIGHT,
                    expires_at=NIGHT + timedelta(hours=12),
                )
            )
            readers[cookie] = radiologist.id
        return readers


async def open_page(stack: AsyncExitStack, origin: str, cookie: str) -> None:
    """Open the stream of a page, as a browser does, until the stack is closed."""
    client = await stack.enter_async_context(httpx.AsyncClient(base_url=origin, timeout=20))
    answer = await stack.enter_async_context(
        client.stream(
            "GET", "/api/v1/worklist/events", headers={"Cookie": f"astreinte_session={cookie}"}
        )
    )
    assert answer.status_code == httpx.codes.OK
    lines = answer.aiter_lines()
    assert await anext(lines) is not None
    # Dropped, it would close the connection.
    stack.callback(let_go, lines)


def let_go(_lines: AsyncIterator[str]) -> None:
    """Hold what is read until then."""


async def wait_until(look: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await look():  # noqa: ASYNC110 - what is waited for is a row
            await asyncio.sleep(0.02)


async def count_held(sessions: Sessions) -> int:
    async with sessions() as session:
        return len((await session.scalars(select(PageStream.radiologist_id))).all())


async def watch(sessions: Sessions, clock: SetClock) -> None:
    async with unit_of_work(sessions) as session:
        await watch_centres(session, now=clock.instant)


async def read_states(sessions: Sessions, clock: SetClock) -> set[PresenceState]:
    async with sessions() as session:
        board = await load_board(session, now=clock.instant)
        return {each.state for each in board.readers}


async def is_calm(sessions: Sessions) -> bool:
    """Tell whether nothing was ever taken from anybody, and no alarm ever rang."""
    async with sessions() as session:
        down = (await session.scalars(select(CentreDown))).all()
        return not down and not (await session.scalars(select(MassSilence))).all()


@pytest.mark.asyncio
async def test_our_own_web_is_restarted_with_30_readers_and_nobody_is_gone(
    sessions: Sessions, database_url: str, clock: SetClock
) -> None:
    readers = await add_readers(sessions, count=READERS)

    async def are_held() -> bool:
        return await count_held(sessions) == READERS

    async def is_nobody_held() -> bool:
        return await count_held(sessions) == 0

    async with AsyncExitStack() as pages:
        async with serve(database_url, clock) as origin:
            await asyncio.gather(*(open_page(pages, origin, each) for each in readers))
            await wait_until(are_held)
            assert await read_states(sessions, clock) == {PresenceState.PRESENT}
        await wait_until(is_nobody_held)
        clock.advance(20 * SECOND)
        await watch(sessions, clock)
        assert await read_states(sessions, clock) == {PresenceState.PRESENT}

        async with serve(database_url, clock) as origin, AsyncExitStack() as again:
            await asyncio.gather(*(open_page(again, origin, each) for each in readers))
            await wait_until(are_held)
            clock.advance(5 * SECOND)
            await watch(sessions, clock)

            assert await read_states(sessions, clock) == {PresenceState.PRESENT}
            assert await is_calm(sessions)


@pytest.mark.asyncio
async def test_a_page_that_is_closed_is_gone_90_s_later_and_one_that_is_reloaded_never(
    sessions: Sessions, database_url: str, clock: SetClock
) -> None:
    readers = await add_readers(sessions, count=2)
    leaving, staying = readers

    async def is_one_held() -> bool:
        return await count_held(sessions) == 1

    async def are_two_held() -> bool:
        return await count_held(sessions) == 2

    async with serve(database_url, clock) as origin, AsyncExitStack() as stays:
        async with AsyncExitStack() as leaves:
            await open_page(leaves, origin, leaving)
            async with AsyncExitStack() as reloads:
                await open_page(reloads, origin, staying)
                await wait_until(are_two_held)
            await open_page(stays, origin, staying)
            await wait_until(are_two_held)
        await wait_until(is_one_held)
        # The process goes on saying that it lives, and whom it holds.
        async with unit_of_work(sessions) as session:
            clock.advance(90 * SECOND)
            await session.execute(
                text("UPDATE web_process SET beat_at = :now"), {"now": clock.instant}
            )
        await watch(sessions, clock)

        async with sessions() as session:
            board = await load_board(session, now=clock.instant)
        states = {each.radiologist_id: each.state for each in board.readers}
        assert states == {readers[leaving]: "gone", readers[staying]: "present"}
        down = [each.readers[0].radiologist_id for each in board.centres if each.is_down]
        assert down == [readers[leaving]]


@pytest.mark.asyncio
async def test_a_hidden_page_and_one_at_which_nobody_types_stay_present_for_40_minutes(
    sessions: Sessions, database_url: str, clock: SetClock
) -> None:
    """The reader reads at another workstation: the page sends nothing, its stream is open."""
    readers = await add_readers(sessions, count=1)

    async def is_beaten() -> bool:
        async with sessions() as session:
            beats = (await session.scalars(select(WebProcess.beat_at))).all()
            return beats == [clock.instant]

    async with serve(database_url, clock) as origin, AsyncExitStack() as pages:
        await open_page(pages, origin, next(iter(readers)))
        clock.advance(timedelta(minutes=40))
        # By the next beat of the process, within 5 s, the clock has caught up.
        await wait_until(is_beaten)
        await watch(sessions, clock)

        assert await read_states(sessions, clock) == {PresenceState.PRESENT}
        assert await is_calm(sessions)


@pytest.mark.asyncio
async def test_a_program_with_a_token_is_no_page(
    sessions: Sessions, database_url: str, clock: SetClock
) -> None:
    await add_readers(sessions, count=1)
    async with unit_of_work(sessions) as session:
        user = (await session.scalars(select(User))).one()
        issued = await issue_token(
            session, user_id=user.id, name="x", lasts=timedelta(hours=1), now=NIGHT
        )

    async with (
        serve(database_url, clock) as origin,
        httpx.AsyncClient(base_url=origin) as client,
        client.stream(
            "GET",
            "/api/v1/worklist/events",
            headers={"Authorization": f"Bearer {issued.token}"},
        ) as answer,
    ):
        assert answer.status_code == httpx.codes.OK
        lines = answer.aiter_lines()
        assert await anext(lines) is not None
        await asyncio.sleep(0.1)

        assert await count_held(sessions) == 0


@pytest.mark.asyncio
async def test_a_database_that_cut_every_connection_is_told_again_whom_we_hold(
    sessions: Sessions, database_url: str, engine: AsyncEngine, clock: SetClock
) -> None:
    readers = await add_readers(sessions, count=3)

    async def are_held() -> bool:
        return await count_held(sessions) == 3

    async with serve(database_url, clock) as origin, AsyncExitStack() as pages:
        first, *others = readers
        await open_page(pages, origin, first)
        await end_connections(database_url)
        for each in others:
            await open_page(pages, origin, each)

        await wait_until(are_held)

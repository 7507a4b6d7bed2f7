"""Two who sign in as the same user, or two requests of one session, at the same moment."""

import asyncio
from datetime import datetime, timedelta

import pyotp
import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import Role
from app.directory.domain.sign_in import Lifetime, Refusal, SignInRefused
from app.directory.models import User, WebSession
from app.directory.repository import access
from app.directory.service.secrets import SecretBox
from app.directory.service.sign_in import (
    Attempt,
    note_presence,
    sign_in,
    start_session,
    use_code,
)
from tests.factories.directory import PASSWORD, add_user

BOX = SecretBox("a secret key of this test only", purpose="totp")
LIFETIME = Lifetime(idle=timedelta(minutes=30), longest=timedelta(hours=12))
MINUTE = timedelta(minutes=1)


async def _add_enrolled(sessions: Sessions, clock: SetClock, secret: str) -> User:
    async with unit_of_work(sessions) as session:
        user = await add_user(session, Role.PLANNER)
        user.totp_secret = BOX.seal(secret)
        user.totp_confirmed_at = clock.instant
        await session.flush()
        return user


@pytest.mark.asyncio
async def test_of_guesses_at_the_same_moment_one_is_tried_and_the_others_are_refused(
    sessions: Sessions, clock: SetClock
) -> None:
    async with unit_of_work(sessions) as session:
        user = await add_user(session, Role.PLANNER)
    start = asyncio.Barrier(4)

    async def guess() -> Refusal:
        attempt = Attempt(login=user.login, password="guess", code=None, address="10.1.2.3")
        async with unit_of_work(sessions) as session:
            await session.connection()
            await start.wait()
            outcome = await sign_in(session, attempt, now=clock.instant, box=BOX)
        assert isinstance(outcome, SignInRefused)
        return outcome.reason

    reasons = await asyncio.gather(*(guess() for _ in range(4)))

    assert sorted(reasons) == [Refusal.TOO_MANY] * 3 + [Refusal.WRONG]


@pytest.mark.asyncio
async def test_a_code_that_two_use_at_the_same_moment_works_for_one(
    sessions: Sessions, clock: SetClock
) -> None:
    secret = pyotp.random_base32()
    user = await _add_enrolled(sessions, clock, secret)
    code = pyotp.TOTP(secret).at(clock.instant)
    start = asyncio.Barrier(2)

    async def use() -> bool:
        async with unit_of_work(sessions) as session:
            found = await access.find_user(session, login=user.login)
            assert found is not None
            # Both have read that the code is unused before either uses it up.
            await start.wait()
            return await use_code(session, found, code=code, now=clock.instant, box=BOX)

    used = await asyncio.gather(use(), use())

    assert sorted(used) == [False, True]


@pytest.mark.asyncio
async def test_the_right_password_signs_in_after_the_other_try_has_ended(
    sessions: Sessions, clock: SetClock
) -> None:
    async with unit_of_work(sessions) as session:
        user = await add_user(session, Role.PLANNER)
    attempt = Attempt(login=user.login, password=PASSWORD, code=None, address="10.1.2.3")

    outcomes = []
    for _ in range(2):
        async with unit_of_work(sessions) as session:
            outcomes.append(await sign_in(session, attempt, now=clock.instant, box=BOX))

    assert [type(each) for each in outcomes] == [User, User]


async def _note(session: AsyncSession, *, now: datetime) -> None:
    """Do what each request of the only session does: read it, then push its end forward.

    One that would wait for a row is refused.
    """
    await session.execute(text("SET LOCAL lock_timeout = '1ms'"))
    web_session = (await session.scalars(select(WebSession))).one()
    await note_presence(session, web_session, lifetime=LIFETIME, now=now)


async def _begin_session(sessions: Sessions, clock: SetClock) -> None:
    async with unit_of_work(sessions) as session:
        user = await add_user(session, Role.PLANNER)
        await start_session(session, user_id=user.id, lifetime=LIFETIME, now=clock.instant)


async def _find_end(sessions: Sessions) -> datetime:
    async with sessions() as session:
        return (await session.scalars(select(WebSession.expires_at))).one()


@pytest.mark.asyncio
async def test_no_request_waits_for_another_of_its_session_that_has_not_ended(
    sessions: Sessions, clock: SetClock
) -> None:
    await _begin_session(sessions, clock)
    seen_at = clock.instant + MINUTE

    async with unit_of_work(sessions) as first:
        await _note(first, now=seen_at)
        async with unit_of_work(sessions) as second:
            await _note(second, now=seen_at)

    assert await _find_end(sessions) == seen_at + LIFETIME.idle


@pytest.mark.asyncio
async def test_a_session_is_prolonged_by_the_next_request_when_the_one_before_it_has_failed(
    sessions: Sessions, clock: SetClock
) -> None:
    await _begin_session(sessions, clock)
    seen_at = clock.instant + MINUTE

    async with sessions() as failing:
        await _note(failing, now=seen_at)
        async with unit_of_work(sessions) as beside:
            await _note(beside, now=seen_at)
        await failing.rollback()
    before = await _find_end(sessions)
    async with unit_of_work(sessions) as session:
        await _note(session, now=seen_at)

    assert before == clock.instant + LIFETIME.idle
    assert await _find_end(sessions) == seen_at + LIFETIME.idle


@pytest.mark.asyncio
async def test_a_request_that_has_read_its_session_before_another_prolonged_it_takes_nothing_back(
    sessions: Sessions, clock: SetClock
) -> None:
    await _begin_session(sessions, clock)
    seen_at = clock.instant + 2 * MINUTE

    async with unit_of_work(sessions) as slow:
        web_session = (await slow.scalars(select(WebSession))).one()
        async with unit_of_work(sessions) as quick:
            await _note(quick, now=seen_at)
        await note_presence(slow, web_session, lifetime=LIFETIME, now=seen_at - MINUTE)

    assert await _find_end(sessions) == seen_at + LIFETIME.idle


@pytest.mark.asyncio
async def test_a_session_that_ends_meanwhile_is_not_prolonged(
    sessions: Sessions, clock: SetClock
) -> None:
    await _begin_session(sessions, clock)

    async with unit_of_work(sessions) as ending:
        web_session = (await ending.scalars(select(WebSession))).one()
        await access.delete_session(ending, session_id=web_session.id)
        async with unit_of_work(sessions) as beside:
            await _note(beside, now=clock.instant + MINUTE)

    async with sessions() as session:
        assert (await session.scalars(select(WebSession))).all() == []

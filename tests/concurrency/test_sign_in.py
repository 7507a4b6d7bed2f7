"""Two who sign in as the same user at the same moment."""

import asyncio

import pyotp
import pytest

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import Role
from app.directory.domain.sign_in import Refusal, SignInRefused
from app.directory.models import User
from app.directory.repository import access
from app.directory.service.secrets import SecretBox
from app.directory.service.sign_in import Attempt, sign_in, use_code
from tests.factories.directory import PASSWORD, add_user

BOX = SecretBox("a secret key of this test only", purpose="totp")


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

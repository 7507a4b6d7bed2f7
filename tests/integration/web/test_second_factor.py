from datetime import timedelta

import httpx
import pyotp
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Role
from app.directory.models import User
from app.directory.service.secrets import SecretBox
from tests.factories.directory import add_user
from tests.integration.web.conftest import SignIn
from tests.integration.web.signing_in import ME, start


async def enrol(session: AsyncSession, box: SecretBox, clock: SetClock) -> tuple[User, pyotp.TOTP]:
    secret = pyotp.random_base32()
    user = await add_user(session, Role.PLANNER, second_factor_required=True)
    user.totp_secret = box.seal(secret)
    user.totp_confirmed_at = clock.instant
    await session.flush()
    return user, pyotp.TOTP(secret)


@pytest.mark.asyncio
async def test_who_has_a_second_factor_is_asked_for_its_code(
    session: AsyncSession, client: httpx.AsyncClient, box: SecretBox, clock: SetClock
) -> None:
    user, totp = await enrol(session, box, clock)

    without = await start(client, user)
    wrong = await start(client, user, code="000000")
    right = await start(client, user, code=totp.at(clock.instant))

    assert without.json()["type"] == "urn:astreinte:problem:sign-in-code-needed"
    assert wrong.json()["type"] == "urn:astreinte:problem:sign-in-wrong"
    assert right.status_code == 201


@pytest.mark.asyncio
async def test_a_code_works_once(
    session: AsyncSession, client: httpx.AsyncClient, box: SecretBox, clock: SetClock
) -> None:
    user, totp = await enrol(session, box, clock)
    code = totp.at(clock.instant)
    await start(client, user, code=code)

    again = await start(client, user, code=code)
    clock.advance(timedelta(seconds=30))
    earlier = await start(client, user, code=code)
    following = await start(client, user, code=totp.at(clock.instant))

    assert again.status_code == earlier.status_code == 401
    assert following.status_code == 201


@pytest.mark.asyncio
async def test_a_telephone_may_be_half_a_minute_off_but_not_two(
    session: AsyncSession, client: httpx.AsyncClient, box: SecretBox, clock: SetClock
) -> None:
    user, totp = await enrol(session, box, clock)

    far = await start(client, user, code=totp.at(clock.instant - timedelta(minutes=2)))
    near = await start(client, user, code=totp.at(clock.instant - timedelta(seconds=30)))

    assert far.status_code == 401
    assert near.status_code == 201


@pytest.mark.asyncio
async def test_who_must_enrol_can_do_nothing_else_before(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    user = await add_user(session, Role.GCS_ADMIN, second_factor_required=True)
    answer = await start(client, user)

    refused = await client.get("/api/v1/societies")
    me = await client.get(ME)

    assert answer.json()["enrolment_needed"] is True
    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:astreinte:problem:enrolment-needed"
    assert me.json()["enrolment_needed"] is True


@pytest.mark.asyncio
async def test_a_second_factor_is_enrolled_by_its_first_code_and_ends_other_sessions(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn, clock: SetClock
) -> None:
    user = await add_user(session, Role.GCS_ADMIN, second_factor_required=True)
    other = await sign_in(user)
    csrf = {"X-CSRF-Token": (await start(client, user)).json()["csrf_token"]}

    enrolment = await client.post(f"{ME}/second-factor", headers=csrf)
    code = pyotp.TOTP(enrolment.json()["secret"]).at(clock.instant)
    wrong = await client.post(f"{ME}/second-factor/confirm", headers=csrf, json={"code": "000000"})
    right = await client.post(f"{ME}/second-factor/confirm", headers=csrf, json={"code": code})

    assert enrolment.json()["otpauth_uri"].startswith("otpauth://totp/Astreinte:")
    assert enrolment.json()["qr_svg"].startswith("<svg")
    assert wrong.status_code == 422
    assert right.status_code == 204
    assert (await client.get("/api/v1/societies")).status_code == 200
    assert (await other.get(ME)).status_code == 401
    assert user.totp_secret != enrolment.json()["secret"]


@pytest.mark.asyncio
async def test_a_second_factor_in_use_is_not_replaced(
    session: AsyncSession, sign_in: SignIn, box: SecretBox, clock: SetClock
) -> None:
    user, _ = await enrol(session, box, clock)

    answer = await (await sign_in(user)).post(f"{ME}/second-factor")

    assert answer.status_code == 409

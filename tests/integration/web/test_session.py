from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Role
from app.directory.models import ApiToken, SignInThrottle, WebSession
from tests.factories.directory import PASSWORD, add_user
from tests.integration.web.signing_in import ME, SESSION, start


@pytest.mark.asyncio
async def test_who_signs_in_with_a_cookie_is_known_by_it(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    user = await add_user(session, Role.PLANNER)

    answer = await start(client, user)
    me = await client.get(ME)

    assert answer.status_code == 201
    assert me.json()["login"] == user.login
    assert me.json()["csrf_token"] == answer.json()["csrf_token"]
    assert "planning.write" in me.json()["permissions"]
    assert "case.read" not in me.json()["permissions"]


@pytest.mark.asyncio
async def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    answer = await start(client, await add_user(session))

    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie


@pytest.mark.asyncio
async def test_under_https_the_cookie_is_secure_and_bound_to_the_host(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    client.base_url = httpx.URL("https://astreinte.test")

    answer = await start(client, await add_user(session))
    me = await client.get(ME)

    assert answer.headers["set-cookie"].startswith("__Host-astreinte_session=")
    assert "; Secure" in answer.headers["set-cookie"]
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert me.status_code == 200


@pytest.mark.asyncio
async def test_neither_cookie_nor_token_is_in_the_database(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    user = await add_user(session)
    cookie = (await start(client, user)).cookies["astreinte_session"]
    token = (await start(client, user, credential="token")).json()["token"]

    kept = [
        (await session.execute(select(WebSession.token_digest))).scalars().one(),
        (await session.execute(select(ApiToken.token_digest))).scalars().one(),
    ]

    assert all(len(each) == 32 for each in kept)
    assert not {cookie.encode(), token.encode()} & set(kept)


@pytest.mark.asyncio
async def test_a_program_signs_in_with_one_call_and_calls_with_its_token(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    user = await add_user(session, Role.GCS_ADMIN)

    answer = await start(client, user, credential="token")
    bearer = {"Authorization": f"Bearer {answer.json()['token']}"}
    me = await client.get(ME, headers=bearer)

    assert "set-cookie" not in answer.headers
    assert me.json()["user_id"] == user.id


@pytest.mark.asyncio
@pytest.mark.parametrize("wrong", [{"login": "nobody"}, {"password": "not the password"}])
async def test_a_wrong_login_and_a_wrong_password_look_the_same(
    session: AsyncSession, client: httpx.AsyncClient, wrong: dict[str, str]
) -> None:
    answer = await start(client, await add_user(session), **wrong)

    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:astreinte:problem:sign-in-wrong"
    assert answer.json()["detail"] == "login, password or code is wrong"
    assert not any(value in answer.text for value in wrong.values())


@pytest.mark.asyncio
async def test_a_disabled_user_cannot_sign_in_and_their_session_ends(
    session: AsyncSession, client: httpx.AsyncClient, clock: SetClock
) -> None:
    user = await add_user(session)
    await start(client, user)
    user.disabled_at = clock.instant
    await session.flush()

    me = await client.get(ME)
    again = await start(client, user)

    assert me.status_code == again.status_code == 401


@pytest.mark.asyncio
async def test_failures_in_a_row_make_the_right_password_wait(
    session: AsyncSession, client: httpx.AsyncClient, clock: SetClock
) -> None:
    user = await add_user(session)
    answers = [await start(client, user, password="guess") for _ in range(5)]

    too_early = await start(client, user)
    clock.advance(timedelta(seconds=16))
    later = await start(client, user)

    assert {each.status_code for each in answers} == {401}
    assert too_early.status_code == 429
    assert 0 < int(too_early.headers["retry-after"]) <= 15
    assert later.status_code == 201


@pytest.mark.asyncio
async def test_failures_are_counted_although_the_sign_in_is_refused(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    await start(client, await add_user(session), password="guess")

    counted = await session.execute(select(func.count()).where(SignInThrottle.failures == 1))

    assert counted.scalar_one() == 3


@pytest.mark.asyncio
async def test_after_a_sign_in_the_count_of_the_login_begins_anew(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    user = await add_user(session)
    for _ in range(3):
        for _ in range(4):
            await start(client, user, password="guess")
        answer = await start(client, user)

        assert answer.status_code == 201


@pytest.mark.asyncio
async def test_a_session_ends_after_long_silence(
    session: AsyncSession, client: httpx.AsyncClient, clock: SetClock
) -> None:
    await start(client, await add_user(session))
    clock.advance(timedelta(hours=11, minutes=59))
    still = await client.get(ME)
    clock.advance(timedelta(hours=11, minutes=59))
    because_seen = await client.get(ME)

    clock.advance(timedelta(minutes=3))
    too_old = await client.get(ME)

    assert still.status_code == because_seen.status_code == 200
    assert too_old.status_code == 401


@pytest.mark.asyncio
async def test_who_signs_out_is_no_longer_known(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    csrf = (await start(client, await add_user(session))).json()["csrf_token"]
    cookie = client.cookies["astreinte_session"]

    answer = await client.delete(SESSION, headers={"X-CSRF-Token": csrf})
    client.cookies.set("astreinte_session", cookie)

    assert answer.status_code == 204
    assert (await client.get(ME)).status_code == 401


@pytest.mark.asyncio
async def test_a_new_password_replaces_the_old_one_and_ends_other_sessions(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    user = await add_user(session)
    await start(client, user)
    other_cookie = client.cookies["astreinte_session"]
    csrf = {"X-CSRF-Token": (await start(client, user)).json()["csrf_token"]}
    new = "an even longer password"

    wrong = await client.put(f"{ME}/password", json={"current": "guess", "new": new}, headers=csrf)
    right = await client.put(f"{ME}/password", json={"current": PASSWORD, "new": new}, headers=csrf)
    client.cookies.clear()

    assert wrong.status_code == 422
    assert right.status_code == 204
    assert (await start(client, user)).status_code == 401
    assert (await start(client, user, password=new)).status_code == 201
    client.cookies.clear()
    client.cookies.set("astreinte_session", other_cookie)
    assert (await client.get(ME)).status_code == 401

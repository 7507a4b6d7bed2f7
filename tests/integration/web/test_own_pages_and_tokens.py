from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Role
from app.directory.models import User
from tests.factories.directory import add_user
from tests.integration.web.conftest import ORIGIN, SignIn
from tests.integration.web.signing_in import ME, SESSION, credentials, start

TOKENS = "/api/v1/tokens"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({}, "csrf-token-wrong"),
        ({"X-CSRF-Token": "guess"}, "csrf-token-wrong"),
        ({"X-CSRF-Token": "right", "Origin": "https://evil.test"}, "origin-wrong"),
        ({"X-CSRF-Token": "right", "Sec-Fetch-Site": "cross-site"}, "origin-wrong"),
        ({"X-CSRF-Token": "right", "Origin": "null"}, "origin-wrong"),
    ],
)
async def test_a_change_that_our_own_pages_did_not_send_is_refused(
    session: AsyncSession, client: httpx.AsyncClient, headers: dict[str, str], problem: str
) -> None:
    csrf = (await start(client, await add_user(session))).json()["csrf_token"]
    sent = {name: csrf if value == "right" else value for name, value in headers.items()}

    answer = await client.post("/api/v1/tokens", json={"name": "x"}, headers=sent)

    assert answer.status_code == 403
    assert answer.json()["type"] == f"urn:astreinte:problem:{problem}"


@pytest.mark.asyncio
async def test_a_change_from_our_own_page_passes_by_header_or_by_form(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    csrf = (await start(client, await add_user(session))).json()["csrf_token"]

    by_header = await client.post(
        "/api/v1/tokens", json={"name": "x"}, headers={"X-CSRF-Token": csrf, "Origin": ORIGIN}
    )
    by_form = await client.request("DELETE", SESSION, data={"csrf_token": csrf})

    assert by_header.status_code == 201
    assert by_form.status_code == 204


@pytest.mark.asyncio
async def test_a_sign_in_from_a_page_of_another_site_is_refused(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    user = await add_user(session)

    answer = await client.post(
        SESSION, json=credentials(user), headers={"Origin": "https://evil.test"}
    )

    assert answer.status_code == 403


async def issue(client: httpx.AsyncClient, user: User, *, days: int = 1) -> dict[str, Any]:
    """Sign in with a browser, and let it issue a token."""
    csrf = (await start(client, user)).json()["csrf_token"]
    answer = await client.post(
        TOKENS,
        json={"name": "PACS", "days": days},
        headers={"X-CSRF-Token": csrf, "Origin": ORIGIN},
    )
    client.cookies.clear()
    issued: dict[str, Any] = answer.json()
    return issued


@pytest.mark.asyncio
async def test_a_token_is_shown_once_and_ends_when_it_is_revoked(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    issued = await issue(client, await add_user(session))
    bearer = {"Authorization": f"Bearer {issued['token']}"}

    before = await client.get(ME, headers=bearer)
    listed = await client.get(TOKENS, headers=bearer)
    revoked = await client.delete(f"{TOKENS}/{issued['id']}", headers=bearer)
    after = await client.get(ME, headers=bearer)

    assert before.status_code == 200
    assert issued["token"] not in listed.text
    assert revoked.status_code == 204
    assert after.status_code == 401


@pytest.mark.asyncio
async def test_a_token_issues_no_other_token(
    session: AsyncSession, client: httpx.AsyncClient
) -> None:
    issued = await issue(client, await add_user(session))
    bearer = {"Authorization": f"Bearer {issued['token']}"}

    answer = await client.post(TOKENS, json={"name": "MORE"}, headers=bearer)

    assert answer.status_code == 403
    assert "token" not in answer.json()


@pytest.mark.asyncio
async def test_nobody_revokes_the_token_of_another(
    session: AsyncSession, client: httpx.AsyncClient, sign_in: SignIn
) -> None:
    other = await sign_in(await add_user(session, Role.GCS_ADMIN))
    issued = await issue(client, await add_user(session))

    answer = await other.delete(f"{TOKENS}/{issued['id']}")

    assert answer.status_code == 404


@pytest.mark.asyncio
async def test_a_token_ends_by_itself(
    session: AsyncSession, sign_in: SignIn, clock: SetClock
) -> None:
    client = await sign_in(await add_user(session))
    clock.advance(timedelta(days=1))

    assert (await client.get(ME)).status_code == 401

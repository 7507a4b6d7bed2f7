from typing import Any

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from tests.factories.directory import (
    PASSWORD,
    add_radiologist,
    add_site,
    add_society,
    add_user,
)
from tests.integration.web.conftest import SignIn

USERS = "/api/v1/users"


def user_body(*grants: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {
        "login": "anne.dubois",
        "display_name": "Anne Dubois",
        "password": PASSWORD,
        "grants": list(grants),
        **changes,
    }


async def sign_in_society(session: AsyncSession, sign_in: SignIn) -> tuple[httpx.AsyncClient, int]:
    society = await add_society(session)
    user = await add_user(session, Grant(Role.SOCIETY_ADMIN, society_id=society.id))
    return await sign_in(user), society.id


@pytest.mark.asyncio
async def test_a_society_creates_its_planner_who_can_then_sign_in(
    session: AsyncSession, sign_in: SignIn, client: httpx.AsyncClient
) -> None:
    admin, society_id = await sign_in_society(session, sign_in)

    created = await admin.post(USERS, json=user_body({"role": "planner", "society_id": society_id}))
    signed_in = await client.post(
        "/api/v1/session", json={"login": "Anne.Dubois", "password": PASSWORD}
    )

    assert created.status_code == 201
    assert created.json()["grants"] == [
        {"role": "planner", "society_id": society_id, "site_id": None}
    ]
    assert PASSWORD not in created.text
    assert signed_in.json()["user_id"] == created.json()["id"]
    assert signed_in.json()["enrolment_needed"] is True


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "grant",
    [
        {"role": "gcs_admin"},
        {"role": "planner"},
        {"role": "coordinator", "society_id": "own"},
        {"role": "planner", "society_id": "other"},
    ],
)
async def test_a_society_gives_no_role_beyond_itself(
    session: AsyncSession, sign_in: SignIn, grant: dict[str, Any]
) -> None:
    admin, society_id = await sign_in_society(session, sign_in)
    ids = {"own": society_id, "other": (await add_society(session)).id}
    given = {key: ids.get(value, value) for key, value in grant.items()}

    answer = await admin.post(USERS, json=user_body(given))

    assert answer.status_code == 403


@pytest.mark.asyncio
async def test_a_society_does_not_waive_the_second_factor(
    session: AsyncSession, sign_in: SignIn
) -> None:
    admin, society_id = await sign_in_society(session, sign_in)
    grant = {"role": "planner", "society_id": society_id}

    answer = await admin.post(USERS, json=user_body(grant, second_factor_required=False))

    assert answer.status_code == 403


@pytest.mark.asyncio
async def test_a_society_makes_nobody_a_radiologist_of_another(
    session: AsyncSession, sign_in: SignIn
) -> None:
    admin, society_id = await sign_in_society(session, sign_in)
    own = await add_radiologist(session, society_id=society_id)
    foreign = await add_radiologist(session, society_id=(await add_society(session)).id)
    grant = {"role": "radiologist", "society_id": society_id}

    refused = await admin.post(USERS, json=user_body(grant, radiologist_id=foreign.id))
    created = await admin.post(USERS, json=user_body(grant, radiologist_id=own.id))

    assert refused.status_code == 403
    assert created.status_code == 201


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/password", {"password": PASSWORD}),
        ("DELETE", "/second-factor", None),
        ("POST", "/disable", None),
        ("PUT", "", {"login": "abc", "display_name": "x", "grants": []}),
    ],
)
async def test_a_society_cannot_take_over_a_user_who_has_a_role_elsewhere(
    session: AsyncSession,
    sign_in: SignIn,
    method: str,
    path: str,
    body: dict[str, object] | None,
) -> None:
    admin, society_id = await sign_in_society(session, sign_in)
    victim = await add_user(
        session, Grant(Role.PLANNER, society_id=society_id), Grant(Role.GCS_ADMIN)
    )

    answer = await admin.request(method, f"{USERS}/{victim.id}{path}", json=body)

    assert answer.status_code == 403


@pytest.mark.asyncio
async def test_a_society_sees_the_users_who_hold_a_role_in_it(
    session: AsyncSession, sign_in: SignIn
) -> None:
    admin, society_id = await sign_in_society(session, sign_in)
    own = await add_user(session, Grant(Role.PLANNER, society_id=society_id))
    foreign = await add_user(session, Role.PLANNER)

    listed = [each["id"] for each in (await admin.get(USERS)).json()["items"]]
    refused = await admin.get(f"{USERS}/{foreign.id}")

    assert own.id in listed
    assert foreign.id not in listed
    assert (await admin.get(f"{USERS}/{own.id}")).status_code == 200
    assert refused.status_code == 403


@pytest.mark.asyncio
async def test_who_is_disabled_is_out_at_once(session: AsyncSession, sign_in: SignIn) -> None:
    admin = await sign_in(await add_user(session, Role.GCS_ADMIN))
    user = await add_user(session, Role.PLANNER)
    client = await sign_in(user)

    await admin.post(f"{USERS}/{user.id}/disable")
    out = await client.get("/api/v1/me")
    await admin.post(f"{USERS}/{user.id}/enable")
    still_out = await client.get("/api/v1/me")

    assert out.status_code == still_out.status_code == 401


@pytest.mark.asyncio
async def test_a_role_that_is_taken_is_gone_at_the_next_request(
    session: AsyncSession, sign_in: SignIn
) -> None:
    admin = await sign_in(await add_user(session, Role.GCS_ADMIN))
    user = await add_user(session, Role.PLANNER)
    client = await sign_in(user)
    before = await client.get("/api/v1/societies")

    await admin.put(
        f"{USERS}/{user.id}",
        json={"login": user.login, "display_name": "x", "second_factor_required": False},
    )
    after = await client.get("/api/v1/societies")

    assert before.status_code == 200
    assert after.status_code == 403


@pytest.mark.asyncio
async def test_nobody_disables_themselves_or_resets_their_own_second_factor(
    session: AsyncSession, sign_in: SignIn
) -> None:
    user = await add_user(session, Role.GCS_ADMIN)
    admin = await sign_in(user)

    disabled = await admin.post(f"{USERS}/{user.id}/disable")
    reset = await admin.delete(f"{USERS}/{user.id}/second-factor")

    assert disabled.status_code == reset.status_code == 409


@pytest.mark.asyncio
async def test_logins_differ_in_more_than_case(session: AsyncSession, sign_in: SignIn) -> None:
    admin = await sign_in(await add_user(session, Role.GCS_ADMIN))
    await admin.post(USERS, json=user_body())

    answer = await admin.post(USERS, json=user_body(login="ANNE.DUBOIS"))

    assert answer.status_code == 409
    assert answer.json()["errors"][0]["field"] == "login"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "grant", [{"role": "site"}, {"role": "site", "society_id": "society", "site_id": "site"}]
)
async def test_a_role_that_makes_no_sense_is_refused_naming_the_roles(
    session: AsyncSession, sign_in: SignIn, grant: dict[str, Any]
) -> None:
    admin = await sign_in(await add_user(session, Role.GCS_ADMIN))
    society = await add_society(session)
    site = await add_site(session, society_id=society.id)
    ids = {"society": society.id, "site": site.id}
    given = {key: value if key == "role" else ids[value] for key, value in grant.items()}

    answer = await admin.post(USERS, json=user_body(given))

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "grants"

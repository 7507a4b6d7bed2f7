import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Role
from tests.factories.directory import add_society, add_user
from tests.integration.web.conftest import SignIn

NEW = {"name": "Radiologie du Port", "short_name": "PORT", "joined_on": "2026-01-01"}


@pytest.mark.asyncio
async def test_a_group_administrator_creates_a_society_and_finds_it_again(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))

    created = await client.post("/api/v1/societies", json=NEW)
    found = await client.get(f"/api/v1/societies/{created.json()['id']}")

    assert created.status_code == 201
    assert found.json() == created.json() == {"id": found.json()["id"], "left_on": None, **NEW}


@pytest.mark.asyncio
async def test_a_second_society_of_the_same_name_is_a_conflict_that_names_the_field(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    await client.post("/api/v1/societies", json=NEW)

    answer = await client.post("/api/v1/societies", json={**NEW, "short_name": "PORT2"})

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert [each["field"] for each in answer.json()["errors"]] == ["name"]


@pytest.mark.asyncio
async def test_a_society_cannot_leave_before_it_joined(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.GCS_ADMIN))
    society = await add_society(session)

    answer = await client.put(
        f"/api/v1/societies/{society.id}", json={**NEW, "left_on": "2025-12-31"}
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "left_on"


@pytest.mark.asyncio
async def test_lists_come_in_pages_that_leave_nothing_out(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.PLANNER))
    ids = [(await add_society(session)).id for _ in range(5)]

    seen: list[int] = []
    after: int | None = 0
    while after is not None:
        answer = await client.get("/api/v1/societies", params={"limit": 2, "after": after})
        seen += [each["id"] for each in answer.json()["items"]]
        after = answer.json()["next"]

    assert seen == ids

"""Volumes, entitlements and absences over the API: who sees and writes which."""

from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from tests.factories.directory import add_user
from tests.factories.planning import NOW, Group, add_group, add_published
from tests.integration.web.conftest import SignIn

WEEK = {"since": "2026-11-16", "until": "2026-11-23"}
ONE = {"readers": 1, "backups": 1, "coordinators": 1}
NEEDS = dict.fromkeys(("day", "evening", "deep_night", "weekend"), ONE)


@pytest_asyncio.fixture
async def planner(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Give a client of a planner of the whole group."""
    return await sign_in(await add_user(session, Role.PLANNER))


@pytest.mark.asyncio
async def test_each_society_sees_its_own_volume_and_rights(
    session: AsyncSession, sign_in: SignIn
) -> None:
    group = await add_group(session)
    published = await add_published(session)
    admin = await sign_in(
        await add_user(session, Grant(Role.SOCIETY_ADMIN, society_id=group.societies[1]))
    )

    volumes = (await admin.get("/api/v1/volumes")).json()["items"]
    rights = (
        await admin.get("/api/v1/entitlements", params={"revision_id": published.revision_id})
    ).json()

    assert [each["exams"] for each in volumes] == [300]
    assert {each["society_id"] for each in rights} == {group.societies[1]}
    assert {each["share"] for each in rights} == {300_000}
    missing = await admin.get("/api/v1/entitlements", params={"revision_id": 10**9})
    assert missing.status_code == 404


@pytest.mark.asyncio
async def test_volumes_are_written_replaced_and_deleted(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    society = (await add_group(session)).societies[0]
    body = {
        "society_id": society,
        "since": "2026-01-01",
        "until": "2026-07-01",
        "exams": 10,
        "source": "PACS",
    }

    first = await planner.put("/api/v1/volumes", json=body)
    second = await planner.put("/api/v1/volumes", json={**body, "exams": 12})
    backwards = await planner.put("/api/v1/volumes", json={**body, "until": "2026-01-01"})
    nobody = await planner.put("/api/v1/volumes", json={**body, "society_id": 10**9})

    assert second.json() == {**body, "id": first.json()["id"], "exams": 12}
    assert (backwards.status_code, nobody.status_code) == (422, 404)
    path = f"/api/v1/volumes/{first.json()['id']}"
    assert (await planner.delete(path)).status_code == 204
    assert (await planner.delete(path)).status_code == 404


async def add_reader(session: AsyncSession, sign_in: SignIn, group: Group) -> httpx.AsyncClient:
    """Give a client of the first radiologist of the first society."""
    user = await add_user(
        session,
        Grant(Role.RADIOLOGIST, society_id=group.societies[0]),
        radiologist_id=group.everybody[0],
    )
    return await sign_in(user)


@pytest.mark.asyncio
async def test_radiologists_write_their_own_absences_and_nobody_elses(
    session: AsyncSession, sign_in: SignIn
) -> None:
    group = await add_group(session)
    await add_published(session)
    reader = await add_reader(session, sign_in, group)
    body = {
        "radiologist_id": group.everybody[0],
        "start": "2026-11-16T00:00:00+01:00",
        "end": "2026-11-23T00:00:00+01:00",
        "reason": "holiday",
    }

    own = await reader.post("/api/v1/absences", json=body)
    colleague = {**body, "radiologist_id": group.everybody[1]}
    other = await reader.post("/api/v1/absences", json=colleague)
    path = f"/api/v1/absences/{own.json()['id']}"
    taken_over = await reader.put(path, json=colleague)
    backwards = await reader.put(path, json={**body, "end": body["start"]})
    shorter = await reader.put(path, json={**body, "end": "2026-11-17T00:00:00+01:00"})

    assert own.status_code == 201
    assert own.json()["clashes"]
    assert (other.status_code, taken_over.status_code) == (403, 403)
    assert backwards.status_code == 422
    assert len(shorter.json()["clashes"]) < len(own.json()["clashes"])
    assert (await reader.delete(path)).status_code == 204
    assert (await reader.delete(path)).status_code == 404


@pytest.mark.asyncio
async def test_why_somebody_is_absent_is_told_to_those_who_may_write_it(
    session: AsyncSession, sign_in: SignIn
) -> None:
    group = await add_group(session)
    reader = await add_reader(session, sign_in, group)
    colleague = await sign_in(
        await add_user(
            session,
            Grant(Role.RADIOLOGIST, society_id=group.societies[0]),
            radiologist_id=group.everybody[1],
        )
    )
    planners = [
        await sign_in(await add_user(session, Grant(Role.PLANNER, society_id=society)))
        for society in group.societies[:2]
    ]
    start = NOW + timedelta(days=1)
    await reader.post(
        "/api/v1/absences",
        json={
            "radiologist_id": group.everybody[0],
            "start": start.isoformat(),
            "end": (start + timedelta(days=1)).isoformat(),
            "reason": "a matter of her own",
        },
    )

    async def ask(client: httpx.AsyncClient) -> list[str | None]:
        answer = await client.get("/api/v1/absences", params={"radiologist_id": group.everybody[0]})
        return [each["reason"] for each in answer.json()["items"]]

    assert await ask(reader) == ["a matter of her own"]
    assert await ask(colleague) == [None]
    assert await ask(planners[0]) == ["a matter of her own"]
    assert await ask(planners[1]) == [None]
    outside = {"since": "2027-01-01T00:00:00Z", "until": "2027-01-02T00:00:00Z"}
    assert (await reader.get("/api/v1/absences", params=outside)).json()["items"] == []
    half = {"since": "2027-01-01T00:00:00Z"}
    assert (await reader.get("/api/v1/absences", params=half)).status_code == 422


@pytest.mark.asyncio
async def test_an_absence_needs_a_radiologist(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    body = {
        "radiologist_id": 10**9,
        "start": "2026-11-16T00:00:00+01:00",
        "end": "2026-11-23T00:00:00+01:00",
    }

    assert (await planner.post("/api/v1/absences", json=body)).status_code == 404
    assert (await planner.put("/api/v1/absences/999999999", json=body)).status_code == 404

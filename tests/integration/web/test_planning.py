"""The planning over the API: from segments to a published planning and an exchanged seat."""

import csv
import io
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Grant, Role
from app.planning.domain.roster.profile import Rule
from tests.factories.directory import add_user
from tests.factories.planning import add_group, add_published
from tests.integration.web.conftest import SignIn

WEEK = {"since": "2026-11-16", "until": "2026-11-23"}
ONE = {"readers": 1, "backups": 1, "coordinators": 1}
NEEDS = dict.fromkeys(("day", "evening", "deep_night", "weekend"), ONE)


@pytest_asyncio.fixture
async def planner(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Give a client of a planner of the whole group."""
    return await sign_in(await add_user(session, Role.PLANNER))


async def make_draft(planner: httpx.AsyncClient) -> tuple[str, dict[str, Any]]:
    """Lay out a week and generate its draft; return the draft's path and the draft."""
    planning = await planner.post("/api/v1/plannings", json={**WEEK, "needs": NEEDS})
    assert planning.status_code == 201, planning.text
    path = f"/api/v1/plannings/{planning.json()['id']}/revisions"
    draft = await planner.post(path, json={})
    assert draft.status_code == 201, draft.text
    return f"{path}/{draft.json()['id']}", draft.json()


@pytest.mark.asyncio
async def test_a_planner_lays_out_drafts_publishes_and_everybody_sees_who_is_on_call(
    session: AsyncSession, sign_in: SignIn, planner: httpx.AsyncClient
) -> None:
    group = await add_group(session)
    path, draft = await make_draft(planner)
    shown = (await planner.get(path)).json()
    published = await planner.post(f"{path}/publish", json={})
    site_reader = await sign_in(await add_user(session, Role.AUDITOR))

    on_call = (await site_reader.get("/api/v1/on-call")).json()

    assert draft["number"] is None
    assert shown["violations"] == []
    assert shown["summary"]["seats"] == len(shown["roster"]) == 3 * 19
    assert sum(shown["summary"]["by_society"].values()) == 3 * 19
    assert published.json()["number"] == 1
    assert on_call["segments"] == ["evening"]
    (first,) = on_call["first_line"]
    assert first["reader"]["radiologist_id"] in group.everybody
    assert first["reader"]["telephone"]
    assert len(on_call["coordinators"]) == len(on_call["backup"]) == 1
    assert on_call["uncovered"] == []


@pytest.mark.asyncio
async def test_on_call_answers_for_any_instant_with_an_offset(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    await add_published(session)

    async def ask(at: str) -> httpx.Response:
        return await planner.get("/api/v1/on-call", params={"at": at})

    assert (await ask("2026-11-21T00:00:00+01:00")).json()["segments"] == ["deep_night"]
    assert (await ask("2026-11-20T22:59:59.9Z")).json()["segments"] == ["evening"]
    assert (await ask("2030-01-01T00:00:00Z")).json()["first_line"] == []
    for wrong in ("2026-11-21T00:00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "now"):
        assert (await ask(wrong)).status_code == 422


@pytest.mark.asyncio
async def test_segments_change_as_a_whole_and_a_hole_is_named(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    days = [
        "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "holiday",
    ]  # fmt: skip
    day = {"code": "day", "days": days, "starts": "08:00", "ends": "20:00", "seats_needed": 3}
    night = {"code": "night", "days": days, "starts": "20:00", "ends": "08:00"}

    async def put(*rules: dict[str, Any]) -> httpx.Response:
        body = {"since": "2027-01-04", "rules": list(rules)}
        return await planner.put("/api/v1/segments", json=body)

    hole = await put(day)
    nowhere = await put(day, {**night, "zone": "Europe/Atlantis"})
    seconds = await put(day, {**night, "starts": "20:00:30"})
    hole_at_the_change = await put(day, night)
    first_hours = {**night, "starts": "00:00", "until": "2027-01-05"}
    joined = await put(day, night, first_hours)

    assert hole.status_code == 422
    assert hole.json()["type"] == "urn:astreinte:problem:segments-do-not-fit"
    assert "no segment covers 2027-01-03T23:00:00+00:00: weekend ends" in hole.json()["detail"]
    assert "zone that does not exist" in nowhere.json()["detail"]
    assert "whole minutes" in seconds.json()["detail"]
    # The old deep night ends with 3 January: its first hours of the 4th belong to nobody.
    assert "2027-01-03T23:00:00+00:00" in hole_at_the_change.json()["detail"]
    assert joined.status_code == 200
    found = (await planner.get("/api/v1/segments")).json()
    assert found == joined.json()
    assert [(each["code"], each["since"], each["until"]) for each in found][4:] == [
        ("day", "2027-01-04", None),
        ("night", "2027-01-04", None),
        ("night", "2027-01-04", "2027-01-05"),
    ]
    assert {each["until"] for each in found[:4]} == {"2027-01-04"}


@pytest.mark.asyncio
async def test_a_draft_is_edited_and_its_faults_are_told_before_it_is_published(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    path, _ = await make_draft(planner)
    roster = (await planner.get(path)).json()["roster"]
    first, second = roster[0], roster[1]
    assert (first["start"], first["radiologist_id"] is not None) == (second["start"], True)

    broken = await planner.put(
        f"{path}/seats/{second['seat_id']}", json={"radiologist_id": first["radiologist_id"]}
    )
    refused = await planner.post(f"{path}/publish", json={})
    emptied = await planner.put(f"{path}/seats/{second['seat_id']}", json={"radiologist_id": None})
    published = await planner.post(f"{path}/publish", json={})

    assert Rule.OVERLAP in {each["rule"] for each in broken.json()}
    assert refused.status_code in {409, 422}
    assert f"radiologist {first['radiologist_id']}" in refused.json()["detail"]
    assert emptied.json() == []
    assert published.status_code == 200
    assert (await planner.get(path)).json()["summary"]["uncovered"] == 1
    again = await planner.post(f"{path}/publish", json={})
    assert again.status_code == 409
    assert again.json()["type"] == "urn:astreinte:problem:already-published"


@pytest.mark.asyncio
async def test_a_published_seat_changes_hands_and_keeps_its_history(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    await add_published(session)
    seats = (await planner.get("/api/v1/seats", params={
        "since": "2026-11-21T12:00:00Z", "until": "2026-11-21T13:00:00Z",
    })).json()["items"]  # fmt: skip
    seat = seats[0]
    path = f"/api/v1/seats/{seat['id']}"

    late = await planner.put(f"{path}/assignment", json={"radiologist_id": None, "seen": None})
    done = await planner.put(
        f"{path}/assignment",
        json={"radiologist_id": None, "seen": seat["radiologist_id"], "note": "ill"},
    )
    shown = (await planner.get(path)).json()

    assert {each["segment"] for each in seats} == {"weekend"}
    assert late.status_code == 409
    assert done.json()["number"] == 2
    assert done.json()["radiologist_ids"] == [seat["radiologist_id"]]
    assert shown["radiologist_id"] is None
    assert [
        (each["number"], each["radiologist_id"], each["note"], each["in_force"])
        for each in shown["history"]
    ] == [(1, seat["radiologist_id"], "", False), (2, None, "ill", True)]
    assert (await planner.get("/api/v1/seats/999999999")).status_code == 404


@pytest.mark.asyncio
async def test_a_planner_of_one_society_edits_its_seats_and_no_others(
    session: AsyncSession, sign_in: SignIn
) -> None:
    group = await add_group(session)
    await add_published(session)
    own_society = group.societies[0]
    own = await sign_in(await add_user(session, Grant(Role.PLANNER, society_id=own_society)))
    seats = (await own.get("/api/v1/seats", params={
        "since": "2026-11-21T00:00:00Z", "until": "2026-11-23T00:00:00Z",
    })).json()["items"]  # fmt: skip

    async def empty(seat: dict[str, Any]) -> int:
        body = {"radiologist_id": None, "seen": seat["radiologist_id"]}
        answer = await own.put(f"/api/v1/seats/{seat['id']}/assignment", json=body)
        return answer.status_code

    assert {(seat["society_id"] == own_society, await empty(seat)) for seat in seats} == {
        (True, 200),
        (False, 403),
    }
    assert (await own.post("/api/v1/plannings", json=WEEK)).status_code == 403
    assert (await own.put("/api/v1/segments", json={
        "since": "2027-01-04",
        "rules": [{"code": "a", "days": ["monday"], "starts": "00:00", "ends": "00:00"}],
    })).status_code == 403  # fmt: skip


@pytest.mark.asyncio
async def test_who_only_reads_may_write_nothing(session: AsyncSession, sign_in: SignIn) -> None:
    await add_group(session)
    published = await add_published(session)
    reader = await sign_in(await add_user(session, Role.AUDITOR))
    path = f"/api/v1/plannings/{published.planning_id}"

    answers = [
        await reader.post("/api/v1/plannings", json=WEEK),
        await reader.post(f"{path}/revisions", json={}),
        await reader.post(f"{path}/revisions/{published.revision_id}/publish", json={}),
        await reader.delete(f"{path}/revisions/{published.revision_id}"),
    ]

    assert [each.status_code for each in answers] == [403] * 4
    assert (await reader.get(path)).json()["revisions"][0]["number"] == 1
    assert (await reader.get("/api/v1/guards", params={"limit": 1})).json()["items"]


@pytest.mark.asyncio
async def test_a_revision_belongs_to_its_planning(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    published = await add_published(session)
    wrong = f"/api/v1/plannings/{published.planning_id + 1}/revisions/{published.revision_id}"

    assert (await planner.get(wrong)).status_code == 404
    assert (await planner.get(f"{wrong}/roster.csv")).status_code == 404
    assert (await planner.post(f"{wrong}/publish", json={})).status_code == 404
    assert (await planner.delete(wrong)).status_code == 404


@pytest.mark.asyncio
async def test_a_draft_can_be_thrown_away(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    path, _ = await make_draft(planner)

    assert (await planner.delete(path)).status_code == 204
    assert (await planner.get(path)).status_code == 404


@pytest.mark.asyncio
async def test_a_revision_is_exported_with_one_line_for_each_seat(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    published = await add_published(session)
    path = f"/api/v1/plannings/{published.planning_id}/revisions/{published.revision_id}"

    answer = await planner.get(f"{path}/roster.csv")

    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    shown = (await planner.get(path)).json()["roster"]
    assert [line["seat_id"] for line in lines] == [str(each["seat_id"]) for each in shown]
    assert lines[0]["radiologist"] == shown[0]["radiologist"]
    assert lines[0]["start"] == "2026-11-15T23:00:00+00:00"


@pytest.mark.asyncio
async def test_guards_and_seats_of_one_planning_are_listed_in_pages(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    planning = (await planner.post("/api/v1/plannings", json={**WEEK, "needs": NEEDS})).json()["id"]
    evening = {"since": "2026-11-20T21:00:00Z", "until": "2026-11-20T22:00:00Z"}

    guards = (await planner.get("/api/v1/guards", params={"planning_id": planning})).json()
    first = (
        await planner.get("/api/v1/seats", params={"planning_id": planning, "limit": 30})
    ).json()
    second = (
        await planner.get("/api/v1/seats", params={"planning_id": planning, "after": first["next"]})
    ).json()
    now = (await planner.get("/api/v1/guards", params=evening)).json()["items"]

    assert len(guards["items"]) == 2 * 19
    assert len(first["items"]) + len(second["items"]) == 3 * 19
    assert second["next"] is None
    assert {each["radiologist_id"] for each in first["items"]} == {None}
    assert [(each["segment"], each["line"]) for each in now] == [
        ("evening", "first"),
        ("evening", "backup"),
    ]
    other = {"planning_id": planning + 1}
    assert (await planner.get("/api/v1/seats", params=other)).json()["items"] == []

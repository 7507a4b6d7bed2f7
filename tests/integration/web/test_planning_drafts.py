"""Drafts, seats and tonight over the API: as planners and a coordinator use them."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Grant, Role
from app.planning.repository import assignments, seats
from app.planning.repository.names import list_named
from tests.factories.directory import add_user
from tests.factories.planning import NOW, add_group, add_planning, add_published
from tests.integration.web.conftest import SignIn


@pytest.fixture(autouse=True)
def _at_night(clock: SetClock) -> None:
    clock.instant = NOW


@pytest_asyncio.fixture
async def planner(session: AsyncSession, sign_in: SignIn) -> httpx.AsyncClient:
    """Give a client of a planner of the whole group."""
    return await sign_in(await add_user(session, Role.PLANNER))


async def ok(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


@pytest.mark.asyncio
async def test_a_planner_names_edits_undoes_compares_and_publishes_what_they_saw(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    path = f"/api/v1/plannings/{await add_planning(session)}/revisions"
    one = await ok(await planner.post(path, json={"name": "A"}))
    other = await ok(await planner.post(path, json={"name": "B"}))
    mine = f"{path}/{other['id']}"
    shown = await ok(await planner.get(mine))
    first = shown["roster"][0]
    named = {each.id: each for each in await list_named(session)}
    holder = named[first["radiologist_id"]]
    seat = f"{mine}/seats/{first['seat_id']}"

    assert await ok(await planner.put(seat, json={"radiologist_id": None})) == []
    late = await planner.put(seat, json={"radiologist_id": None, "seen": holder.id})
    back = await planner.put(seat, json={"name": holder.family_name, "seen": None})
    unclear = await planner.put(seat, json={"name": "Family"})
    both = await planner.put(seat, json={"name": holder.rpps, "radiologist_id": 1})
    undone = await ok(await planner.post(f"{mine}/undo"))
    lock = {"seat_ids": [first["seat_id"]], "locked": True}
    locked = await ok(await planner.post(f"{mine}/locks", json=lock))
    renamed = await ok(await planner.put(f"{mine}/name", json={"name": "C"}))
    diff = await ok(await planner.get(f"{path}/{one['id']}/diff", params={"to": other["id"]}))
    edits = await ok(await planner.get(f"{mine}/edits"))
    review = await ok(await planner.get(f"{mine}/review"))
    old = await planner.post(f"{mine}/publish", json={"version": undone["version"]})
    new = await planner.post(f"{mine}/publish", json={"version": review["version"]})

    assert (late.status_code, late.json()["type"][-12:]) == (409, "seat-changed")
    assert back.status_code == 200
    assert (unclear.status_code, both.status_code) == (422, 422)
    assert undone == {"version": 3, "seat_id": first["seat_id"]}
    assert (locked["version"], renamed["name"], renamed["version"]) == (4, "C", 4)
    assert [each["seat_id"] for each in diff["changes"]] == [first["seat_id"]]
    assert diff["uncovered"][1] - diff["uncovered"][0] == 1
    assert [each["undone_at"] is None for each in edits] == [True, False, True]
    assert (old.status_code, old.json()["type"].split(":")[-1]) == (409, "draft-changed")
    assert "version 4, and version 3" in old.json()["detail"]
    assert new.json()["number"] == 1


@pytest.mark.asyncio
async def test_seats_are_added_changed_and_closed_and_a_guard_cancelled(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    group = await add_group(session, people_each=12)
    await add_published(session)
    beside = next(
        each for each in await assignments.list_in_force(session) if each.seat.interval.start > NOW
    )
    guard = (await seats.find_facts(session, beside.seat.id)).guard_id
    hours = {
        "start": beside.seat.guard.start.isoformat(),
        "end": (beside.seat.guard.start + beside.seat.guard.duration / 2).isoformat(),
    }
    path = f"/api/v1/guards/{guard}"

    added = await ok(
        await planner.post(f"{path}/seats", json={**hours, "society_id": group.societies[0]})
    )
    seat = f"/api/v1/seats/{added['seat_id']}"
    longer = {**hours, "end": beside.seat.guard.end.isoformat()}
    changed = await ok(await planner.put(f"{seat}/hours", json=longer))
    backwards = await planner.put(
        f"{seat}/hours", json={"start": hours["end"], "end": hours["start"]}
    )
    closed = await ok(await planner.post(f"{seat}/close", json={"reason": "quiet"}))
    again = await planner.post(f"{seat}/close", json={"reason": "quiet"})
    cancelled = await ok(await planner.post(f"{path}/cancel", json={"reason": "no current"}))
    gone = await planner.post(f"{path}/seats", json={**hours, "society_id": group.societies[0]})

    numbers = [each["published"]["number"] for each in (added, changed, closed, cancelled)]
    assert numbers == [2, 3, 4, 5]
    assert (backwards.status_code, again.status_code, gone.status_code) == (422, 409, 409)


@pytest.mark.asyncio
async def test_a_coordinator_fills_a_seat_of_tonight_from_the_list_in_two_clicks(
    session: AsyncSession, sign_in: SignIn
) -> None:
    await add_group(session, people_each=12)
    await add_published(session)
    coordinator = await sign_in(await add_user(session, Role.COORDINATOR))
    in_force = await assignments.list_in_force(session)
    tonight = next(each for each in in_force if each.seat.interval.start > NOW)
    over = in_force[0]
    seat = f"/api/v1/seats/{tonight.seat.id}"

    listed = await ok(await coordinator.get(f"{seat}/replacements"))
    best = listed["replacements"][0]
    body = {"radiologist_id": best["radiologist_id"], "seen": tonight.radiologist}
    filled = await ok(await coordinator.post(f"{seat}/fill", json=body))
    twice = await coordinator.post(f"{seat}/fill", json=body)
    too_late = await coordinator.post(
        f"/api/v1/seats/{over.seat.id}/fill",
        json={"radiologist_id": best["radiologist_id"], "seen": over.radiologist},
    )

    assert filled["seat_ids"] == [tonight.seat.id]
    (now_held,) = await assignments.list_in_force_of(session, seat_ids=[tonight.seat.id])
    assert now_held.radiologist == best["radiologist_id"]
    assert now_held.reason in {"repair", "loan"}
    assert twice.status_code == 409
    assert too_late.status_code == 422
    radiologist = await sign_in(await add_user(session, Role.RADIOLOGIST))
    assert (await radiologist.post(f"{seat}/fill", json=body)).status_code == 403


@pytest.mark.asyncio
async def test_a_roster_is_asked_for_watched_and_stopped(
    session: AsyncSession, planner: httpx.AsyncClient
) -> None:
    await add_group(session)
    path = f"/api/v1/plannings/{await add_planning(session)}/roster-runs"

    asked = await planner.post(path, json={"seconds": 5, "seed": 3})
    twice = await planner.post(path, json={})
    repair = await planner.post(path, json={"kind": "repair"})
    run = asked.json()
    shown = await ok(await planner.get(f"{path}/{run['id']}"))
    stopped = await ok(await planner.post(f"{path}/{run['id']}/stop"))
    unpublished = await planner.post(path, json={"kind": "repair"})

    assert asked.status_code == 202
    assert (shown["state"], shown["revision_id"]) == ("queued", None)
    assert (twice.status_code, repair.status_code, unpublished.status_code) == (409, 409, 422)
    assert (stopped["state"], stopped["error"]) == ("failed", "stopped before it had begun")
    assert (await planner.get(f"{path}/{run['id'] + 1}")).status_code == 404
    assert [each["id"] for each in (await ok(await planner.get(path)))["items"]] == [run["id"]]


@pytest.mark.asyncio
async def test_everybody_sees_the_lines_of_their_own_society_on_the_account(
    session: AsyncSession, planner: httpx.AsyncClient, sign_in: SignIn
) -> None:
    group = await add_group(session)
    published = await add_published(session)
    own = group.societies[1]
    admin = await sign_in(await add_user(session, Grant(Role.SOCIETY_ADMIN, society_id=own)))

    whole = await ok(await planner.get("/api/v1/ledger", params={"limit": 200}))
    theirs = await ok(await admin.get("/api/v1/ledger", params={"limit": 200}))
    none = await ok(await admin.get("/api/v1/ledger", params={"society_id": group.societies[0]}))

    assert {each["society_id"] for each in whole["items"]} >= set(group.societies)
    assert {each["planning_id"] for each in whole["items"]} == {published.planning_id}
    assert {each["society_id"] for each in theirs["items"]} == {own}
    assert none["items"] == []

"""Absences looked at before they are saved, wishes, replacements and statutes over the API."""

from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Grant, Role
from app.planning.repository import assignments
from tests.factories.directory import add_society, add_user
from tests.factories.planning import NOW, add_absence
from tests.factories.swaps import Stage, add_stage
from tests.integration.web.conftest import SignIn


@pytest_asyncio.fixture
async def stage(session: AsyncSession) -> Stage:
    """Give a published week, and people who are free."""
    return await add_stage(session)


async def sign_reader(
    session: AsyncSession, sign_in: SignIn, radiologist: int
) -> httpx.AsyncClient:
    return await sign_in(await add_user(session, Role.RADIOLOGIST, radiologist_id=radiologist))


def around(stage: Stage, **more: object) -> dict[str, object]:
    hours = stage.given.seat.interval
    return {
        "radiologist_id": stage.giver,
        "start": (hours.start + timedelta(hours=1)).isoformat(),
        "end": hours.end.isoformat(),
        **more,
    }


@pytest.mark.asyncio
async def test_an_absence_tells_the_published_seats_it_touches_before_it_is_saved(
    session: AsyncSession, sign_in: SignIn, stage: Stage
) -> None:
    reader = await sign_reader(session, sign_in, stage.giver)
    hours = stage.given.seat.interval

    checked = await reader.post("/api/v1/absences/check", json=around(stage, kind="sick"))

    (touched,) = checked.json()
    assert touched["seat_id"] == stage.given.seat.id
    assert (touched["segment"], touched["has_begun"]) == (stage.given.seat.segment, False)
    assert touched["touched_from"] == (hours.start + timedelta(hours=1)).isoformat().replace(
        "+00:00", "Z"
    )
    assert (await reader.get("/api/v1/absences")).json()["items"] == []
    saved = await reader.post("/api/v1/absences", json=around(stage, kind="sick"))
    assert (saved.json()["kind"], saved.json()["clashes"]) == ("sick", [stage.given.seat.id])
    colleague = await sign_reader(session, sign_in, stage.free[0])
    (seen,) = (await colleague.get("/api/v1/absences")).json()["items"]
    assert (seen["kind"], seen["reason"]) == (None, None)
    foreign = await colleague.post("/api/v1/absences/check", json=around(stage))
    assert foreign.status_code == 403


@pytest.mark.asyncio
async def test_wishes_are_told_what_they_meet_kept_and_deleted_by_their_own(
    session: AsyncSession, sign_in: SignIn, stage: Stage
) -> None:
    reader = await sign_reader(session, sign_in, stage.giver)
    colleague = await sign_reader(session, sign_in, stage.free[0])
    avoid = around(stage, kind="avoid", weight=3)

    checked = await reader.post("/api/v1/wishes/check", json=avoid)
    saved = await reader.post("/api/v1/wishes", json=avoid)
    opposite = await reader.post("/api/v1/wishes", json=around(stage, kind="prefer"))
    foreign = await colleague.post("/api/v1/wishes", json=avoid)

    assert checked.json() == {"seats": [stage.given.seat.id], "absences": [], "wishes": []}
    assert (saved.status_code, saved.json()["weight"]) == (201, 3)
    assert opposite.status_code == 422
    assert "like and avoid" in opposite.json()["detail"]
    assert foreign.status_code == 403
    assert (await colleague.get("/api/v1/wishes")).json()["items"] == []
    assert (await reader.get("/api/v1/wishes")).json()["items"] == [saved.json()]
    path = f"/api/v1/wishes/{saved.json()['id']}"
    assert (await colleague.delete(path)).status_code == 403
    assert (await reader.delete(path)).status_code == 204
    assert (await reader.delete(path)).status_code == 404


@pytest.mark.asyncio
async def test_a_planner_sees_the_wishes_of_their_society_and_no_others(
    session: AsyncSession, sign_in: SignIn, stage: Stage
) -> None:
    everybody = await sign_in(await add_user(session, Role.PLANNER))
    for radiologist in (stage.giver, stage.stranger):
        body = around(stage, kind="prefer", radiologist_id=radiologist)
        assert (await everybody.post("/api/v1/wishes", json=body)).status_code == 201
    planner = await sign_in(await add_user(session, Grant(Role.PLANNER, society_id=stage.society)))

    own = (await planner.get("/api/v1/wishes")).json()["items"]
    every = (await everybody.get("/api/v1/wishes")).json()["items"]

    assert [each["radiologist_id"] for each in own] == [stage.giver]
    assert len(every) == 2


@pytest.mark.asyncio
async def test_who_can_take_a_seat_is_ranked_with_what_each_would_break(
    session: AsyncSession, sign_in: SignIn, stage: Stage, clock: SetClock
) -> None:
    hours = stage.given.seat.interval
    await add_absence(session, stage.free[0], start=hours.start, end=hours.end)
    clock.instant = hours.start - timedelta(minutes=30)
    coordinator = await sign_in(await add_user(session, Role.COORDINATOR))
    path = f"/api/v1/seats/{stage.given.seat.id}/replacements"

    found = (await coordinator.get(path, params={"limit": 200})).json()["replacements"]

    told = [each["is_legal"] for each in found]
    assert told == sorted(told, reverse=True)
    ids = [each["radiologist_id"] for each in found]
    assert found[0]["is_own_society"]
    assert found[0]["is_legal"]
    assert stage.giver not in ids
    at_once = {
        each.radiologist
        for each in await assignments.list_in_force(session, period=hours)
        if each.radiologist != stage.giver
    }
    assert not at_once.intersection(ids)
    absent = found[ids.index(stage.free[0])]
    assert "absence" in [each["rule"] for each in absent["violations"]]
    assert ids.index(stage.free[0]) > ids.index(stage.free[1])


@pytest.mark.asyncio
async def test_replacements_are_for_coordinators_and_planners_and_seats_to_come(
    session: AsyncSession, sign_in: SignIn, stage: Stage, clock: SetClock
) -> None:
    reader = await sign_reader(session, sign_in, stage.giver)
    coordinator = await sign_in(await add_user(session, Role.COORDINATOR))
    path = f"/api/v1/seats/{stage.given.seat.id}/replacements"

    assert (await reader.get(path)).status_code == 403
    assert (await coordinator.get("/api/v1/seats/999999999/replacements")).status_code == 404
    clock.instant = stage.given.seat.interval.end
    over = await (await sign_in(await add_user(session, Role.COORDINATOR))).get(path)
    assert over.status_code == 422


@pytest.mark.asyncio
async def test_statutes_are_written_and_rules_that_contradict_each_other_are_named(
    session: AsyncSession, sign_in: SignIn
) -> None:
    planner = await sign_in(await add_user(session, Role.PLANNER))
    path = f"/api/v1/statute-profiles/salaried/{NOW.date()}"

    of_one_society = Grant(Role.PLANNER, society_id=(await add_society(session)).id)

    wrong = await planner.put(path, json={"most_weekends": 9, "rest": 3000})
    written = await planner.put(path, json={"rest": 720, "soft": ["weekends", "absence"]})
    unknown = await planner.put(path, json={"naps": 3})
    society = await sign_in(await add_user(session, of_one_society))

    assert wrong.status_code == 422
    assert "rest_after_long" in wrong.json()["detail"]
    assert "most_weekends" in wrong.json()["detail"]
    rules = written.json()["rules"]
    assert (rules["rest"], rules["longest_duty"], rules["soft"]) == (
        720,
        1440,
        ["absence", "weekends"],
    )
    assert unknown.status_code == 422
    assert (await planner.get("/api/v1/statute-profiles")).json() == [written.json()]
    assert (await society.put(path, json={})).status_code == 403

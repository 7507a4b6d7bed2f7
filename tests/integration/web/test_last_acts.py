"""Last acts over the API: told by the holder or a planner, and rest is counted from them."""

from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import SYSTEM, Grant, Role
from app.kit.interval import Interval
from app.planning.domain.roster.people import Work
from app.planning.domain.validator.stretches import Held, find_duties
from app.planning.repository import assignments
from app.planning.repository.people import list_readers
from app.planning.service.publishing import assign_seat
from tests.factories.directory import add_user
from tests.factories.planning import PARIS
from tests.factories.swaps import Stage, add_stage
from tests.integration.web.conftest import SignIn


@pytest_asyncio.fixture
async def stage(session: AsyncSession) -> Stage:
    """Give a published week."""
    return await add_stage(session)


def path_of(stage: Stage) -> str:
    return f"/api/v1/seats/{stage.given.seat.id}/last-act"


def at(instant: datetime) -> dict[str, str]:
    return {"acted_at": instant.isoformat()}


@pytest.mark.asyncio
async def test_the_holder_tells_it_and_rest_is_counted_from_it(
    session: AsyncSession, sign_in: SignIn, stage: Stage, clock: SetClock
) -> None:
    hours = stage.given.seat.interval
    clock.instant = hours.end + timedelta(hours=3)
    holder = await sign_in(await add_user(session, Role.RADIOLOGIST, radiologist_id=stage.giver))
    late = hours.end + timedelta(hours=2)

    unknown = await holder.get(path_of(stage))
    told = await holder.put(path_of(stage), json=at(late))

    assert unknown.status_code == 404
    assert told.status_code == 200, told.text
    assert (told.json()["seat_id"], told.json()["radiologist_id"]) == (
        stage.given.seat.id,
        stage.giver,
    )
    assert (await holder.get(path_of(stage))).json() == told.json()
    after = Interval(hours.end, hours.end + timedelta(days=1))
    (reader,) = await list_readers(session, period=after, zone=PARIS, ids=[stage.giver])
    assert Work(hours, last_act=late) in reader.past
    duties = find_duties(Held(reader, (), PARIS))
    assert [each.rested_from for each in duties if each.interval.end == hours.end] == [late]


@pytest.mark.asyncio
async def test_it_is_told_again_by_a_planner_and_the_last_word_stands(
    session: AsyncSession, sign_in: SignIn, stage: Stage, clock: SetClock
) -> None:
    hours = stage.given.seat.interval
    clock.instant = hours.end + timedelta(hours=1)
    holder = await sign_in(await add_user(session, Role.RADIOLOGIST, radiologist_id=stage.giver))
    grant = Grant(Role.PLANNER, society_id=stage.society)
    planner = await sign_in(await add_user(session, grant))
    early = hours.end - timedelta(hours=1)

    await holder.put(path_of(stage), json=at(hours.end))
    again = await planner.put(path_of(stage), json=at(early))

    assert again.status_code == 200
    shown = (await holder.get(path_of(stage))).json()
    assert datetime.fromisoformat(shown["acted_at"]) == early


@pytest.mark.asyncio
async def test_it_is_within_the_seat_and_twelve_hours_after_and_not_to_come(
    session: AsyncSession, sign_in: SignIn, stage: Stage, clock: SetClock
) -> None:
    hours = stage.given.seat.interval
    clock.instant = hours.end + timedelta(hours=14)
    holder = await sign_in(await add_user(session, Role.RADIOLOGIST, radiologist_id=stage.giver))
    wrong = [
        hours.start - timedelta(seconds=1),
        hours.end + timedelta(hours=12, seconds=1),
        clock.instant + timedelta(minutes=1),
    ]

    answers = [await holder.put(path_of(stage), json=at(each)) for each in wrong]

    assert [each.status_code for each in answers] == [422] * 3
    assert (await holder.put(path_of(stage), json={"acted_at": "2027-01-01"})).status_code == 422
    assert (await holder.get(path_of(stage))).status_code == 404


@pytest.mark.asyncio
async def test_nobody_else_tells_it_and_not_of_a_seat_that_nobody_holds(
    session: AsyncSession, sign_in: SignIn, stage: Stage, clock: SetClock
) -> None:
    hours = stage.given.seat.interval
    await assign_seat(
        session,
        seat_id=stage.given.seat.id,
        radiologist_id=None,
        seen=stage.giver,
        actor=SYSTEM,
        now=clock.instant,
        reason="nobody yet",
    )
    clock.instant = hours.end
    planner = await sign_in(await add_user(session, Role.PLANNER))
    colleague = await sign_in(
        await add_user(session, Role.RADIOLOGIST, radiologist_id=stage.free[0])
    )

    empty = await planner.put(path_of(stage), json=at(hours.start))
    nowhere = await planner.put("/api/v1/seats/999999999/last-act", json=at(hours.start))

    assert (empty.status_code, nowhere.status_code) == (409, 404)
    other = next(
        each
        for each in await assignments.list_in_force(session)
        if each.radiologist not in {None, stage.free[0]} and each.seat.interval.end <= hours.end
    )
    path = f"/api/v1/seats/{other.seat.id}/last-act"
    body = at(other.seat.interval.start)
    assert (await colleague.put(path, json=body)).status_code == 403
    assert (await planner.put(path, json=body)).status_code == 200

"""Points, nights, weekends and special days are carried from planning to planning."""

from collections import Counter as Tally
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.planning.domain.balances import COUNTERS, POINTS
from app.planning.domain.roster.problem import Counter, Limits
from app.planning.domain.runs import RunKind, RunRequest
from app.planning.domain.seats import Placement
from app.planning.models import Planning, PointBalance
from app.planning.repository import assignments, people, plannings
from app.planning.repository.points import map_carried
from app.planning.service.points import carry_points
from app.planning.service.publishing import assign_seat, publish_draft
from app.planning.service.rosters import prepare
from app.planning.service.seats import close_seat
from tests.factories.directory import add_radiologist, add_society
from tests.factories.planning import NOW, Group, add_draft, add_group, add_planning

NEXT_WEEK = date(2026, 11, 23)
WEEK_AFTER = date(2026, 11, 30)

Totals = dict[tuple[int, str], tuple[int, int]]


async def publish_week(session: AsyncSession, first: date) -> int:
    planning = await add_planning(session, first=first)
    draft = await add_draft(session, planning)
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)
    return planning


async def read(session: AsyncSession, planning: int) -> Totals:
    query = select(
        PointBalance.radiologist_id, PointBalance.counter, PointBalance.done, PointBalance.owed
    ).where(PointBalance.planning_id == planning)
    return {(row[0], row[1]): (row[2], row[3]) for row in (await session.execute(query)).all()}


async def count_held(session: AsyncSession, planning: int) -> Tally[int]:
    """Count what everybody holds: each seat of the default segments counts a point."""
    held = await assignments.list_in_force(session, planning_id=planning)
    return Tally(each.radiologist for each in held if each.radiologist is not None)


async def find_held(session: AsyncSession, planning: int) -> Placement:
    held = await assignments.list_in_force(session, planning_id=planning)
    return next(each for each in held if each.radiologist is not None)


async def empty(session: AsyncSession, seat: Placement) -> None:
    await assign_seat(
        session,
        seat_id=seat.seat.id,
        radiologist_id=None,
        seen=seat.radiologist,
        actor=SYSTEM,
        now=NOW,
    )


def sum_left(totals: Totals, group: Group, counter: str) -> list[int]:
    """Sum what is done less owed, by society."""
    return [
        sum(totals[each, counter][0] - totals[each, counter][1] for each in own)
        for own in group.radiologists.values()
    ]


@pytest.mark.asyncio
async def test_a_publication_writes_what_everybody_did_and_owed(session: AsyncSession) -> None:
    group = await add_group(session)

    planning = await publish_week(session, NEXT_WEEK)

    totals = await read(session, planning)
    assert set(totals) == {(each, counter) for each in group.everybody for counter in COUNTERS}
    held = await count_held(session, planning)
    assert {each: totals[each, POINTS][0] for each in group.everybody} == {
        each: 1000 * held[each] for each in group.everybody
    }
    for counter in COUNTERS:
        assert sum_left(totals, group, counter) == [0, 0, 0]
    assert sum(totals[each, "nights"][0] for each in group.everybody) > 0
    assert sum(totals[each, "weekends"][0] for each in group.everybody) > 0


@pytest.mark.asyncio
async def test_each_publication_writes_them_anew_and_twice_is_once(session: AsyncSession) -> None:
    await add_group(session)
    planning = await publish_week(session, NEXT_WEEK)
    before = await read(session, planning)
    seat = await find_held(session, planning)
    assert seat.radiologist is not None

    await carry_points(session, planning, now=NOW)
    same = await read(session, planning)
    await empty(session, seat)
    after = await read(session, planning)
    other = await find_held(session, planning)
    assert other.radiologist is not None
    await close_seat(session, seat_id=other.seat.id, reason="too few", actor=SYSTEM, now=NOW)
    closed = await read(session, planning)

    assert same == before
    key, other_key = (seat.radiologist, POINTS), (other.radiologist, POINTS)
    assert after[key][0] == before[key][0] - 1000
    assert closed[other_key][0] == after[other_key][0] - 1000


@pytest.mark.asyncio
async def test_the_second_planning_carries_on_where_the_first_ended(session: AsyncSession) -> None:
    group = await add_group(session)
    first = await publish_week(session, NEXT_WEEK)
    brought = await read(session, first)

    second = await publish_week(session, WEEK_AFTER)

    totals, held = await read(session, second), await count_held(session, second)
    for each in group.everybody:
        assert totals[each, POINTS][0] == brought[each, POINTS][0] + 1000 * held[each]
    for counter in COUNTERS:
        assert sum_left(totals, group, counter) == [0, 0, 0]
    prepared = await prepare(
        session, planning_id=second, kind=RunKind.GENERATE, request=RunRequest(Limits()), now=NOW
    )
    # What it is about to fill is not carried, although it was published once.
    assert {each.id: each.balance for each in prepared.problem.readers} == {
        each: brought[each, POINTS][0] - brought[each, POINTS][1] for each in group.everybody
    }
    assert prepared.problem.carried == {
        (each, counter): brought[each, counter.value][0] - brought[each, counter.value][1]
        for each in group.everybody
        for counter in Counter
    }


@pytest.mark.asyncio
async def test_what_changes_in_the_first_planning_moves_the_second_too(
    session: AsyncSession,
) -> None:
    await add_group(session)
    first, second = (
        await publish_week(session, NEXT_WEEK),
        await publish_week(session, WEEK_AFTER),
    )
    before, later = await read(session, first), await read(session, second)

    await empty(session, await find_held(session, first))

    changed, moved = await read(session, first), await read(session, second)
    assert changed != before
    for key, (done, owed) in later.items():
        assert moved[key] == (
            done + changed[key][0] - before[key][0],
            owed + changed[key][1] - before[key][1],
        )


@pytest.mark.asyncio
async def test_special_days_are_carried_for_five_years_and_the_rest_for_ever(
    session: AsyncSession,
) -> None:
    society = await add_society(session)
    one = (await add_radiologist(session, society_id=society.id)).id
    start = people.to_interval(
        (await plannings.find_planning(session, await _lay_empty(session))).period
    ).start
    for weeks, done in ((320, 1000), (60, 3000)):
        planning = Planning(
            name=f"{weeks} weeks before",
            period=Range(start - timedelta(weeks=weeks), start - timedelta(weeks=weeks - 4)),
            created_at=NOW,
        )
        session.add(planning)
        await session.flush()
        session.add_all(
            PointBalance(
                planning_id=planning.id,
                radiologist_id=one,
                counter=counter,
                done=done,
                owed=500,
                written_at=NOW,
            )
            for counter in ("special", "nights")
        )
    await session.flush()

    carried = await map_carried(session, [one], before=start)

    assert carried == {(one, Counter.NIGHTS): 2500, (one, Counter.SPECIAL): 2000}


async def _lay_empty(session: AsyncSession) -> int:
    await add_group(session)
    return await add_planning(session, first=NEXT_WEEK)


@pytest.mark.asyncio
async def test_nothing_is_written_for_a_planning_that_is_a_draft(session: AsyncSession) -> None:
    await add_group(session)
    await add_draft(session, await add_planning(session, first=NEXT_WEEK))

    count = select(func.count()).select_from(PointBalance)

    assert (await session.execute(count)).scalar_one() == 0

"""Two planners who really commit at the same moment: one wins, the other is told why."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.session import Sessions, unit_of_work
from app.directory.domain import SYSTEM
from app.kit.errors import AppError
from app.kit.interval import Interval
from app.planning.domain.errors import (
    AlreadyPublished,
    DraftIsStale,
    PlanningOverlaps,
    RadiologistBusy,
    SeatChanged,
)
from app.planning.domain.revisions import Seen
from app.planning.domain.roster.profile import IMPOSSIBLE, Rule
from app.planning.domain.seats import Placement
from app.planning.models import Absence, Guard, Planning, PlanningRevision, Seat
from app.planning.repository import assignments
from app.planning.repository.plannings import list_seats
from app.planning.service.publishing import assign_seat, publish_draft
from app.planning.service.replacing import put_reader
from app.planning.service.seats import change_hours
from app.planning.service.segments import lay_default_segments
from tests.factories.planning import (
    MONDAY,
    NOW,
    PARIS,
    add_absence,
    add_draft,
    add_group,
    add_planning,
    add_published,
)
from tests.factories.waiting import wait_for_a_waiter

Act = Callable[[AsyncSession], Awaitable[object]]


async def run_together(sessions: Sessions, *acts: Act) -> list[AppError | None]:
    """Start all units of work, let them act at one moment, and return what each was told."""
    barrier = asyncio.Barrier(len(acts))

    async def run(act: Act) -> AppError | None:
        try:
            async with unit_of_work(sessions) as session:
                await session.execute(select(1))
                await barrier.wait()
                await act(session)
        except AppError as error:
            return error
        return None

    async with asyncio.timeout(30):
        return list(await asyncio.gather(*(run(act) for act in acts)))


def publish(revision_id: int) -> Act:
    return lambda session: publish_draft(session, revision_id=revision_id, actor=SYSTEM, now=NOW)


async def find_twins(session: AsyncSession) -> tuple[Placement, Placement]:
    """Find two seats of the same hours that begin after now and are held by two people."""
    coming = [
        each
        for each in await assignments.list_in_force(session)
        if each.seat.interval.start > NOW and each.radiologist is not None
    ]
    first = coming[0]
    other = next(
        each
        for each in coming
        if each.seat.interval == first.seat.interval and each.radiologist != first.radiologist
    )
    return first, other


@pytest.mark.asyncio
async def test_of_two_publications_of_one_draft_one_wins(sessions: Sessions) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session)
        draft = await add_draft(session, await add_planning(session))

    told = await run_together(sessions, publish(draft), publish(draft))

    assert [type(each) for each in told if each] == [AlreadyPublished]
    async with unit_of_work(sessions) as session:
        numbers = (await session.scalars(select(PlanningRevision.number))).all()
        assert numbers == [1]


@pytest.mark.asyncio
async def test_of_two_drafts_published_at_once_the_second_is_stale(sessions: Sessions) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session)
        planning = await add_planning(session)
        drafts = [await add_draft(session, planning), await add_draft(session, planning)]

    told = await run_together(sessions, *(publish(draft) for draft in drafts))

    assert [type(each) for each in told if each] == [DraftIsStale]
    async with unit_of_work(sessions) as session:
        winner = drafts[told.index(None)]
        assert await assignments.list_in_force(session) == await assignments.list_of_revision(
            session, winner
        )


@pytest.mark.asyncio
async def test_of_two_planners_who_change_one_seat_one_must_look_again(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session)
        await add_published(session)
        seat, _ = await find_twins(session)

    def empty(session: AsyncSession) -> Awaitable[object]:
        return assign_seat(
            session,
            seat_id=seat.seat.id,
            radiologist_id=None,
            seen=seat.radiologist,
            actor=SYSTEM,
            now=NOW,
        )

    told = await run_together(sessions, empty, empty)

    assert [type(each) for each in told if each] == [SeatChanged]


@pytest.mark.asyncio
async def test_nobody_gets_two_seats_at_once_from_two_plannings(sessions: Sessions) -> None:
    async with unit_of_work(sessions) as session:
        group = await add_group(session, volumes=(1,), people_each=12)
        free = group.everybody[-1]
        await add_absence(session, free, start=NOW - timedelta(days=9), end=NOW + timedelta(days=9))
        plannings = [
            await add_planning(session),
            await add_planning(session, first=MONDAY + timedelta(days=7)),
        ]
        await lengthen_last_guard(session, plannings[0])
        for planning in plannings:
            draft = await add_draft(session, planning)
            await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)
        await session.execute(delete(Absence))
        last = (await assignments.list_in_force(session, planning_id=plannings[0]))[-1]
        first = (await assignments.list_in_force(session, planning_id=plannings[1]))[0]
        assert last.seat.interval.overlaps(first.seat.interval)

    def give(seat: Placement) -> Act:
        return lambda session: assign_seat(
            session,
            seat_id=seat.seat.id,
            radiologist_id=free,
            seen=seat.radiologist,
            actor=SYSTEM,
            now=NOW,
        )

    told = await run_together(sessions, give(last), give(first))

    (refusal,) = (each for each in told if each)
    assert isinstance(refusal, RadiologistBusy)
    assert {last.seat.id, first.seat.id} == set(refusal.clashes[0][1:])
    async with unit_of_work(sessions) as session:
        held = [
            each for each in await assignments.list_in_force(session) if each.radiologist == free
        ]
        assert len(held) == 1


async def lengthen_last_guard(session: AsyncSession, planning_id: int) -> None:
    """Let the last guard of a planning reach into the next one, as one laid out by hand may."""
    last = (await list_seats(session, planning_id=planning_id))[-1]
    longer = Range(last.interval.start, last.interval.end + timedelta(hours=2))
    guard = select(Seat.guard_id).where(Seat.id == last.id).scalar_subquery()
    await session.execute(update(Guard).where(Guard.id == guard).values(period=longer))
    await session.execute(update(Seat).where(Seat.id == last.id).values(period=longer))


@pytest.mark.asyncio
async def test_of_two_plannings_of_one_period_one_is_made(sessions: Sessions) -> None:
    async with unit_of_work(sessions) as session:
        await lay_default_segments(session, zone=PARIS, valid_from=MONDAY)

    told = await run_together(sessions, add_planning, add_planning)

    assert [type(each) for each in told if each] == [PlanningOverlaps]
    async with unit_of_work(sessions) as session:
        count = select(func.count()).select_from(Planning)
        assert (await session.execute(count)).scalar_one() == 1


@pytest.mark.asyncio
async def test_who_is_put_into_a_seat_holds_it_for_the_hours_it_has_by_then(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        group = await add_group(session, people_each=12)
        await add_published(session)
        seat, _ = await find_twins(session)
        busy = {each.radiologist for each in await assignments.list_in_force(session)}
        free = next(each for each in group.everybody if each not in busy)
    hours = seat.seat.interval
    later = Interval(hours.start + hours.duration / 2, hours.end)

    async def put() -> None:
        async with unit_of_work(sessions) as session:
            await put_reader(
                session,
                seat_id=seat.seat.id,
                radiologist_id=free,
                seen=Seen(seat.radiologist),
                actor=SYSTEM,
                now=NOW,
                reason="ill",
                accepted=frozenset(Rule) - IMPOSSIBLE,
            )

    async with unit_of_work(sessions) as session:
        await change_hours(session, seat_id=seat.seat.id, interval=later, actor=SYSTEM, now=NOW)
        putting = asyncio.create_task(put())
        await wait_for_a_waiter(sessions, lock="advisory")
    await putting

    async with unit_of_work(sessions) as session:
        held = await assignments.find_in_force(session, seat_id=seat.seat.id)
        assert held is not None
        assert (held.radiologist_id, held.period.lower) == (free, later.start)

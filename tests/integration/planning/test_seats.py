"""Seats with their own hours on a real database: added, closed, moved, cancelled, and credited."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.kit.errors import Invalid
from app.kit.interval import Interval
from app.planning.domain.errors import RadiologistBusy
from app.planning.domain.seats import AssignmentReason, GuardLine, Placement, SeatKind
from app.planning.domain.sharing.ledger import EntryKind, find_faults
from app.planning.domain.sharing.shares import MILLION
from app.planning.repository import assignments, ledger, seats
from app.planning.service.publishing import assign_seat
from app.planning.service.seats import (
    GuardCancelled,
    NewSeat,
    SeatClosed,
    add_seat,
    change_hours,
    close_seat,
)
from app.planning.service.seats_cancelled import cancel_guard
from tests.factories.planning import NOW, Group, add_group, add_planning, add_published


async def find_evening(session: AsyncSession) -> Placement:
    """Find the reader of tomorrow's guards or later: held, of the first line."""
    return next(
        each
        for each in await assignments.list_in_force(session)
        if each.seat.interval.start > NOW + timedelta(hours=4)
        and each.seat.line is GuardLine.FIRST
        and each.seat.kind is SeatKind.READER
        and each.radiologist is not None
    )


async def find_free(session: AsyncSession, group: Group, seat: Placement) -> int:
    busy = {
        each.radiologist
        for each in await assignments.list_in_force(session)
        if abs(each.seat.interval.start - seat.seat.interval.start) < timedelta(hours=40)
    }
    return next(each for each in group.radiologists[seat.society] if each not in busy)


async def sum_up(session: AsyncSession, seat_id: int) -> dict[tuple[EntryKind, int], int]:
    """Sum what stands for a seat on the account of guards, by kind of entry and society."""
    found: Counter[tuple[EntryKind, int]] = Counter()
    for entry in (await ledger.list_of_seats(session, [seat_id])).get(seat_id, []):
        if entry.counter == "guard":
            found[entry.entry, entry.society] += entry.millionths
    return {key: millionths for key, millionths in found.items() if millionths}


async def check_account(session: AsyncSession) -> None:
    assert find_faults(await ledger.list_entries(session)) == []


@pytest.mark.asyncio
async def test_a_reinforcement_is_in_force_at_once_and_credited_by_its_part_of_the_guard(
    session: AsyncSession,
) -> None:
    group = await add_group(session, people_each=12)
    await add_published(session)
    beside = await find_evening(session)
    guard = beside.seat.guard
    half = Interval(guard.start, guard.start + guard.duration / 2)
    holder = await find_free(session, group, beside)
    facts = await seats.find_facts(session, beside.seat.id)

    seat_id, event = await add_seat(
        session,
        NewSeat(half, society=beside.society, radiologist=holder),
        guard_id=facts.guard_id,
        actor=SYSTEM,
        now=NOW,
        reason="many exams",
    )

    assert event is not None
    assert event.number == 2
    assert event.radiologist_ids == {holder}
    found = {each.seat.id: each for each in await assignments.list_in_force(session)}[seat_id]
    assert (found.seat.interval, found.radiologist) == (half, holder)
    posted = await sum_up(session, seat_id)
    assert sum(posted.values()) == 0
    shares = (await ledger.list_shares(session, planning_id=event.planning_id))[beside.seat.of]
    expected = {each: share // 2 for each, share in shares.items()}
    expected[beside.society] -= MILLION // 2
    assert posted == {(EntryKind.REINFORCEMENT, each): sum_ for each, sum_ in expected.items()}
    await check_account(session)


@pytest.mark.asyncio
async def test_a_seat_of_a_planning_that_is_not_published_waits_for_its_draft(
    session: AsyncSession,
) -> None:
    group = await add_group(session)
    planning = await add_planning(session)
    guard = next(
        each
        for each in await seats.list_facts(session, planning_id=planning)
        if each.seat.interval.start > NOW
    )

    seat_id, event = await add_seat(
        session,
        NewSeat(guard.seat.interval, society=group.societies[0]),
        guard_id=guard.guard_id,
        actor=SYSTEM,
        now=NOW,
    )

    assert event is None
    assert (await seats.find_facts(session, seat_id)).is_added


@pytest.mark.asyncio
async def test_hours_outside_the_guard_or_over_are_refused(session: AsyncSession) -> None:
    group = await add_group(session)
    await add_published(session)
    seat = await find_evening(session)
    facts = await seats.find_facts(session, seat.seat.id)
    over = (await assignments.list_in_force(session))[0]
    long = Interval(seat.seat.guard.start, seat.seat.guard.end + timedelta(minutes=1))

    with pytest.raises(Invalid, match="outside the guard"):
        await add_seat(
            session,
            NewSeat(long, society=group.societies[0]),
            guard_id=facts.guard_id,
            actor=SYSTEM,
            now=NOW,
        )
    with pytest.raises(Invalid, match="outside the guard"):
        await change_hours(session, seat_id=seat.seat.id, interval=long, actor=SYSTEM, now=NOW)
    with pytest.raises(Invalid, match="was over"):
        await change_hours(
            session, seat_id=over.seat.id, interval=over.seat.interval, actor=SYSTEM, now=NOW
        )


@pytest.mark.asyncio
async def test_a_seat_with_fewer_hours_counts_for_them_and_its_holder_stays(
    session: AsyncSession,
) -> None:
    await add_group(session)
    await add_published(session)
    seat = await find_evening(session)
    relief = seat.seat.interval.end - seat.seat.interval.duration / 4

    await change_hours(
        session,
        seat_id=seat.seat.id,
        interval=Interval(seat.seat.interval.start, relief),
        actor=SYSTEM,
        now=NOW,
    )

    found = {each.seat.id: each for each in await assignments.list_in_force(session)}[seat.seat.id]
    assert found.seat.interval.end == relief
    assert found.radiologist == seat.radiologist
    posted = await sum_up(session, seat.seat.id)
    assert {kind for kind, _ in posted} == {EntryKind.CANCELLED}
    assert sum(posted.values()) == 0
    assert posted[EntryKind.CANCELLED, seat.society] > 0

    await change_hours(
        session, seat_id=seat.seat.id, interval=seat.seat.guard, actor=SYSTEM, now=NOW
    )

    assert await sum_up(session, seat.seat.id) == {}
    await check_account(session)


@pytest.mark.asyncio
async def test_a_closed_seat_is_held_by_nobody_and_its_history_stays(
    session: AsyncSession,
) -> None:
    await add_group(session)
    published = await add_published(session)
    seat = await find_evening(session)

    event = await close_seat(
        session, seat_id=seat.seat.id, reason="too few exams", actor=SYSTEM, now=NOW
    )

    assert event is not None
    assert event.radiologist_ids == {seat.radiologist}
    in_force = {each.seat.id for each in await assignments.list_in_force(session)}
    assert in_force == published.seat_ids - {seat.seat.id}
    (last,) = await assignments.list_last_of(session, [seat.seat.id])
    assert last.radiologist is None
    posted = await sum_up(session, seat.seat.id)
    assert sum(posted.values()) == 0
    assert max(posted, key=lambda key: posted[key]) == (EntryKind.CANCELLED, seat.society)
    with pytest.raises(SeatClosed):
        await close_seat(session, seat_id=seat.seat.id, reason="again", actor=SYSTEM, now=NOW)
    await check_account(session)


@pytest.mark.asyncio
async def test_a_cancelled_guard_ends_its_seats_and_tells_whose_they_were(
    session: AsyncSession,
) -> None:
    await add_group(session)
    await add_published(session)
    held = [
        each
        for each in await assignments.list_in_force(session)
        if each.seat.interval.contains(NOW) and each.seat.line is GuardLine.FIRST
    ]
    running = await seats.find_facts(session, held[0].seat.id)
    coming = await seats.find_facts(session, (await find_evening(session)).seat.id)

    with pytest.raises(Invalid, match="say why"):
        await cancel_guard(session, guard_id=coming.guard_id, reason=" ", actor=SYSTEM, now=NOW)
    event = await cancel_guard(
        session, guard_id=coming.guard_id, reason="the site is closed", actor=SYSTEM, now=NOW
    )
    await cancel_guard(
        session, guard_id=running.guard_id, reason="power failure", actor=SYSTEM, now=NOW
    )

    assert event is not None
    assert len(event.radiologist_ids) == len(event.seat_ids) == 2
    after = {each.seat.id: each for each in await assignments.list_in_force(session)}
    assert not event.seat_ids & set(after)
    assert {after[each.seat.id].seat.interval.end for each in held} == {NOW}
    with pytest.raises(GuardCancelled):
        await cancel_guard(session, guard_id=coming.guard_id, reason="twice", actor=SYSTEM, now=NOW)
    await check_account(session)


@pytest.mark.asyncio
async def test_longer_hours_that_meet_another_seat_of_the_holder_are_refused(
    session: AsyncSession,
) -> None:
    group = await add_group(session, people_each=12)
    await add_published(session)
    seat = await find_evening(session)
    facts = await seats.find_facts(session, seat.seat.id)
    holder = await find_free(session, group, seat)
    middle = seat.seat.guard.start + seat.seat.guard.duration / 2
    new = NewSeat(Interval(seat.seat.guard.start, middle), seat.society, holder)
    first, _ = await add_seat(session, new, guard_id=facts.guard_id, actor=SYSTEM, now=NOW)
    later = replace(new, interval=Interval(middle, seat.seat.guard.end))
    await add_seat(session, later, guard_id=facts.guard_id, actor=SYSTEM, now=NOW)

    with pytest.raises(RadiologistBusy):
        await change_hours(session, seat_id=first, interval=seat.seat.guard, actor=SYSTEM, now=NOW)


@pytest.mark.asyncio
async def test_the_account_follows_who_holds_a_seat(session: AsyncSession) -> None:
    group = await add_group(session, people_each=12)
    published = await add_published(session)
    seat = await find_evening(session)
    lender = next(each for each in group.societies if each != seat.society)
    stranger = await find_free(session, group, replace(seat, society=lender))

    async def give(holder: int | None, seen: int | None) -> None:
        await assign_seat(
            session, seat_id=seat.seat.id, radiologist_id=holder, seen=seen, actor=SYSTEM, now=NOW
        )

    await give(stranger, seat.radiologist)
    lent = await sum_up(session, seat.seat.id)
    await give(seat.radiologist, stranger)

    assert lent == {
        (EntryKind.LOAN, seat.society): MILLION,
        (EntryKind.LOAN, lender): -MILLION,
    }
    assert await sum_up(session, seat.seat.id) == {}
    assert len((await ledger.list_of_seats(session, [seat.seat.id]))[seat.seat.id]) == 8
    period = await ledger.list_of_planning(session, published.planning_id)
    assert {each.entry for each in period} == {EntryKind.ENTITLED, EntryKind.ALLOTTED}
    assert seat.reason is AssignmentReason.QUOTA
    await check_account(session)

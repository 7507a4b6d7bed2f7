"""Seats opened to outside readers: taken before sharing, given by hand, never on the account."""

from datetime import date

import pytest
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM, Actor, Grant, PermissionDenied, Role
from app.kit.errors import Invalid
from app.planning.domain.errors import NoSuchPlanning, RulesBroken
from app.planning.domain.roster.problem import Limits, Roster
from app.planning.domain.roster.profile import Rule
from app.planning.domain.runs import RunKind, RunRequest
from app.planning.domain.seats import AssignmentReason, GuardLine, Placement, SeatKind
from app.planning.domain.sharing.ledger import find_faults
from app.planning.models import Authorisation
from app.planning.repository import assignments, ledger, plannings, seats
from app.planning.repository.seats import SeatFacts
from app.planning.service import rosters
from app.planning.service.drafts import generate_draft
from app.planning.service.editing import edit_draft, undo
from app.planning.service.proofs import load_sharing
from app.planning.service.publishing import assign_seat, publish_draft
from app.planning.service.seats import NewSeat, SeatClosed, add_seat, close_seat
from app.planning.service.seats_opened import SeatShared, close_opened, open_seat
from tests.factories.directory import add_radiologist
from tests.factories.planning import (
    NOW,
    Group,
    add_draft,
    add_group,
    add_planning,
    add_published,
)

NEXT_WEEK = date(2026, 11, 23)


async def find_reader_seat(session: AsyncSession, planning: int) -> SeatFacts:
    """Find the first evening's reader of a planning."""
    return next(
        each
        for each in await seats.list_facts(session, planning_id=planning)
        if each.seat.line is GuardLine.FIRST
        and each.seat.kind is SeatKind.READER
        and each.seat.segment == "evening"
    )


async def add_guest(
    session: AsyncSession, society: int, *, first: date = date(2026, 1, 1), last: date | None = None
) -> int:
    """Add an outside reader whom a society hosts, with an authorisation for some dates."""
    guest = await add_radiologist(session, society_id=society)
    session.add(
        Authorisation(
            radiologist_id=guest.id,
            valid=Range(first, last),
            kind="outside",
            reference="2026-14",
            written_at=NOW,
        )
    )
    await session.flush()
    return guest.id


async def give(session: AsyncSession, draft: int, seat_id: int, holder: int | None) -> list[Rule]:
    found = await edit_draft(
        session,
        revision_id=draft,
        seat_id=seat_id,
        radiologist_id=holder,
        actor=SYSTEM,
        now=NOW,
    )
    return [each.rule for each in found]


async def find_word(session: AsyncSession, seat_id: int) -> Placement | None:
    found = await assignments.list_in_force_of(session, seat_ids=[seat_id])
    return found[0] if found else None


async def open_one(session: AsyncSession) -> tuple[Group, int, SeatFacts]:
    group = await add_group(session)
    planning = await add_planning(session, first=NEXT_WEEK)
    opened = await find_reader_seat(session, planning)
    await open_seat(session, seat_id=opened.seat.id, actor=SYSTEM, now=NOW)
    return group, planning, opened


@pytest.mark.asyncio
async def test_an_opened_seat_is_taken_before_sharing_and_held_by_a_guest_of_a_society(
    session: AsyncSession,
) -> None:
    group, planning, opened = await open_one(session)
    host = group.societies[2]
    guest = await add_guest(session, host)
    draft = await add_draft(session, planning)

    broken = await give(session, draft, opened.seat.id, guest)
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)

    assert broken == []
    held = await find_word(session, opened.seat.id)
    assert held is not None
    assert held.seat.opened
    assert (held.society, held.radiologist, held.reason) == (host, guest, AssignmentReason.EDIT)
    shown = await load_sharing(session, planning_id=planning)
    assert opened.seat.id not in shown.sharing.owed
    assert {each.of_seats for each in shown.sharing.cells if each.of == opened.seat.of} == {4}
    assert await ledger.list_of_seats(session, [opened.seat.id]) == {}
    assert find_faults(await ledger.list_entries(session)) == []


@pytest.mark.asyncio
async def test_somebody_without_an_authorisation_that_holds_then_is_refused_in_words(
    session: AsyncSession,
) -> None:
    group, planning, opened = await open_one(session)
    society = group.societies[0]
    late = await add_guest(session, society, first=date(2026, 11, 24))
    over = await add_guest(session, society, last=date(2026, 11, 23))
    today = await add_guest(session, society, first=date(2026, 11, 23), last=date(2026, 11, 24))
    draft = await add_draft(session, planning)

    for somebody in (late, over, group.radiologists[society][0]):
        assert Rule.NOT_MEMBER in await give(session, draft, opened.seat.id, somebody)
        with pytest.raises(RulesBroken, match="has no authorisation that holds at 2026-11-23"):
            await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)
    assert await give(session, draft, opened.seat.id, today) == []
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)


@pytest.mark.asyncio
async def test_a_guest_of_another_society_follows_at_once_and_the_account_does_not_move(
    session: AsyncSession,
) -> None:
    group, planning, opened = await open_one(session)
    first, second = [await add_guest(session, each) for each in group.societies[:2]]
    draft = await add_draft(session, planning)
    await give(session, draft, opened.seat.id, first)
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)
    entries = await ledger.list_entries(session)

    await assign_seat(
        session,
        seat_id=opened.seat.id,
        radiologist_id=second,
        seen=first,
        actor=SYSTEM,
        now=NOW,
    )
    held = await find_word(session, opened.seat.id)
    with pytest.raises(RulesBroken, match="opened only to outside readers"):
        await assign_seat(
            session,
            seat_id=opened.seat.id,
            radiologist_id=group.radiologists[group.societies[1]][0],
            seen=second,
            actor=SYSTEM,
            now=NOW,
        )
    await close_seat(session, seat_id=opened.seat.id, reason="ill", actor=SYSTEM, now=NOW)

    assert held is not None
    assert (held.society, held.radiologist) == (group.societies[1], second)
    assert await ledger.list_entries(session) == entries


@pytest.mark.asyncio
async def test_a_seat_that_is_closed_again_is_shared_and_drafts_forget_who_was_to_hold_it(
    session: AsyncSession,
) -> None:
    group, planning, opened = await open_one(session)
    draft = await add_draft(session, planning)
    await give(session, draft, opened.seat.id, await add_guest(session, group.societies[0]))
    before = (await plannings.find_revision(session, draft)).version

    await close_opened(session, seat_id=opened.seat.id, actor=SYSTEM, now=NOW)
    await close_opened(session, seat_id=opened.seat.id, actor=SYSTEM, now=NOW)

    own = {each.seat.id for each in await assignments.list_of_revision(session, draft)}
    assert opened.seat.id not in own
    assert (await plannings.find_revision(session, draft)).version == before + 1
    with pytest.raises(NoSuchPlanning, match="generate a draft first"):
        await give(session, draft, opened.seat.id, group.everybody[0])
    later = await add_draft(session, planning)
    shared = {each.seat.id for each in await assignments.list_of_revision(session, later)}
    assert opened.seat.id in shared


@pytest.mark.asyncio
async def test_no_seat_is_opened_once_its_planning_is_shared_or_it_has_begun_or_is_no_more(
    session: AsyncSession,
) -> None:
    await add_group(session)
    shared = await add_published(session)
    held = next(iter(shared.seat_ids))
    planning = await add_planning(session, first=NEXT_WEEK)
    closed = (await find_reader_seat(session, planning)).seat.id
    await close_seat(session, seat_id=closed, reason="too many", actor=SYSTEM, now=NOW)
    last = (await seats.list_facts(session, planning_id=planning))[-1].seat

    with pytest.raises(SeatShared, match="seats are taken before sharing"):
        await open_seat(session, seat_id=held, actor=SYSTEM, now=NOW)
    with pytest.raises(SeatClosed):
        await open_seat(session, seat_id=closed, actor=SYSTEM, now=NOW)
    with pytest.raises(NoSuchPlanning, match="there is no seat 999999"):
        await open_seat(session, seat_id=999_999, actor=SYSTEM, now=NOW)
    with pytest.raises(Invalid, match="has begun"):
        await open_seat(session, seat_id=last.id, actor=SYSTEM, now=last.interval.start)
    planner = Actor(1, "Planner", grants=(Grant(Role.PLANNER, society_id=1),))
    with pytest.raises(PermissionDenied):
        await open_seat(session, seat_id=last.id, actor=planner, now=NOW)


@pytest.mark.asyncio
async def test_an_opened_seat_that_nobody_holds_stays_open_and_an_edit_of_it_is_undone(
    session: AsyncSession,
) -> None:
    group, planning, opened = await open_one(session)
    draft = await add_draft(session, planning)
    guest = await add_guest(session, group.societies[0])

    with pytest.raises(NoSuchPlanning, match="nobody was put into seat"):
        await give(session, draft, opened.seat.id, None)
    await give(session, draft, opened.seat.id, guest)
    await undo(session, revision_id=draft, actor=SYSTEM, now=NOW)

    own = {each.seat.id for each in await assignments.list_of_revision(session, draft)}
    assert opened.seat.id not in own


@pytest.mark.asyncio
async def test_a_seat_added_before_publication_is_owed_by_the_society_of_who_holds_it(
    session: AsyncSession,
) -> None:
    group = await add_group(session, people_each=12)
    planning = await add_planning(session, first=NEXT_WEEK)
    beside = await find_reader_seat(session, planning)
    added, event = await add_seat(
        session,
        NewSeat(beside.seat.interval, society=group.societies[0]),
        guard_id=beside.guard_id,
        actor=SYSTEM,
        now=NOW,
    )
    draft = await add_draft(session, planning)
    own = await assignments.list_of_revision(session, draft)
    near = {
        each.radiologist
        for each in own
        if abs(each.seat.interval.start - beside.seat.interval.start).total_seconds() < 40 * 3600
    }
    holder = next(each for each in group.radiologists[group.societies[1]] if each not in near)

    broken = await give(session, draft, added, holder)
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)

    assert event is None
    assert Rule.NOT_MEMBER not in broken
    held = await find_word(session, added)
    assert held is not None
    assert (held.society, held.radiologist) == (group.societies[1], holder)
    posted = (await ledger.list_of_seats(session, [added]))[added]
    assert {each.entry.value for each in posted} == {"reinforcement"}
    assert find_faults(await ledger.list_entries(session)) == []


@pytest.mark.asyncio
async def test_what_is_computed_again_leaves_opened_seats_to_those_who_were_put_there(
    session: AsyncSession,
) -> None:
    group, planning, opened = await open_one(session)
    guest = await add_guest(session, group.societies[0])
    draft = await add_draft(session, planning)
    await give(session, draft, opened.seat.id, guest)

    request = RunRequest(Limits(), draft=draft)
    prepared = await rosters.prepare(
        session, planning_id=planning, kind=RunKind.GENERATE, request=request, now=NOW
    )
    computed = await rosters.write_draft(
        session,
        prepared,
        Roster((), (), stopped=False),
        planning_id=planning,
        request=request,
        requested_by=None,
        now=NOW,
    )
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)
    again = await generate_draft(session, planning_id=planning, actor=SYSTEM, now=NOW)

    assert opened.seat.id not in {seat.id for seat in prepared.problem.seats}
    beside = {each.seat.id: each.radiologist for each in prepared.problem.around}
    assert beside[opened.seat.id] == guest
    (said,) = await assignments.list_of_revision(session, computed)
    assert (said.seat.id, said.radiologist) == (opened.seat.id, guest)
    own = {each.seat.id for each in await assignments.list_of_revision(session, again)}
    assert opened.seat.id not in own
    await publish_draft(session, revision_id=again, actor=SYSTEM, now=NOW)
    held = await find_word(session, opened.seat.id)
    assert held is not None
    assert held.radiologist == guest
    assert find_faults(await ledger.list_entries(session)) == []


@pytest.mark.asyncio
async def test_guests_are_given_no_seat_that_societies_share(session: AsyncSession) -> None:
    group, planning, _ = await open_one(session)
    guest = await add_guest(session, group.societies[0])

    draft = await add_draft(session, planning)
    prepared = await rosters.prepare(
        session,
        planning_id=planning,
        kind=RunKind.GENERATE,
        request=RunRequest(Limits()),
        now=NOW,
    )

    proposed = await assignments.list_of_revision(session, draft)
    assert guest not in {each.radiologist for each in proposed}
    assert {each.id for each in prepared.problem.readers} == set(group.everybody)

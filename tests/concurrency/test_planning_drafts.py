"""Planners who really commit at one moment on one draft, one guard or one run."""

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.session import Sessions, unit_of_work
from app.directory.domain import SYSTEM
from app.kit.interval import Interval
from app.planning.domain.errors import AlreadyPublished, DraftChanged, RunUnderWay, SeatChanged
from app.planning.domain.revisions import Seen
from app.planning.domain.roster.problem import Limits
from app.planning.domain.runs import RunKind, RunRequest
from app.planning.domain.sharing.ledger import find_faults
from app.planning.models import RosterRun, Seat
from app.planning.repository import assignments, edits, ledger, plannings, seats
from app.planning.service.editing import edit_draft
from app.planning.service.publishing import publish_draft
from app.planning.service.runs import ask_for_run, claim_run
from app.planning.service.seats import NewSeat, SeatClosed, add_seat, close_seat
from tests.concurrency.test_planning_publications import Act, run_together
from tests.factories.planning import NOW, add_draft, add_group, add_planning, add_published


@pytest.mark.asyncio
async def test_of_two_planners_on_one_seat_of_a_draft_one_wins_and_the_other_is_told(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        group = await add_group(session)
        draft = await add_draft(session, await add_planning(session))
        seat = (await assignments.list_of_revision(session, draft))[0]

    def give(holder: int | None) -> Act:
        return lambda session: edit_draft(
            session,
            revision_id=draft,
            seat_id=seat.seat.id,
            radiologist_id=holder,
            actor=SYSTEM,
            now=NOW,
            seen=Seen(seat.radiologist),
        )

    other = next(each for each in group.everybody if each != seat.radiologist)
    told = await run_together(sessions, give(None), give(other))

    assert sorted(type(each).__name__ for each in told) == ["NoneType", SeatChanged.__name__]
    async with unit_of_work(sessions) as session:
        word = await assignments.find_word(session, seat_id=seat.seat.id, revision_id=draft)
        assert word is not None
        assert word.radiologist == (None, other)[told.index(None)]
        assert (await plannings.find_revision(session, draft)).version == 1
        assert len(await edits.list_edits(session, draft)) == 1


@pytest.mark.asyncio
async def test_a_draft_is_never_published_with_a_change_that_nobody_looked_at(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session)
        draft = await add_draft(session, await add_planning(session))
        seat = (await assignments.list_of_revision(session, draft))[0]

    def change(session: AsyncSession) -> Awaitable[object]:
        return edit_draft(
            session,
            revision_id=draft,
            seat_id=seat.seat.id,
            radiologist_id=None,
            actor=SYSTEM,
            now=NOW,
        )

    def publish(session: AsyncSession) -> Awaitable[object]:
        return publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW, looked_at=0)

    changed, published = await run_together(sessions, change, publish)

    async with unit_of_work(sessions) as session:
        in_force = {each.seat.id: each for each in await assignments.list_in_force(session)}
        if changed is None:
            assert type(published) is DraftChanged
            assert in_force == {}
        else:
            assert type(changed) is AlreadyPublished
            assert in_force[seat.seat.id].radiologist == seat.radiologist


@pytest.mark.asyncio
async def test_seats_added_at_once_get_places_of_their_own_and_one_closing_wins(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        group = await add_group(session)
        published = await add_published(session)
        beside = next(
            each
            for each in await assignments.list_in_force(session)
            if each.seat.interval.start > NOW + timedelta(hours=4)
        )
        guard = (await seats.find_facts(session, beside.seat.id)).guard_id

    middle = beside.seat.guard.start + beside.seat.guard.duration / 2
    new = NewSeat(Interval(beside.seat.guard.start, middle), group.societies[0])

    def add(each: NewSeat) -> Act:
        return lambda session: add_seat(session, each, guard_id=guard, actor=SYSTEM, now=NOW)

    def close(session: AsyncSession) -> Awaitable[object]:
        return close_seat(session, seat_id=beside.seat.id, reason="quiet", actor=SYSTEM, now=NOW)

    added = await run_together(sessions, add(new), add(replace(new, society=group.societies[1])))
    closed = await run_together(sessions, close, close)

    assert added == [None, None]
    assert [type(each) for each in closed if each] == [SeatClosed]
    async with unit_of_work(sessions) as session:
        rows = (await session.scalars(select(Seat).where(Seat.guard_id == guard))).all()
        places = [(each.kind, each.ordinal) for each in rows]
        assert len(set(places)) == len(places)
        assert await plannings.find_latest_number(session, published.planning_id) == 4
        assert find_faults(await ledger.list_entries(session)) == []


@pytest.mark.asyncio
async def test_a_planning_has_one_run_and_a_run_one_scheduler(sessions: Sessions) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session)
        planning = await add_planning(session)

    def ask(session: AsyncSession) -> Awaitable[object]:
        return ask_for_run(
            session,
            planning_id=planning,
            kind=RunKind.GENERATE,
            request=RunRequest(limits=Limits()),
            actor=SYSTEM,
            now=NOW,
        )

    told = await run_together(sessions, ask, ask)

    assert [type(each) for each in told if each] == [RunUnderWay]

    async def claim() -> bool:
        async with unit_of_work(sessions) as session:
            return await claim_run(session, now=NOW) is not None

    assert sorted(await asyncio.gather(claim(), claim(), claim())) == [False, False, True]
    async with unit_of_work(sessions) as session:
        (row,) = (await session.scalars(select(RosterRun))).all()
        assert row.request["attempts"] == 1

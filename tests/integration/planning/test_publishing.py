"""Publishing: what comes into force, what is superseded, what is refused and how it is told."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.errors import constraint_of
from app.directory.domain import SYSTEM
from app.planning.domain.errors import (
    AlreadyPublished,
    DraftIsStale,
    SeatsOver,
)
from app.planning.domain.seats import Placement
from app.planning.models import Assignment, PlanningRevision
from app.planning.repository import assignments, plannings
from app.planning.service.drafts import start_draft
from app.planning.service.drafts_review import review_draft
from app.planning.service.editing import edit_draft
from app.planning.service.publishing import assign_seat, publish_draft
from tests.factories.planning import (
    NOW,
    add_draft,
    add_group,
    add_planning,
    add_published,
)


async def list_in_force(session: AsyncSession) -> list[Placement]:
    return await assignments.list_in_force(session)


async def find_coming(session: AsyncSession) -> Placement:
    """Find a seat that begins after now and is held."""
    return next(
        each
        for each in await list_in_force(session)
        if each.seat.interval.start > NOW and each.radiologist is not None
    )


async def find_free(session: AsyncSession, wanted: Placement, people: list[int]) -> int:
    """Find somebody whose seats are all farther than a day from the wanted one."""
    busy = {
        each.radiologist
        for each in await list_in_force(session)
        if abs(each.seat.interval.start - wanted.seat.interval.start) < timedelta(hours=40)
    }
    return next(each for each in people if each not in busy)


@pytest.mark.asyncio
async def test_a_draft_comes_into_force_as_the_first_revision(session: AsyncSession) -> None:
    await add_group(session)
    planning = await add_planning(session)
    draft = await add_draft(session, planning)
    assert await list_in_force(session) == []

    event = await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)

    placements = await list_in_force(session)
    assert placements == await assignments.list_of_revision(session, draft)
    assert event.number == 1
    assert event.seat_ids == {each.seat.id for each in placements}
    assert event.radiologist_ids == {each.radiologist for each in placements} - {None}
    assert event.concerns_now


@pytest.mark.asyncio
async def test_a_draft_is_published_once(session: AsyncSession) -> None:
    await add_group(session)
    published = await add_published(session)

    with pytest.raises(AlreadyPublished, match="revision 1 at 2026-11-20 21:00 UTC"):
        await publish_draft(session, revision_id=published.revision_id, actor=SYSTEM, now=NOW)


@pytest.mark.asyncio
async def test_a_draft_that_does_not_know_the_last_revision_is_refused(
    session: AsyncSession,
) -> None:
    await add_group(session)
    planning = await add_planning(session)
    first, second = await add_draft(session, planning), await add_draft(session, planning)
    await publish_draft(session, revision_id=first, actor=SYSTEM, now=NOW)

    with pytest.raises(DraftIsStale, match="made from revision 0, but revision 1 is in force"):
        await publish_draft(session, revision_id=second, actor=SYSTEM, now=NOW)


@pytest.mark.asyncio
async def test_a_draft_that_waited_too_long_does_not_rewrite_who_held_a_guard(
    session: AsyncSession,
) -> None:
    await add_group(session)
    published = await add_published(session)
    seat = await find_coming(session)
    draft = await start_draft(
        session, planning_id=published.planning_id, reason="", actor=SYSTEM, now=NOW
    )
    await edit_draft(
        session, revision_id=draft, seat_id=seat.seat.id, radiologist_id=None, actor=SYSTEM, now=NOW
    )
    before = await list_in_force(session)

    late = seat.seat.interval.end
    with pytest.raises(SeatsOver, match=f"what was, stays; .*: {seat.seat.id} "):
        await publish_draft(session, revision_id=draft, actor=SYSTEM, now=late)

    assert await list_in_force(session) == before
    in_time = late - timedelta(seconds=1)
    told = [await review_draft(session, draft, now=each) for each in (in_time, late)]
    assert [[seat.id for seat in each.over] for each in told] == [[], [seat.seat.id]]
    event = await publish_draft(session, revision_id=draft, actor=SYSTEM, now=in_time)
    assert event.number == 2


@pytest.mark.asyncio
async def test_a_draft_is_read_with_what_it_leaves_in_force(session: AsyncSession) -> None:
    await add_group(session)
    published = await add_published(session)
    draft = await add_draft(session, published.planning_id)

    whole = await assignments.list_as_of(session, await plannings.find_revision(session, draft))

    own = await assignments.list_of_revision(session, draft)
    assert len(own) < len(whole) == len(published.seat_ids)
    assert whole[-len(own) :] == own


@pytest.mark.asyncio
async def test_two_radiologists_may_exchange_their_seats_in_one_revision(
    session: AsyncSession,
) -> None:
    # Between the two updates each would hold both seats: the exclusion waits for the end.
    await add_group(session)
    published = await add_published(session)
    seat = await find_coming(session)
    twin = next(
        each
        for each in await list_in_force(session)
        if each.seat.interval == seat.seat.interval and each.radiologist != seat.radiologist
    )
    draft = await add_draft(session, published.planning_id)
    for one, other in ((seat, twin), (twin, seat)):
        await edit_draft(
            session,
            revision_id=draft,
            seat_id=one.seat.id,
            radiologist_id=other.radiologist,
            actor=SYSTEM,
            now=NOW,
        )

    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)

    found = {each.seat.id: each.radiologist for each in await list_in_force(session)}
    assert found[seat.seat.id] == twin.radiologist
    assert found[twin.seat.id] == seat.radiologist


@pytest.mark.asyncio
async def test_what_was_published_can_be_neither_changed_nor_deleted(
    session: AsyncSession,
) -> None:
    await add_group(session)
    published = await add_published(session)
    mine = Assignment.revision_id == published.revision_id

    for statement in (
        update(Assignment).where(mine).values(radiologist_id=None),
        delete(Assignment).where(mine),
    ):
        with pytest.raises(IntegrityError) as refusal:
            async with session.begin_nested():
                await session.execute(statement)
        assert constraint_of(refusal.value) == "tr_assignment_append_only"


@pytest.mark.asyncio
async def test_revisions_are_numbered_within_their_planning(session: AsyncSession) -> None:
    await add_group(session)
    published = await add_published(session)
    for number in (2, 3):
        seat = await find_coming(session)
        event = await assign_seat(
            session,
            seat_id=seat.seat.id,
            radiologist_id=None,
            seen=seat.radiologist,
            actor=SYSTEM,
            now=NOW,
        )
        assert event.number == number

    found = await plannings.list_revisions(session, planning_id=published.planning_id)

    assert [each.number for each in found] == [1, 2, 3]
    assert [each.base_number for each in found] == [0, 1, 2]
    count = select(func.count()).select_from(PlanningRevision)
    assert (await session.execute(count)).scalar_one() == 3

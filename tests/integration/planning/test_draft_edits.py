"""Drafts changed by hand: what an edit breaks is told, what is published is not touched."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.planning.domain.errors import AlreadyPublished, NoSuchPlanning
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import AssignmentReason
from app.planning.models import Assignment, PlanningRevision
from app.planning.repository import assignments, plannings
from app.planning.service.drafts import discard_draft, start_draft
from app.planning.service.editing import edit_draft
from app.planning.service.judging import judge_revision
from app.planning.service.publishing import publish_draft
from tests.factories.planning import (
    MONDAY,
    NOW,
    add_draft,
    add_group,
    add_planning,
    add_published,
)


@pytest.mark.asyncio
async def test_an_edit_changes_the_proposal_and_tells_what_it_breaks(
    session: AsyncSession,
) -> None:
    await add_group(session)
    draft = await add_draft(session, await add_planning(session))
    placements = await assignments.list_of_revision(session, draft)
    first = placements[0]
    other = next(
        each
        for each in placements
        if each.seat.interval == first.seat.interval and each.radiologist != first.radiologist
    )

    broken = await edit_draft(
        session,
        revision_id=draft,
        seat_id=first.seat.id,
        radiologist_id=other.radiologist,
        actor=SYSTEM,
        now=NOW,
    )

    assert Rule.OVERLAP in {each.rule for each in broken}
    again = await assignments.list_of_revision(session, draft)
    assert again[0].radiologist == other.radiologist
    assert len(again) == len(placements)


@pytest.mark.asyncio
async def test_a_seat_can_be_emptied_and_lent_in_a_draft(session: AsyncSession) -> None:
    group = await add_group(session)
    draft = await add_draft(session, await add_planning(session))
    seat = (await assignments.list_of_revision(session, draft))[0]
    stranger = next(
        each for each in group.everybody if each not in group.radiologists[seat.society]
    )

    emptied = await edit_draft(
        session, revision_id=draft, seat_id=seat.seat.id, radiologist_id=None, actor=SYSTEM, now=NOW
    )
    await edit_draft(
        session,
        revision_id=draft,
        seat_id=seat.seat.id,
        radiologist_id=stranger,
        actor=SYSTEM,
        now=NOW,
    )

    assert emptied == []
    found = (await assignments.list_of_revision(session, draft))[0]
    assert (found.society, found.radiologist) == (seat.society, stranger)
    assert found.reason is AssignmentReason.LOAN


@pytest.mark.asyncio
async def test_an_edit_of_what_does_not_exist_is_refused(session: AsyncSession) -> None:
    group = await add_group(session)
    draft = await add_draft(session, await add_planning(session))
    seat = (await assignments.list_of_revision(session, draft))[0].seat.id
    elsewhere = await add_planning(session, first=MONDAY + timedelta(days=7))
    foreign = (await plannings.list_seats(session, planning_id=elsewhere))[0].id

    for revision, place, person in (
        (draft, 10**9, group.everybody[0]),
        (draft, seat, 10**9),
        (draft, foreign, None),
        (10**9, seat, None),
    ):
        with pytest.raises(NoSuchPlanning):
            await edit_draft(
                session,
                revision_id=revision,
                seat_id=place,
                radiologist_id=person,
                actor=SYSTEM,
                now=NOW,
            )


@pytest.mark.asyncio
async def test_an_empty_draft_can_be_filled_seat_by_seat(session: AsyncSession) -> None:
    await add_group(session)
    published = await add_published(session)
    draft = await start_draft(
        session,
        planning_id=published.planning_id,
        reason="two changes at once",
        actor=SYSTEM,
        now=NOW,
    )
    last = (await assignments.list_in_force(session, planning_id=published.planning_id))[-1]

    assert await judge_revision(session, draft) == []
    await edit_draft(
        session, revision_id=draft, seat_id=last.seat.id, radiologist_id=None, actor=SYSTEM, now=NOW
    )

    event = await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)
    assert event.number == 2
    assert event.seat_ids == {last.seat.id}
    assert event.radiologist_ids == {last.radiologist}
    assert not event.concerns_now


@pytest.mark.asyncio
async def test_a_draft_can_be_thrown_away_but_nothing_published(session: AsyncSession) -> None:
    await add_group(session)
    published = await add_published(session)
    draft = await add_draft(session, published.planning_id)

    await discard_draft(session, draft, actor=SYSTEM)

    assert await session.get(PlanningRevision, draft) is None
    with pytest.raises(AlreadyPublished):
        await discard_draft(session, published.revision_id, actor=SYSTEM)
    with pytest.raises(AlreadyPublished):
        await edit_draft(
            session,
            revision_id=published.revision_id,
            seat_id=min(published.seat_ids),
            radiologist_id=None,
            actor=SYSTEM,
            now=NOW,
        )
    count = select(func.count()).where(Assignment.revision_id == published.revision_id)
    assert (await session.execute(count)).scalar_one() == len(published.seat_ids)


@pytest.mark.asyncio
async def test_a_seat_that_no_society_owes_yet_cannot_be_given(session: AsyncSession) -> None:
    group = await add_group(session)
    planning = await add_planning(session)
    empty = await start_draft(
        session, planning_id=planning, reason="by hand", actor=SYSTEM, now=NOW
    )
    seat = (await plannings.list_seats(session, planning_id=planning))[0]

    with pytest.raises(NoSuchPlanning, match="generate a draft first"):
        await edit_draft(
            session,
            revision_id=empty,
            seat_id=seat.id,
            radiologist_id=group.everybody[0],
            actor=SYSTEM,
            now=NOW,
        )

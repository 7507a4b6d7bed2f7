"""Drafts changed by hand: named, locked, undone, done again; looked at before published."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM, Actor, Grant, Role
from app.planning.domain.coverage import Lack
from app.planning.domain.errors import (
    AlreadyPublished,
    DraftChanged,
    NameNotClear,
    NothingToUndo,
    RulesBroken,
    SeatChanged,
)
from app.planning.domain.revisions import Seen
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import AssignmentReason, Placement
from app.planning.domain.validator import Severity
from app.planning.repository import assignments, edits, plannings
from app.planning.service.drafts import start_draft
from app.planning.service.drafts_review import compare_revisions, review_draft
from app.planning.service.editing import (
    edit_draft,
    find_by_name,
    lock_seats,
    redo,
    rename_draft,
    undo,
)
from app.planning.service.publishing import publish_draft
from tests.factories.directory import add_radiologist, add_site, add_user
from tests.factories.planning import NOW, add_draft, add_group, add_planning, add_published


async def find_holder(session: AsyncSession, draft: int, seat_id: int) -> int | None:
    word = await assignments.find_word(session, seat_id=seat_id, revision_id=draft)
    return None if word is None else word.radiologist


async def give(
    session: AsyncSession, draft: int, seat: Placement, holder: int | None, *, actor: Actor = SYSTEM
) -> None:
    await edit_draft(
        session,
        revision_id=draft,
        seat_id=seat.seat.id,
        radiologist_id=holder,
        actor=actor,
        now=NOW,
    )


@pytest.mark.asyncio
async def test_changes_are_undone_and_done_again_in_their_order(session: AsyncSession) -> None:
    await add_group(session)
    draft = await add_draft(session, await add_planning(session))
    first, second = (await assignments.list_of_revision(session, draft))[:2]
    await give(session, draft, first, None)
    await give(session, draft, second, None)

    assert await undo(session, revision_id=draft, actor=SYSTEM, now=NOW) == second.seat.id
    assert await undo(session, revision_id=draft, actor=SYSTEM, now=NOW) == first.seat.id
    assert await find_holder(session, draft, first.seat.id) == first.radiologist
    with pytest.raises(NothingToUndo):
        await undo(session, revision_id=draft, actor=SYSTEM, now=NOW)
    assert await redo(session, revision_id=draft, actor=SYSTEM) == first.seat.id
    assert await find_holder(session, draft, first.seat.id) is None
    assert await find_holder(session, draft, second.seat.id) == second.radiologist

    await give(session, draft, second, first.radiologist)

    with pytest.raises(NothingToUndo, match="no undone change"):
        await redo(session, revision_id=draft, actor=SYSTEM)
    assert (await plannings.find_revision(session, draft)).version == 6


@pytest.mark.asyncio
async def test_undoing_the_first_word_on_a_seat_leaves_what_is_in_force(
    session: AsyncSession,
) -> None:
    await add_group(session)
    published = await add_published(session)
    draft = await start_draft(
        session, planning_id=published.planning_id, reason="", actor=SYSTEM, now=NOW, name="B"
    )
    last = (await assignments.list_in_force(session, planning_id=published.planning_id))[-1]
    await give(session, draft, last, None)

    await undo(session, revision_id=draft, actor=SYSTEM, now=NOW)

    assert await assignments.list_of_revision(session, draft) == []
    assert (await plannings.find_revision(session, draft)).name == "B"


@pytest.mark.asyncio
async def test_who_changed_what_is_told_with_what_was_undone(session: AsyncSession) -> None:
    await add_group(session)
    draft = await add_draft(session, await add_planning(session))
    seat = (await assignments.list_of_revision(session, draft))[0]
    user = await add_user(session, Role.PLANNER)
    planner = Actor(user.id, user.display_name, grants=(Grant(Role.PLANNER),))
    await give(session, draft, seat, None, actor=planner)
    await lock_seats(
        session,
        revision_id=draft,
        seat_ids=[seat.seat.id],
        locked=True,
        actor=planner,
        now=NOW + timedelta(minutes=1),
    )
    await undo(session, revision_id=draft, actor=planner, now=NOW + timedelta(minutes=2))

    emptied, locked = await edits.list_edits(session, draft)

    assert emptied.by_name == locked.by_name == user.display_name
    assert emptied.before is not None
    assert emptied.before.radiologist == seat.radiologist
    assert emptied.after is not None
    assert emptied.after.radiologist is None
    assert locked.after is not None
    assert locked.after.locked
    assert (emptied.undone_at, locked.undone_at) == (None, NOW + timedelta(minutes=2))
    assert await assignments.list_locked(session, draft) == set()


@pytest.mark.asyncio
async def test_who_looked_before_another_planner_must_look_again(session: AsyncSession) -> None:
    await add_group(session)
    draft = await add_draft(session, await add_planning(session))
    seat = (await assignments.list_of_revision(session, draft))[0]
    looked_at = (await review_draft(session, draft, now=NOW)).version
    await give(session, draft, seat, None)

    with pytest.raises(SeatChanged, match="nobody holds it"):
        await edit_draft(
            session,
            revision_id=draft,
            seat_id=seat.seat.id,
            radiologist_id=seat.radiologist,
            actor=SYSTEM,
            now=NOW,
            seen=Seen(seat.radiologist),
        )
    with pytest.raises(DraftChanged, match="at version 1, and version 0 was looked at"):
        await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW, looked_at=looked_at)
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW, looked_at=1)
    with pytest.raises(AlreadyPublished):
        await rename_draft(session, draft, name="late", actor=SYSTEM)
    with pytest.raises(AlreadyPublished):
        await undo(session, revision_id=draft, actor=SYSTEM, now=NOW)


@pytest.mark.asyncio
async def test_a_typed_name_names_one_or_is_refused_with_candidates(
    session: AsyncSession,
) -> None:
    made = []
    for family, given in (("Lefèvre", "Anne"), ("LEFEVRE", "Jean-Paul"), ("Lefort", "Inès")):
        each = await add_radiologist(session)
        each.family_name, each.given_name = family, given
        made.append(each)
    await session.flush()
    anne, jean, ines = made

    assert await find_by_name(session, "dr lefevre anne") == anne.id
    assert await find_by_name(session, "jean paul Lefèvre") == jean.id
    assert await find_by_name(session, "lefo") == ines.id
    assert await find_by_name(session, jean.rpps) == jean.id
    with pytest.raises(NameNotClear, match="type the given name too") as refusal:
        await find_by_name(session, "lefevre")
    assert {each.id for each in refusal.value.candidates} == {anne.id, jean.id}
    with pytest.raises(NameNotClear, match="is no radiologist"):
        await find_by_name(session, "Nobody")


@pytest.mark.asyncio
async def test_a_review_tells_who_is_concerned_and_when_nobody_would_be_there(
    session: AsyncSession,
) -> None:
    group = await add_group(session)
    published = await add_published(session)
    site = await add_site(session, society_id=group.societies[0])
    draft = await start_draft(
        session, planning_id=published.planning_id, reason="", actor=SYSTEM, now=NOW
    )
    coordinator = next(
        each
        for each in await assignments.list_in_force(session)
        if each.seat.interval.start > NOW and each.seat.kind == "coordinator"
    )
    await give(session, draft, coordinator, None)

    review = await review_draft(session, draft, now=NOW)

    (concerned,) = review.concerned
    assert (concerned.radiologist, concerned.loses) == (
        coordinator.radiologist,
        (coordinator.seat.id,),
    )
    assert concerned.days_ahead == (coordinator.seat.interval.start - NOW).days
    assert {each.rule for each in review.violations} == {Rule.NOTICE}
    assert {each.severity for each in review.violations} == {Severity.SOFT}
    holes = {(each.lack, each.site): each.interval for each in review.holes}
    assert holes[Lack.COORDINATOR, None] == coordinator.seat.interval
    assert holes[Lack.READER, site.id].start == NOW
    assert (Lack.BACKUP, None) not in holes


@pytest.mark.asyncio
async def test_what_is_impossible_is_published_by_nobody(session: AsyncSession) -> None:
    await add_group(session)
    draft = await add_draft(session, await add_planning(session))
    seat = (await assignments.list_of_revision(session, draft))[0]
    outsider = await add_radiologist(session)
    placement = Placement(seat.seat, seat.society, outsider.id, seat.reason)
    await assignments.propose(session, revision_id=draft, placement=placement)

    with pytest.raises(RulesBroken) as refusal:
        await publish_draft(
            session,
            revision_id=draft,
            actor=SYSTEM,
            now=NOW,
            accepted=frozenset({Rule.REST}),
            reason="it must be",
        )

    assert {each.severity for each in refusal.value.violations} == {Severity.IMPOSSIBLE}


@pytest.mark.asyncio
async def test_two_drafts_stand_side_by_side(session: AsyncSession) -> None:
    await add_group(session)
    planning = await add_planning(session)
    one, other = await add_draft(session, planning), await add_draft(session, planning)
    seat = (await assignments.list_of_revision(session, one))[0]
    await give(session, other, seat, None)

    found = await compare_revisions(session, before_id=one, after_id=other)

    (change,) = found.diff.seats
    assert change.seat == seat.seat
    assert change.after is not None
    assert change.after.radiologist is None
    was_lent = seat.reason is AssignmentReason.LOAN
    assert found.uncovered == (0, 1)
    assert found.loans[0] - found.loans[1] == was_lent
    sides = found.diff.radiologists[seat.radiologist or 0]
    assert sides.before.seats - sides.after.seats == 1
    assert sides.before.points - sides.after.points == 1000
    before, after = found.diff.societies[seat.society]
    assert (before.uncovered, after.uncovered) == (0, 1)
    assert before.owed == after.owed
    assert before.deviation == after.deviation
    assert before.deviation is not None
    assert before.deviation < 1_000_000

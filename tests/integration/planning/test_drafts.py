"""Drafts on a real database: shares, turns, edits, and what they may not touch."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.directory.models import Radiologist, Society
from app.planning.domain.errors import NoSuchPlanning, NothingToShare
from app.planning.domain.seats import AssignmentReason, GuardLine, SeatKind
from app.planning.domain.sharing.ledger import find_faults
from app.planning.domain.validator import Severity
from app.planning.models import Entitlement, Volume
from app.planning.repository import assignments, ledger
from app.planning.service.drafts import generate_draft
from app.planning.service.judging import judge_revision
from app.planning.service.publishing import publish_draft
from tests.factories.planning import (
    MONDAY,
    NOW,
    add_absence,
    add_draft,
    add_group,
    add_planning,
    add_published,
)


@pytest.mark.asyncio
async def test_seats_are_shared_by_volume_and_every_one_is_held(session: AsyncSession) -> None:
    group = await add_group(session, volumes=(600, 300, 100), people_each=20)
    planning = await add_planning(session, days=28)

    draft = await add_draft(session, planning)

    placements = await assignments.list_of_revision(session, draft)
    nights = [
        each
        for each in placements
        if (each.seat.segment, each.seat.line, each.seat.kind)
        == ("deep_night", GuardLine.FIRST, SeatKind.READER)
    ]
    assert Counter(each.society for each in nights) == dict(
        zip(group.societies, (17, 8, 3), strict=True)
    )
    assert all(each.radiologist in group.radiologists[each.society] for each in placements)
    assert {each.seat.kind for each in placements} == set(SeatKind)
    found = await judge_revision(session, draft)
    assert [each for each in found if each.severity is not Severity.SOFT] == []


@pytest.mark.asyncio
async def test_the_rights_behind_a_draft_are_kept_with_it(session: AsyncSession) -> None:
    group = await add_group(session, volumes=(2, 1))
    draft = await add_draft(session, await add_planning(session))

    rows = (
        await session.scalars(
            select(Entitlement)
            .where(
                Entitlement.revision_id == draft,
                Entitlement.segment_code == "deep_night",
                Entitlement.line == "backup",
            )
            .order_by(Entitlement.society_id)
        )
    ).all()

    assert [row.society_id for row in rows] == group.societies
    assert [row.share for row in rows] == [666_667, 333_333]
    assert [row.seats_millionths for row in rows] == [4_666_669, 2_333_331]
    assert [row.seats for row in rows] == [5, 2]


@pytest.mark.asyncio
async def test_the_same_input_makes_the_same_draft(session: AsyncSession) -> None:
    await add_group(session)
    planning = await add_planning(session)

    first, second = await add_draft(session, planning), await add_draft(session, planning)

    assert await assignments.list_of_revision(session, first) == await assignments.list_of_revision(
        session, second
    )


@pytest.mark.asyncio
async def test_an_absence_is_respected_and_its_seats_go_to_colleagues(
    session: AsyncSession,
) -> None:
    group = await add_group(session)
    away = group.everybody[0]
    await add_absence(session, away, start=NOW - timedelta(days=30), end=NOW + timedelta(days=30))

    draft = await add_draft(session, await add_planning(session))

    holders = {each.radiologist for each in await assignments.list_of_revision(session, draft)}
    assert away not in holders
    assert None not in holders


@pytest.mark.asyncio
async def test_a_society_without_people_borrows_and_the_draft_says_so(
    session: AsyncSession,
) -> None:
    group = await add_group(session, volumes=(1, 1))
    alone, lender = group.societies
    for radiologist in group.radiologists[alone]:
        await add_absence(
            session, radiologist, start=NOW - timedelta(days=30), end=NOW + timedelta(days=30)
        )

    draft = await add_draft(session, await add_planning(session))

    owed = [
        each
        for each in await assignments.list_of_revision(session, draft)
        if each.society == alone and each.radiologist is not None
    ]
    assert owed
    assert all(each.radiologist in group.radiologists[lender] for each in owed)
    assert {each.reason for each in owed} == {AssignmentReason.LOAN}
    found = await judge_revision(session, draft)
    assert [each for each in found if each.severity is not Severity.SOFT] == []


@pytest.mark.asyncio
async def test_seats_that_nobody_can_hold_are_in_the_draft_without_a_holder(
    session: AsyncSession,
) -> None:
    await add_group(session, volumes=(1,), people_each=1)

    draft = await add_draft(session, await add_planning(session))

    placements = await assignments.list_of_revision(session, draft)
    empty = [each for each in placements if each.radiologist is None]
    assert len(placements) == 3 * (5 * 2 + 7 + 2)
    assert 0 < len(empty) < len(placements)


@pytest.mark.asyncio
async def test_neighbouring_plannings_are_rested_from(session: AsyncSession) -> None:
    await add_group(session, volumes=(1,), people_each=9)
    await add_published(session)
    following = await add_planning(session, first=MONDAY + timedelta(days=7))

    draft = await add_draft(session, following)

    found = await judge_revision(session, draft)
    assert [each for each in found if each.severity is not Severity.SOFT] == []
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)


@pytest.mark.asyncio
async def test_seats_that_have_begun_stay_as_they_are(session: AsyncSession) -> None:
    await add_group(session)
    published = await add_published(session)

    draft = await add_draft(session, published.planning_id, now=NOW)

    redrawn = await assignments.list_of_revision(session, draft)
    assert min(each.seat.interval.start for each in redrawn) > NOW
    found = await judge_revision(session, draft)
    assert [each for each in found if each.severity is not Severity.SOFT] == []
    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=NOW)


@pytest.mark.asyncio
async def test_the_latest_volumes_of_present_members_count(session: AsyncSession) -> None:
    group = await add_group(session, volumes=(1, 1, 1))
    left, alone, newcomer = group.societies
    year_before: Range[date] = Range(date(2024, 1, 1), date(2025, 1, 1))
    session.add_all(
        Volume(society_id=society, period=year_before, exams=exams, source="test")
        for society, exams in ((left, 5), (alone, 0), (newcomer, 5))
    )
    await session.execute(update(Society).where(Society.id == left).values(left_on=MONDAY))
    await session.execute(
        update(Society).where(Society.id == newcomer).values(joined_on=MONDAY + timedelta(days=1))
    )

    draft = await add_draft(session, await add_planning(session))

    placements = await assignments.list_of_revision(session, draft)
    assert {each.society for each in placements} == {alone}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("first", "hours"),
    ((date(2026, 3, 23), 167), (date(2026, 10, 19), 169), (date(2026, 12, 28), 168)),
)
async def test_a_week_across_a_change_of_clocks_or_of_year_is_held_and_accounted_whole(
    session: AsyncSession, first: date, hours: int
) -> None:
    before = datetime(2026, 3, 1, tzinfo=UTC)
    await add_group(session, people_each=12)
    planning = await add_planning(session, first=first, now=before)
    draft = await add_draft(session, planning, now=before)

    await publish_draft(session, revision_id=draft, actor=SYSTEM, now=before)

    held = [
        each.seat.interval
        for each in await assignments.list_in_force(session, planning_id=planning)
        if (each.seat.line, each.seat.kind) == (GuardLine.FIRST, SeatKind.READER)
        and each.radiologist is not None
    ]
    assert all(one.end == other.start for one, other in pairwise(held))
    # From the first guard of Monday to the start of the next week's: whole days on the wall.
    assert held[-1].end - held[0].start == timedelta(hours=hours)
    entries = await ledger.list_entries(session)
    assert entries != []
    assert find_faults(entries) == []


@pytest.mark.asyncio
async def test_without_volumes_there_is_no_draft(session: AsyncSession) -> None:
    await add_group(session, volumes=(0, 0))
    planning = await add_planning(session)

    with pytest.raises(NothingToShare, match="import volumes first"):
        await add_draft(session, planning)


@pytest.mark.asyncio
async def test_a_draft_needs_a_planning(session: AsyncSession) -> None:
    await add_group(session)

    with pytest.raises(NoSuchPlanning):
        await generate_draft(session, planning_id=10**9, actor=SYSTEM, now=NOW)


@pytest.mark.asyncio
async def test_disabled_radiologists_get_no_seat(session: AsyncSession) -> None:
    group = await add_group(session)
    gone = group.everybody[0]
    await session.execute(update(Radiologist).where(Radiologist.id == gone).values(disabled_at=NOW))

    draft = await add_draft(session, await add_planning(session))

    holders = {each.radiologist for each in await assignments.list_of_revision(session, draft)}
    assert gone not in holders
    assert None not in holders

"""A published seat changes hands: by a revision of its own, or a refusal that names why."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.kit.errors import Invalid
from app.planning.domain.errors import (
    NoSuchPlanning,
    RadiologistBusy,
    RulesBroken,
    SeatChanged,
)
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import AssignmentReason, Placement
from app.planning.models import Assignment
from app.planning.repository import assignments, plannings
from app.planning.service.publishing import assign_seat
from tests.factories.planning import (
    NOW,
    add_absence,
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
async def test_a_seat_changes_hands_by_a_revision_of_its_own_and_history_stays(
    session: AsyncSession,
) -> None:
    group = await add_group(session, people_each=12)
    published = await add_published(session)
    before = await list_in_force(session)
    seat = await find_coming(session)
    successor = await find_free(session, seat, group.radiologists[seat.society])

    event = await assign_seat(
        session,
        seat_id=seat.seat.id,
        radiologist_id=successor,
        seen=seat.radiologist,
        actor=SYSTEM,
        now=NOW,
    )

    assert event.number == 2
    assert event.seat_ids == {seat.seat.id}
    assert event.radiologist_ids == {seat.radiologist, successor}
    assert not event.concerns_now
    after = {each.seat.id: each for each in await list_in_force(session)}
    assert after[seat.seat.id].radiologist == successor
    assert after[seat.seat.id].reason is AssignmentReason.EDIT
    assert len(after) == len(before)
    history = select(func.count()).where(Assignment.seat_id == seat.seat.id)
    assert (await session.execute(history)).scalar_one() == 2
    first = await plannings.find_revision(session, published.revision_id)
    second = await plannings.find_revision(session, event.revision_id)
    assert await assignments.list_as_of(session, first) == before
    assert await assignments.list_as_of(session, second) == list(after.values())


@pytest.mark.asyncio
async def test_a_seat_can_be_emptied_at_once(session: AsyncSession) -> None:
    await add_group(session)
    await add_published(session)
    held_now = next(
        each
        for each in await list_in_force(session)
        if each.seat.interval.contains(NOW) and each.radiologist is not None
    )

    event = await assign_seat(
        session,
        seat_id=held_now.seat.id,
        radiologist_id=None,
        seen=held_now.radiologist,
        actor=SYSTEM,
        now=NOW,
    )

    assert event.concerns_now
    assert event.radiologist_ids == {held_now.radiologist}


@pytest.mark.asyncio
async def test_who_looked_before_a_change_must_look_again(session: AsyncSession) -> None:
    await add_group(session)
    await add_published(session)
    seat = await find_coming(session)

    with pytest.raises(SeatChanged, match=f"radiologist {seat.radiologist} holds it"):
        await assign_seat(
            session,
            seat_id=seat.seat.id,
            radiologist_id=None,
            seen=None,
            actor=SYSTEM,
            now=NOW,
        )


@pytest.mark.asyncio
async def test_a_seat_that_is_over_stays_as_it_was(session: AsyncSession) -> None:
    await add_group(session)
    await add_published(session)
    over = (await list_in_force(session))[0]

    with pytest.raises(Invalid, match="was over"):
        await assign_seat(
            session,
            seat_id=over.seat.id,
            radiologist_id=None,
            seen=over.radiologist,
            actor=SYSTEM,
            now=NOW,
        )


@pytest.mark.asyncio
async def test_a_seat_that_is_not_published_is_edited_in_its_draft(session: AsyncSession) -> None:
    await add_group(session)
    planning = await add_planning(session)
    seat = (await plannings.list_seats(session, planning_id=planning))[0]

    with pytest.raises(NoSuchPlanning, match="not published yet"):
        await assign_seat(
            session, seat_id=seat.id, radiologist_id=None, seen=None, actor=SYSTEM, now=NOW
        )


@pytest.mark.asyncio
async def test_two_seats_at_once_are_refused_by_the_database_and_named(
    session: AsyncSession,
) -> None:
    await add_group(session)
    await add_published(session)
    seat = await find_coming(session)
    twin = next(
        each
        for each in await list_in_force(session)
        if each.seat.interval == seat.seat.interval and each.radiologist != seat.radiologist
    )

    with pytest.raises(RadiologistBusy) as refusal:
        await assign_seat(
            session,
            seat_id=seat.seat.id,
            radiologist_id=twin.radiologist,
            seen=seat.radiologist,
            actor=SYSTEM,
            now=NOW,
        )

    assert refusal.value.clashes == ((twin.radiologist, seat.seat.id, twin.seat.id),)
    assert f"seats {seat.seat.id} and {twin.seat.id}" in refusal.value.message
    # The transaction goes on, with what was in force before.
    found = {each.seat.id: each.radiologist for each in await list_in_force(session)}
    assert found[seat.seat.id] == seat.radiologist


@pytest.mark.asyncio
async def test_an_absence_is_only_broken_by_who_accepts_it_and_says_why(
    session: AsyncSession,
) -> None:
    group = await add_group(session, people_each=12)
    await add_published(session)
    seat = await find_coming(session)
    successor = await find_free(session, seat, group.radiologists[seat.society])
    await add_absence(
        session, successor, start=seat.seat.interval.start, end=seat.seat.interval.end
    )

    async def assign(*, accepted: set[Rule], reason: str) -> int:
        event = await assign_seat(
            session,
            seat_id=seat.seat.id,
            radiologist_id=successor,
            seen=seat.radiologist,
            actor=SYSTEM,
            now=NOW,
            accepted=accepted,
            reason=reason,
        )
        return event.revision_id

    with pytest.raises(RulesBroken, match=f"radiologist {successor} is absent") as refusal:
        await assign(accepted=set(), reason="")
    with pytest.raises(Invalid, match="must say why"):
        await assign(accepted={Rule.ABSENCE}, reason="")
    with pytest.raises(Invalid, match="nobody may accept not_member"):
        await assign(accepted={Rule.NOT_MEMBER}, reason="she said so")

    assert [each.rule for each in refusal.value.violations] == [Rule.ABSENCE]
    revision = await plannings.find_revision(
        session, await assign(accepted={Rule.ABSENCE}, reason="she came back early")
    )
    assert revision.reason == "she came back early"

"""Who is on guard at an instant."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.directory.models import Radiologist
from app.planning.domain.seats import GuardLine, SeatKind
from app.planning.service.on_call import on_call
from app.planning.service.publishing import assign_seat
from tests.factories.directory import add_centre
from tests.factories.planning import NOW, add_draft, add_group, add_planning, add_published


@pytest.mark.asyncio
async def test_nothing_published_is_nobody_on_guard(session: AsyncSession) -> None:
    await add_group(session)
    await add_draft(session, await add_planning(session))

    found = await on_call(session, NOW)

    assert found.seats == ()
    assert found.segments == ()


@pytest.mark.asyncio
async def test_each_seat_is_told_with_how_to_reach_its_holder(session: AsyncSession) -> None:
    group = await add_group(session)
    await add_published(session)
    (first,) = (await on_call(session, NOW)).first_line
    assert first.reader is not None
    holder_id = first.reader.radiologist_id
    radiologist = await session.get_one(Radiologist, holder_id)
    society = next(each for each, own in group.radiologists.items() if holder_id in own)
    centre = await add_centre(session, society_id=society)
    radiologist.centre_id = centre.id
    await session.flush()

    found = await on_call(session, NOW)

    assert found.segments == ("evening",)
    assert [(each.line, each.kind) for each in found.seats] == [
        (GuardLine.FIRST, SeatKind.READER),
        (GuardLine.FIRST, SeatKind.COORDINATOR),
        (GuardLine.BACKUP, SeatKind.READER),
    ]
    assert found.first_line + found.coordinators + found.backup == found.seats
    seat = next(
        each for each in found.seats if each.reader and each.reader.radiologist_id == holder_id
    )
    assert seat.interval.contains(NOW)
    assert seat.reader is not None
    assert seat.reader.name == f"Dr {radiologist.given_name} {radiologist.family_name}"
    assert seat.reader.telephone == radiologist.telephone
    assert seat.reader.society_id == society
    assert (seat.reader.centre, seat.reader.centre_telephone) == (centre.name, centre.telephone)


@pytest.mark.asyncio
async def test_the_guard_changes_at_its_first_instant(session: AsyncSession) -> None:
    await add_group(session)
    await add_published(session)
    midnight = datetime(2026, 11, 20, 23, 0, tzinfo=UTC)

    before = await on_call(session, midnight - timedelta(microseconds=1))
    after = await on_call(session, midnight)

    assert before.segments == ("evening",)
    assert after.segments == ("deep_night",)
    assert {each.interval.end for each in before.seats} == {midnight}


@pytest.mark.asyncio
async def test_an_empty_seat_is_shown_uncovered_and_is_not_in_the_pool(
    session: AsyncSession,
) -> None:
    await add_group(session)
    await add_published(session)
    (seat,) = (await on_call(session, NOW)).first_line
    assert seat.reader is not None
    await assign_seat(
        session,
        seat_id=seat.seat_id,
        radiologist_id=None,
        seen=seat.reader.radiologist_id,
        actor=SYSTEM,
        now=NOW,
    )

    found = await on_call(session, NOW)

    assert [each.seat_id for each in found.uncovered] == [seat.seat_id]
    assert found.uncovered[0].society == seat.society
    held = [each for each in found.seats if each.reader is not None]
    assert [each.kind for each in held] == [SeatKind.COORDINATOR, SeatKind.READER]
    assert held[1].line is GuardLine.BACKUP

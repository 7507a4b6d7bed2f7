"""Who is on guard at an instant."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import SYSTEM
from app.directory.models import Radiologist
from app.planning.domain.seats import GuardLine, SeatKind
from app.planning.service.on_call import on_call, reader_pool
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
    assert await reader_pool(session, NOW) == ()


@pytest.mark.asyncio
async def test_each_seat_is_told_with_how_to_reach_its_holder(session: AsyncSession) -> None:
    group = await add_group(session)
    await add_published(session)
    holder_id = next(iter({each.radiologist_id for each in await reader_pool(session, NOW)}))
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
    pool = await reader_pool(session, NOW)
    assert [each.kind for each in pool] == [SeatKind.COORDINATOR, SeatKind.READER]
    assert pool[1].line is GuardLine.BACKUP


@pytest.mark.asyncio
async def test_the_pool_tells_the_own_society_of_somebody_on_loan(session: AsyncSession) -> None:
    group = await add_group(session, people_each=12)
    await add_published(session)
    (seat,) = (await on_call(session, NOW)).first_line
    assert seat.reader is not None
    lender = next(each for each in group.societies if each != seat.society_id)
    rested = group.radiologists[lender][-1]
    await assign_seat(
        session,
        seat_id=seat.seat_id,
        radiologist_id=rested,
        seen=seat.reader.radiologist_id,
        actor=SYSTEM,
        now=NOW,
    )

    (found, *_) = await reader_pool(session, NOW)

    assert found.radiologist_id == rested
    assert (found.society_id, found.owing_society_id) == (lender, seat.society_id)
    assert found.until == seat.interval.end
    assert (found.seat_id, found.guard_id) == (seat.seat_id, seat.guard_id)

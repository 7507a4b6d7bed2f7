"""When those who should read cannot, somebody still answers for each case, and it is said why."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.directory.domain import Role
from app.directory.models import RadiologistSite
from app.directory.service.radiologists import end_reading_right
from app.dispatch import repository
from app.planning.events import PlanningPublished
from tests.factories.flow import open_case, sign_case
from tests.factories.relief import give_seat
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    add_user,
    put_on_guard,
    set_stage,
)

pytestmark = pytest.mark.asyncio
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


async def list_dropped(session: AsyncSession, case_id: int) -> list[str]:
    *_, last = await repository.list_decisions(session, case_id)
    return list(last.exclusions["dropped_filters"])


async def take_right(stage: Stage, radiologist_id: int) -> None:
    """End the right of a radiologist to read for the site, from the day before on."""
    session = stage.session
    own = RadiologistSite.radiologist_id == radiologist_id
    (right,) = (await session.scalars(select(RadiologistSite.id).where(own))).all()
    await end_reading_right(
        session,
        actor=await add_user(stage, role=Role.GCS_ADMIN),
        radiologist_id=radiologist_id,
        row_id=right,
        until=(NIGHT - DAY).date(),
    )


async def test_when_everybody_is_over_their_cap_a_case_is_offered_all_the_same(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    crew = [await add_radiologist(stage) for _ in range(2)]
    for radiologist, actor in crew:
        radiologist.hourly_cap = 1
        await put_on_guard(stage, radiologist)
        taken = await open_case(stage, at=NIGHT - 40 * MINUTE)
        await pipeline.claim(session, taken, actor=actor, now=NIGHT - 30 * MINUTE)
    case_id = await open_case(stage, at=NIGHT - 10 * MINUTE)

    assert await pipeline.case_due(session, case_id, now=NIGHT)

    asked = await repository.list_nominees(session, case_id)
    assert asked <= {radiologist.id for radiologist, _ in crew}
    assert asked
    assert await list_dropped(session, case_id) == ["reads more than their hourly cap"]


async def test_when_the_only_one_who_may_read_for_the_site_leaves_others_on_guard_are_asked(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    entitled, _ = await add_radiologist(stage)
    other, _ = await add_radiologist(stage, may_read=False)
    seat = await put_on_guard(stage, entitled)
    await put_on_guard(stage, other)
    case_id = await open_case(stage, urgent=True)
    await pipeline.case_due(session, case_id, now=NIGHT)
    before = await repository.list_nominees(session, case_id)
    at = NIGHT + MINUTE / 2

    await give_seat(stage, seat, None, at=at)
    event = PlanningPublished(
        planning_id=stage.planning.id,
        revision_id=stage.revision.id,
        number=stage.revision.number or 0,
        at=at,
        seat_ids=frozenset({seat.id}),
        radiologist_ids=frozenset({entitled.id}),
        concerns_now=True,
    )
    await pipeline.planning_published(session, event)
    await pipeline.case_due(session, case_id, now=at)

    assert before == {entitled.id}
    assert await repository.list_nominees(session, case_id) == {other.id}
    assert "may not read for this site" in await list_dropped(session, case_id)


async def test_a_reader_whose_right_ends_while_they_read_keeps_the_case_and_signs_it(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    case_id = await open_case(stage, urgent=True)
    await pipeline.case_due(session, case_id, now=NIGHT)
    await pipeline.claim(session, case_id, actor=actor, now=NIGHT)

    await take_right(stage, reader.id)
    held = await repository.find_standing(session, case_id)
    await sign_case(stage, case_id, actor=actor, instances=2, at=NIGHT + 10 * MINUTE)

    assert held is not None
    assert (held.radiologist_id, held.due_at is not None) == (reader.id, True)
    assert (await cases.get_case(session, case_id)).state == "signed"


async def test_what_they_give_back_goes_to_who_may_read_for_the_site(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    relief, _ = await add_radiologist(stage)
    for each in (reader, relief):
        await put_on_guard(stage, each)
    case_id = await open_case(stage, urgent=True)
    await pipeline.case_due(session, case_id, now=NIGHT)
    await pipeline.claim(session, case_id, actor=actor, now=NIGHT)

    await take_right(stage, reader.id)
    await pipeline.release(session, case_id, actor=actor, reason="no right", now=NIGHT + MINUTE)

    assert await repository.list_nominees(session, case_id) == {relief.id}

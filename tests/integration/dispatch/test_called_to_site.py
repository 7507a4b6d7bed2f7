"""Who is called to their site is offered no case meanwhile, and keeps what they have claimed."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.events import CaseOpened
from app.cases.models import Case
from app.directory.domain import Actor
from app.directory.models import Radiologist
from app.dispatch import repository, service
from app.dispatch.events import CaseNominated, NobodyOnGuard
from app.dispatch.service.on_guard import load_on_guard
from app.planning.models import Seat
from app.planning.service.on_site_calls import call_to_site, come_back
from tests.factories.flow import take_news
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    add_study,
    put_on_guard,
    set_stage,
)

MINUTE = timedelta(minutes=1)


async def open_case(stage: Stage) -> Case:
    study = await add_study(stage, called_ae_title="ASTREINTE_P1")
    event = await take_news(stage.session, study, now=NIGHT)
    assert isinstance(event, CaseOpened)
    return await cases.get_case(stage.session, event.case_id)


async def put_on_both(stage: Stage) -> tuple[Radiologist, Actor, Seat]:
    """Put somebody on guard at a distance and on site, and return the seat on site."""
    radiologist, actor = await add_radiologist(stage)
    await put_on_guard(stage, radiologist)
    return radiologist, actor, await put_on_guard(stage, radiologist, line="on_site")


@pytest.mark.asyncio
async def test_who_only_stands_in_a_site_is_offered_nothing(session: AsyncSession) -> None:
    stage = await set_stage(session)
    radiologist, _ = await add_radiologist(stage)
    await put_on_guard(stage, radiologist, line="on_site")
    case = await open_case(stage)

    event = await service.nominate(session, case.id, cause="due", now=NIGHT)

    assert event == NobodyOnGuard(case_id=case.id)


@pytest.mark.asyncio
async def test_while_called_others_are_asked_and_the_decision_says_why(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    away, actor, seat = await put_on_both(stage)
    backup, _ = await add_radiologist(stage)
    await put_on_guard(stage, backup, line="backup")
    first, second = await open_case(stage), await open_case(stage)

    await call_to_site(session, seat_id=seat.id, actor=actor, now=NIGHT)
    during = await service.nominate(session, first.id, cause="due", now=NIGHT)
    await come_back(session, seat_id=seat.id, actor=actor, now=NIGHT + MINUTE)
    after = await service.nominate(session, second.id, cause="due", now=NIGHT + MINUTE)

    (decision,) = await repository.list_decisions(session, first.id)
    assert during == CaseNominated(case_id=first.id, radiologist_ids=(backup.id,))
    assert decision.exclusions["readers"] == [
        {"radiologist_id": away.id, "reason": "is called to a site"}
    ]
    assert after == CaseNominated(case_id=second.id, radiologist_ids=(away.id,))


@pytest.mark.asyncio
async def test_what_was_offered_before_the_call_goes_to_others_at_once(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    away, actor, seat = await put_on_both(stage)
    case = await open_case(stage)
    offered = await service.nominate(session, case.id, cause="due", now=NIGHT)
    other, _ = await add_radiologist(stage)
    await put_on_guard(stage, other)

    _, event = await call_to_site(session, seat_id=seat.id, actor=actor, now=NIGHT + MINUTE)
    await pipeline.called_to_site(session, event)
    await pipeline.case_due(session, case.id, now=NIGHT + MINUTE)

    assert offered == CaseNominated(case_id=case.id, radiologist_ids=(away.id,))
    assert await repository.list_nominees(session, case.id) == {other.id}


@pytest.mark.asyncio
async def test_who_is_called_stays_responsible_for_what_they_have_claimed(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    away, actor, seat = await put_on_both(stage)
    other, _ = await add_radiologist(stage)
    await put_on_guard(stage, other)
    case = await open_case(stage)
    await service.claim(session, case_id=case.id, actor=actor, now=NIGHT)

    _, event = await call_to_site(session, seat_id=seat.id, actor=actor, now=NIGHT + MINUTE)
    await pipeline.called_to_site(session, event)
    await pipeline.case_due(session, case.id, now=NIGHT + MINUTE)

    kept = await cases.get_case(session, case.id)
    assert (kept.state, kept.reader_id) == ("reading", away.id)
    await pipeline.release(
        session, case.id, actor=actor, reason="ultrasound", now=NIGHT + 2 * MINUTE
    )
    assert await repository.list_nominees(session, case.id) == {other.id}


@pytest.mark.asyncio
async def test_a_case_is_offered_to_who_is_called_when_nobody_else_is_on_guard(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    away, actor, seat = await put_on_both(stage)
    case = await open_case(stage)
    await call_to_site(session, seat_id=seat.id, actor=actor, now=NIGHT)

    event = await service.nominate(session, case.id, cause="due", now=NIGHT)

    (decision,) = await repository.list_decisions(session, case.id)
    assert event == CaseNominated(case_id=case.id, radiologist_ids=(away.id,))
    assert decision.exclusions["dropped_filters"][-1] == "is called to a site"


@pytest.mark.asyncio
async def test_a_call_that_nobody_ended_ends_with_the_seat(session: AsyncSession) -> None:
    stage = await set_stage(session)
    radiologist, actor = await add_radiologist(stage)
    hours = (NIGHT - 3 * 60 * MINUTE, NIGHT + 60 * MINUTE)
    seat = await put_on_guard(stage, radiologist, line="on_site", period=hours)
    await put_on_guard(stage, radiologist)
    case = await open_case(stage)
    await call_to_site(session, seat_id=seat.id, actor=actor, now=NIGHT)

    (during,) = (await load_on_guard(session, case, now=NIGHT)).readers
    (after,) = (await load_on_guard(session, case, now=NIGHT + 60 * MINUTE)).readers

    assert (during.is_called_to_site, after.is_called_to_site) == (True, False)

"""A case is offered, widened, seen, taken, given back and reassigned."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.domain.states import MoveRefused
from app.cases.events import CaseOpened
from app.cases.models import Case
from app.directory.domain import Role
from app.dispatch import repository, service
from app.dispatch.domain.policy.stored import read_readers
from app.dispatch.events import CaseClaimed, CaseNominated, CaseWidened, NobodyOnGuard
from app.dispatch.repository import CaseAlreadyClaimed
from app.dispatch.service.claims import NotNominated
from app.kit.errors import Invalid, NotAllowed
from tests.factories.deciding import nominate_due, take_step
from tests.factories.flow import take_news
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    add_society,
    add_study,
    add_user,
    put_on_guard,
    set_stage,
)


async def open_case(stage: Stage, *, priority: str = "P1") -> Case:
    called = "ASTREINTE_P1" if priority == "P1" else "ASTREINTE"
    study = await add_study(stage, called_ae_title=called)
    event = await take_news(stage.session, study, now=NIGHT)
    assert isinstance(event, CaseOpened)
    return await cases.get_case(stage.session, event.case_id)


@pytest.mark.asyncio
async def test_a_due_case_is_offered_and_the_decision_kept_with_its_reasons(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    case = await open_case(stage)

    event = await nominate_due(session, case.id, now=NIGHT)

    nominated = await cases.get_case(session, case.id)
    (decision,) = await repository.list_decisions(session, case.id)
    assert event == CaseNominated(case_id=case.id, radiologist_ids=(reader.id,))
    assert nominated.state == "nominated"
    assert nominated.step_due_at == NIGHT + timedelta(seconds=60)
    assert nominated.dispatch_due_at == NIGHT + timedelta(hours=9), "until the guard ends"
    assert decision.ranking["nominees"] == [reader.id]
    assert decision.ranking["readers"][0]["reasons"]
    assert read_readers(decision.inputs["readers"])[0].radiologist_id == reader.id


@pytest.mark.asyncio
async def test_a_case_that_is_not_yet_due_is_left_alone(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    case = await open_case(stage, priority="P2")

    assert await nominate_due(session, case.id, now=NIGHT) is None
    assert case.id in await service.find_due(session, now=NIGHT + timedelta(minutes=5), limit=10)


@pytest.mark.asyncio
async def test_with_nobody_on_guard_the_case_stays_due_and_says_so_once(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    case = await open_case(stage)

    first = await service.nominate(session, case.id, cause="due", now=NIGHT)
    again = await service.nominate(session, case.id, cause="due", now=NIGHT)

    assert first == again == NobodyOnGuard(case_id=case.id)
    waiting = await cases.get_case(session, case.id)
    assert waiting.state == "open"
    assert waiting.dispatch_due_at == NIGHT + timedelta(seconds=15)
    assert len(await repository.list_decisions(session, case.id)) == 1


@pytest.mark.asyncio
async def test_with_nobody_on_the_first_line_backup_and_coordinator_are_called_at_once(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    backup, _ = await add_radiologist(stage)
    coordinator, _ = await add_radiologist(stage)
    await put_on_guard(stage, backup, line="backup")
    await put_on_guard(stage, coordinator, kind="coordinator")
    case = await open_case(stage)

    event = await service.nominate(session, case.id, cause="due", now=NIGHT)

    assert isinstance(event, CaseNominated)
    assert set(event.radiologist_ids) == {backup.id, coordinator.id}


@pytest.mark.asyncio
async def test_somebody_on_loan_is_near_to_the_sites_of_their_own_society(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    lent, _ = await add_radiologist(stage, society=await add_society(session))
    own, _ = await add_radiologist(stage)
    # Both hold seats that the site's own society owes.
    for each in (lent, own):
        await put_on_guard(stage, each)
    case = await open_case(stage, priority="P2")

    event = await service.nominate(session, case.id, cause="due", now=NIGHT)

    assert event == CaseNominated(case_id=case.id, radiologist_ids=(own.id,))


@pytest.mark.asyncio
async def test_an_unclaimed_case_is_widened_step_by_step(session: AsyncSession) -> None:
    stage = await set_stage(session)
    readers = [await add_radiologist(stage) for _ in range(3)]
    for reader, _ in readers:
        await put_on_guard(stage, reader)
    backup, _ = await add_radiologist(stage)
    await put_on_guard(stage, backup, line="backup")
    case = await open_case(stage)
    await service.nominate(session, case.id, cause="due", now=NIGHT)

    early = await take_step(session, case.id, now=NIGHT + timedelta(seconds=59))
    first = await take_step(session, case.id, now=NIGHT + timedelta(seconds=60))
    second = await take_step(session, case.id, now=NIGHT + timedelta(seconds=180))
    third = await take_step(session, case.id, now=NIGHT + timedelta(seconds=360))

    assert early is None
    found = [(each.radiologist_ids, each.tells_hospital) for each in (first, second, third) if each]
    assert found == [((readers[2][0].id,), False), ((backup.id,), False), ((), True)]
    widened = await cases.get_case(session, case.id)
    assert (widened.step, widened.step_due_at) == (3, None)
    reasons = [e.reason for e in await cases.list_events(session, case.id) if e.kind == "widened"]
    assert reasons == ["on_guard", "backup", "hospital"]


@pytest.mark.asyncio
async def test_a_step_that_reaches_nobody_new_is_not_waited_for(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, _ = await add_radiologist(stage)
    backup, _ = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    await put_on_guard(stage, backup, line="backup")
    case = await open_case(stage)
    await service.nominate(session, case.id, cause="due", now=NIGHT)
    now = NIGHT + timedelta(seconds=60)

    event = await take_step(session, case.id, now=now)

    assert event == CaseWidened(
        case_id=case.id, radiologist_ids=(backup.id,), tells_hospital=False
    ), "everybody on guard is asked already, so that the backup line is asked at once"
    widened = await cases.get_case(session, case.id)
    assert (widened.step, widened.step_due_at) == (2, NIGHT + timedelta(seconds=360))


@pytest.mark.asyncio
async def test_a_nominee_says_that_they_have_seen_it(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    _, stranger = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    case = await open_case(stage)
    await service.nominate(session, case.id, cause="due", now=NIGHT)

    await service.acknowledge(session, case_id=case.id, actor=actor, now=NIGHT)
    await service.acknowledge(session, case_id=case.id, actor=actor, now=NIGHT)

    kinds = [event.kind for event in await cases.list_events(session, case.id)]
    assert kinds.count("acknowledged") == 1
    with pytest.raises(NotNominated):
        await service.acknowledge(session, case_id=case.id, actor=stranger, now=NIGHT)


@pytest.mark.asyncio
async def test_a_claim_names_the_reader_and_ends_the_nominations(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    await put_on_guard(stage, reader)
    case = await open_case(stage)
    await service.nominate(session, case.id, cause="due", now=NIGHT)

    event = await service.claim(session, case_id=case.id, actor=actor, now=NIGHT)

    claimed = await cases.get_case(session, case.id)
    assert event == CaseClaimed(case_id=case.id, radiologist_id=reader.id)
    assert (claimed.state, claimed.reader_id, claimed.step_due_at) == ("reading", reader.id, None)
    assert await repository.list_nominees(session, case.id) == set()


@pytest.mark.asyncio
async def test_a_second_claim_is_told_who_was_first(session: AsyncSession) -> None:
    stage = await set_stage(session)
    first, actor = await add_radiologist(stage)
    _, other = await add_radiologist(stage)
    await put_on_guard(stage, first)
    case = await open_case(stage)
    await service.claim(session, case_id=case.id, actor=actor, now=NIGHT)

    with pytest.raises(CaseAlreadyClaimed) as refused:
        await service.claim(session, case_id=case.id, actor=other, now=NIGHT)
    again = await service.claim(session, case_id=case.id, actor=actor, now=NIGHT)

    assert refused.value.radiologist_id == first.id
    assert first.family_name in refused.value.message
    assert again.radiologist_id == first.id


@pytest.mark.asyncio
async def test_who_may_not_read_for_the_site_cannot_claim(session: AsyncSession) -> None:
    stage = await set_stage(session)
    _, stranger = await add_radiologist(stage, may_read=False)
    admin = await add_user(stage, role=Role.GCS_ADMIN)
    case = await open_case(stage)

    for actor in (stranger, admin):
        with pytest.raises(NotAllowed):
            await service.claim(session, case_id=case.id, actor=actor, now=NIGHT)

    assert (await cases.get_case(session, case.id)).state == "open"


@pytest.mark.asyncio
async def test_a_released_case_goes_to_another_reader_at_once(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    other, stranger = await add_radiologist(stage)
    for each in (reader, other):
        await put_on_guard(stage, each)
    case = await open_case(stage, priority="P2")
    await service.claim(session, case_id=case.id, actor=actor, now=NIGHT)

    with pytest.raises(NotAllowed):
        await service.release(session, case_id=case.id, actor=stranger, reason="x", now=NIGHT)
    with pytest.raises(Invalid):
        await service.release(session, case_id=case.id, actor=actor, reason=" ", now=NIGHT)
    await pipeline.release(session, case.id, actor=actor, reason="stroke elsewhere", now=NIGHT)

    assert await repository.list_nominees(session, case.id) == {other.id}
    released = await cases.get_case(session, case.id)
    assert (released.state, released.reader_id) == ("nominated", None)
    with pytest.raises(MoveRefused):
        await service.release(session, case_id=case.id, actor=actor, reason="again", now=NIGHT)


@pytest.mark.asyncio
async def test_the_coordinator_gives_a_case_to_a_named_reader(session: AsyncSession) -> None:
    stage = await set_stage(session)
    reader, actor = await add_radiologist(stage)
    other, _ = await add_radiologist(stage)
    stranger, _ = await add_radiologist(stage, society=await add_society(session), may_read=False)
    coordinator = await add_user(stage, role=Role.COORDINATOR)
    await put_on_guard(stage, reader)
    case = await open_case(stage)
    await service.claim(session, case_id=case.id, actor=actor, now=NIGHT)

    with pytest.raises(Invalid):
        await service.reassign(
            session,
            case_id=case.id,
            to_radiologist_id=stranger.id,
            actor=coordinator,
            reason="neuro",
            now=NIGHT,
        )
    event = await service.reassign(
        session,
        case_id=case.id,
        to_radiologist_id=other.id,
        actor=coordinator,
        reason="neuro",
        now=NIGHT,
    )

    assert event == CaseNominated(case_id=case.id, radiologist_ids=(other.id,))
    assert await repository.list_nominees(session, case.id) == {other.id}
    assert (await cases.get_case(session, case.id)).state == "nominated"


@pytest.mark.asyncio
async def test_a_case_whose_nominees_went_off_guard_is_offered_to_the_next_ones(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    evening, _ = await add_radiologist(stage)
    night, _ = await add_radiologist(stage)
    midnight = NIGHT + timedelta(hours=2)
    await put_on_guard(stage, evening, period=(NIGHT - timedelta(hours=3), midnight))
    await put_on_guard(stage, night, period=(midnight, midnight + timedelta(hours=8)))
    case = await open_case(stage)
    await service.nominate(session, case.id, cause="due", now=NIGHT)

    assert case.id in await service.find_due(session, now=midnight, limit=10)
    event = await nominate_due(session, case.id, now=midnight)

    assert event == CaseNominated(case_id=case.id, radiologist_ids=(night.id,))
    assert await repository.list_nominees(session, case.id) == {night.id}

"""A case opens, grows, completes, changes priority, is set aside."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository, service
from app.cases.domain.priority import Priority
from app.cases.domain.states import TRANSITIONS, CaseAction, CaseState, MoveRefused
from app.cases.domain.timeline import EventKind
from app.cases.events import CaseOpened, ImagesAdded, StudyJoined
from app.cases.models import Case, CaseEvent, CaseSla
from app.directory.domain import Role
from app.directory.models import PriorityRule
from app.intake.models import Study
from app.kit.errors import Invalid
from tests.factories import flow
from tests.factories.stage import NIGHT, Stage, add_study, add_user, set_stage

LATEST = timedelta(minutes=5)


async def take_news(
    stage: Stage, study: Study, *, minutes: int = 0
) -> CaseOpened | StudyJoined | ImagesAdded | None:
    return await flow.take_news(stage.session, study, now=NIGHT + timedelta(minutes=minutes))


async def open_case(stage: Stage, **study: object) -> tuple[Case, Study]:
    row = await add_study(stage, **study)  # type: ignore[arg-type]
    event = await take_news(stage, row)
    assert isinstance(event, CaseOpened)
    return await repository.get_case(stage.session, event.case_id), row


@pytest.mark.asyncio
async def test_a_first_image_opens_a_case_with_its_clocks(session: AsyncSession) -> None:
    stage = await set_stage(session)

    case, study = await open_case(stage)

    assert (case.state, case.priority) == ("open", "P2")
    assert case.signed_due_at == NIGHT + timedelta(minutes=60)
    assert case.dispatch_due_at == NIGHT + LATEST
    assert study.announced_count == study.instance_count
    assert case.description == "CT Scanner cérébral"


@pytest.mark.asyncio
async def test_a_p1_is_due_for_dispatch_at_its_first_image(session: AsyncSession) -> None:
    stage = await set_stage(session)

    case, _ = await open_case(stage, called_ae_title="ASTREINTE_P1")

    assert (case.priority, case.dispatch_due_at) == ("P1", NIGHT)


@pytest.mark.asyncio
async def test_a_rule_gives_the_priority_and_the_site_the_minutes(session: AsyncSession) -> None:
    stage = await set_stage(session)
    stage.site.sla = {"P1": 20}
    session.add(PriorityRule(rank=5, words="AVC", modality="CT", priority="P1"))
    await session.flush()

    case, _ = await open_case(stage, description="TDM AVC")

    assert (case.priority, case.priority_reason) == ("P1", "rule 5")
    assert case.signed_due_at == NIGHT + timedelta(minutes=20)


@pytest.mark.asyncio
async def test_the_timeline_says_that_it_was_opened(session: AsyncSession) -> None:
    stage = await set_stage(session)

    case, _ = await open_case(stage)

    events = await repository.list_events(session, case.id)
    assert [(each.kind, each.state_from, each.state_to, each.at) for each in events] == [
        ("moved", None, "open", NIGHT)
    ]


@pytest.mark.asyncio
async def test_more_images_make_the_case_grow_and_never_move_it(session: AsyncSession) -> None:
    stage = await set_stage(session)
    case, study = await open_case(stage)
    study.instance_count = 120

    event = await take_news(stage, study, minutes=1)

    grown = await repository.get_case(session, case.id)
    assert event == ImagesAdded(
        case_id=case.id,
        study_id=study.id,
        image_count=119,
        unseen_count=120,
        after_signature=False,
    )
    assert (grown.state, grown.instance_count, study.announced_count) == ("open", 120, 120)


@pytest.mark.asyncio
async def test_a_complete_study_makes_the_case_complete_and_due(session: AsyncSession) -> None:
    stage = await set_stage(session)
    case, study = await open_case(stage)
    study.complete_at = NIGHT + timedelta(minutes=1)
    study.complete_reason = "CT silent for 60 s"
    await session.flush()
    now = NIGHT + timedelta(minutes=1)

    due = await service.note_completeness(session, [study.id], now=now)

    done = await repository.get_case(session, case.id)
    assert due == [case.id]
    assert (done.complete_at, done.complete_reason) == (now, "CT silent for 60 s")
    assert done.dispatch_due_at == now
    assert await service.note_completeness(session, [study.id], now=now) == []


@pytest.mark.asyncio
async def test_cases_complete_together_each_when_the_last_of_its_studies_is(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    whole, half, offered = [await open_case(stage) for _ in range(3)]
    second = await add_study(stage)
    for case, study in ((whole[0], second), (half[0], await add_study(stage))):
        await repository.link_study(session, case_id=case.id, study_id=study.id, now=NIGHT)
    complete = [whole[1], second, half[1], offered[1]]
    for study, reason in zip(complete, ("CT silent", "MR silent", "CT silent", ""), strict=True):
        study.complete_at, study.complete_reason = NIGHT, reason
    await session.flush()
    await repository.move(
        session, offered[0].id, action=CaseAction.NOMINATE, now=NIGHT, by_user_id=None
    )

    due = await service.note_completeness(session, [each.id for each in complete], now=NIGHT)

    rows = [await repository.get_case(session, case.id) for case, _ in (whole, half, offered)]
    assert due == [whole[0].id], "nobody was offered it yet"
    assert [each.complete_at for each in rows] == [NIGHT, None, NIGHT]
    assert [each.complete_reason for each in rows] == ["CT silent; MR silent", None, ""]
    assert [each.dispatch_due_at == NIGHT for each in rows] == [True, False, False]


@pytest.mark.asyncio
async def test_images_after_completeness_take_the_label_away_and_are_on_the_timeline(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    case, study = await open_case(stage)
    study.complete_at = NIGHT
    await session.flush()
    await service.note_completeness(session, [study.id], now=NIGHT)
    study.instance_count = 2

    await take_news(stage, study, minutes=2)

    assert (await repository.get_case(session, case.id)).complete_at is None
    kinds = [event.kind for event in await repository.list_events(session, case.id)]
    assert kinds == ["moved", "complete", "images_added"]


@pytest.mark.asyncio
async def test_images_that_came_while_reading_stay_unseen_until_marked(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    case, _ = await open_case(stage, instances=10)
    actor = await add_user(stage, role=Role.COORDINATOR)
    assert actor.user_id is not None

    await service.mark_images_seen(
        session, case_id=case.id, seen_count=4, by_user_id=actor.user_id, now=NIGHT
    )

    assert (await repository.get_case(session, case.id)).seen_count == 4
    with pytest.raises(Invalid, match="has 10 images, not 11"):
        await service.mark_images_seen(
            session, case_id=case.id, seen_count=11, by_user_id=actor.user_id, now=NIGHT
        )


@pytest.mark.asyncio
async def test_another_priority_takes_a_new_snapshot_and_keeps_the_old_one(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    case, _ = await open_case(stage)
    actor = await add_user(stage, role=Role.COORDINATOR)
    assert actor.user_id is not None

    await service.change_priority(
        session,
        case_id=case.id,
        priority=Priority.P1,
        reason="the emergency room called: coma",
        by_user_id=actor.user_id,
        now=NIGHT,
    )

    raised = await repository.get_case(session, case.id)
    assert (raised.priority, raised.dispatch_due_at) == ("P1", NIGHT)
    assert raised.signed_due_at == NIGHT + timedelta(minutes=30)
    snapshots = select(func.count()).select_from(CaseSla).where(CaseSla.case_id == case.id)
    assert await session.scalar(snapshots) == 2


@pytest.mark.asyncio
async def test_a_voided_case_keeps_its_late_images_and_opens_no_other(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    case, study = await open_case(stage)
    actor = await add_user(stage, role=Role.COORDINATOR)
    assert actor.user_id is not None
    await service.void(
        session, case_id=case.id, reason="phantom", by_user_id=actor.user_id, now=NIGHT
    )
    study.instance_count = 5

    event = await take_news(stage, study, minutes=3)

    assert event == ImagesAdded(
        case_id=case.id,
        study_id=study.id,
        image_count=4,
        unseen_count=5,
        after_signature=True,
        is_task=False,
    )
    assert (await repository.get_case(session, case.id)).state == "voided"


@pytest.mark.asyncio
@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
async def test_nothing_is_voided_without_a_reason(session: AsyncSession, reason: str) -> None:
    stage = await set_stage(session)
    case, _ = await open_case(stage)

    with pytest.raises(Invalid):
        await service.void(session, case_id=case.id, reason=reason, by_user_id=1, now=NIGHT)

    assert (await repository.get_case(session, case.id)).state == "open"


@pytest.mark.asyncio
@pytest.mark.parametrize("action", CaseAction)
@pytest.mark.parametrize("state", CaseState)
async def test_the_guarded_update_moves_exactly_what_the_table_allows(
    session: AsyncSession, state: CaseState, action: CaseAction
) -> None:
    stage = await set_stage(session)
    case, _ = await open_case(stage)
    # A row in the state asked for; the check wants a reader for `reading` only.
    await session.execute(text('ALTER TABLE "case" DROP CONSTRAINT ck_case_reading_has_reader'))
    await session.execute(update(Case).where(Case.id == case.id).values(state=state.value))
    version = (await repository.get_case(session, case.id)).version

    if (state, action) in TRANSITIONS:
        await repository.move(
            session, case.id, action=action, now=NIGHT, by_user_id=None, reason="why"
        )
        moved = await repository.get_case(session, case.id)
        last = (await repository.list_events(session, case.id))[-1]
        assert moved.state == TRANSITIONS[state, action]
        assert moved.version == version + 1
        if moved.state != state:
            assert (last.state_from, last.state_to, last.reason) == (state, moved.state, "why")
        return
    with pytest.raises(MoveRefused):
        await repository.move(session, case.id, action=action, now=NIGHT, by_user_id=None)
    assert (await repository.get_case(session, case.id)).version == version


@pytest.mark.asyncio
@pytest.mark.parametrize("change", ["UPDATE case_event SET reason = 'x'", "DELETE FROM case_event"])
async def test_the_timeline_cannot_be_changed(session: AsyncSession, change: str) -> None:
    stage = await set_stage(session)
    await open_case(stage)

    with pytest.raises(IntegrityError, match="only added"):
        async with session.begin_nested():
            await session.execute(text(change))

    assert await session.scalar(select(func.count()).select_from(CaseEvent))


@pytest.mark.asyncio
async def test_a_study_cannot_be_in_two_standing_cases(session: AsyncSession) -> None:
    stage = await set_stage(session)
    _, study = await open_case(stage)
    other, _ = await open_case(stage)

    with pytest.raises(IntegrityError, match="uq_case_study_one_case"):
        async with session.begin_nested():
            await repository.link_study(session, case_id=other.id, study_id=study.id, now=NIGHT)


@pytest.mark.asyncio
async def test_facts_are_written_by_the_service_that_makes_them(session: AsyncSession) -> None:
    stage = await set_stage(session)
    case, _ = await open_case(stage)

    await repository.add_event(
        session, case_id=case.id, kind=EventKind.PRELIMINARY, now=NIGHT, by_user_id=None
    )

    assert [event.kind for event in await repository.list_events(session, case.id)] == [
        "moved",
        "preliminary",
    ]

"""Cases put together and taken apart by hand: traces on both sides, nothing lost."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases.domain.states import OPEN_FOR_DISPATCH, CaseState
from app.cases.models import Case
from app.cases.service import CaseClosed, raise_case_task
from app.delivery.models import Delivery
from app.directory.domain import Actor, Role
from app.dispatch.models import Claim, Nomination
from app.kit.errors import Conflict, Invalid
from app.pipeline import TwoDrafts
from app.reports import service as reports
from app.reports.domain.document import Chapters
from app.settings import Settings
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task
from tests.factories.asking import begin_asking
from tests.factories.flow import open_case
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_patient,
    add_radiologist,
    add_study,
    add_user,
    put_on_guard,
    set_stage,
)

LATER = NIGHT + timedelta(minutes=5)


async def join(stage: Stage, case_id: int, other_id: int, actor: Actor | None = None) -> int:
    by = actor or await add_user(stage, role=Role.COORDINATOR)
    return await pipeline.join(
        stage.session, case_id, other_id=other_id, reason="one patient", actor=by, now=LATER
    )


async def split(
    stage: Stage, case_id: int, *, studies: list[int], requests: list[int] | None = None
) -> int:
    by = await add_user(stage, role=Role.COORDINATOR)
    return await pipeline.split(
        stage.session,
        case_id,
        study_ids=studies,
        request_ids=requests or [],
        reason="two questions",
        actor=by,
        now=LATER,
    )


async def write(stage: Stage, case_id: int, actor: Actor, text: str) -> None:
    await pipeline.claim(stage.session, case_id, actor=actor, now=NIGHT)
    await reports.save_draft(
        stage.session,
        case_id=case_id,
        base=0,
        chapters=Chapters(findings=text),
        actor=actor,
        now=NIGHT,
    )


async def open_two_of_one_patient(stage: Stage) -> tuple[int, list[int]]:
    """Open a case with two studies, and give it with them."""
    patient = await add_patient(stage)
    studies = [await add_study(stage, patient=patient, instances=each) for each in (3, 5)]
    for study in studies:
        await pipeline.images_arrived(stage.session, study, settings=Settings(), now=NIGHT)
    case_id = await cases.find_case_of_study(stage.session, studies[0].id)
    assert case_id is not None
    return case_id, [study.id for study in studies]


@pytest.mark.asyncio
async def test_the_case_takes_over_all_of_the_other_which_is_set_aside(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    kept, absorbed = await open_case(stage), await open_case(stage, instances=7, urgent=True)
    (study,) = await cases.list_studies(session, absorbed)

    assert await join(stage, kept, absorbed) == kept

    one, other = await cases.get_case(session, kept), await cases.get_case(session, absorbed)
    assert (one.instance_count, one.priority) == (9, "P1")
    assert (other.state, other.joined_into_id) == ("voided", kept)
    assert await cases.find_case_of_study(session, study.id) == kept
    assert len(await cases.list_studies(session, kept)) == 2
    last = (await cases.list_events(session, absorbed))[-1]
    assert last.detail == {"into": kept, "studies": [study.id], "requests": []}
    told = [each for each in await cases.list_events(session, kept) if each.kind == "joined"]
    assert [each.detail["case"] for each in told] == [absorbed]


@pytest.mark.asyncio
async def test_who_read_or_was_asked_for_the_absorbed_case_is_let_go(session: AsyncSession) -> None:
    stage = await set_stage(session)
    radiologist, actor = await add_radiologist(stage)
    await put_on_guard(stage, radiologist)
    kept, absorbed = await open_case(stage, urgent=True), await open_case(stage)
    await pipeline.offer_at_once(session, kept, now=NIGHT)
    await pipeline.claim(session, absorbed, actor=actor, now=NIGHT)

    await join(stage, kept, absorbed)

    claims = await session.scalars(select(Claim.end_reason).where(Claim.case_id == absorbed))
    assert list(claims) == ["joined"]
    standing = await session.scalars(
        select(Nomination.case_id).where(Nomination.ended_at.is_(None))
    )
    assert list(standing) == [kept]
    sent = await session.scalars(select(Delivery.case_id).where(Delivery.state != "cancelled"))
    assert set(sent) == {kept}, "the images go on being sent, for the case that stands"


@pytest.mark.asyncio
async def test_cases_of_two_sites_are_never_joined(session: AsyncSession) -> None:
    stage = await set_stage(session)
    other = await set_stage(session, night=NIGHT - timedelta(days=30))
    case_id, elsewhere = await open_case(stage), await open_case(other)

    with pytest.raises(Invalid, match="two sites"):
        await join(stage, case_id, elsewhere)

    assert (await cases.get_case(session, elsewhere)).state == "open"


@pytest.mark.asyncio
async def test_a_case_is_not_joined_with_itself(session: AsyncSession) -> None:
    stage = await set_stage(session)
    case_id = await open_case(stage)

    with pytest.raises(Invalid, match="itself"):
        await join(stage, case_id, case_id)


@pytest.mark.asyncio
@pytest.mark.parametrize("closed_one_is_kept", [True, False])
@pytest.mark.parametrize("state", sorted(set(CaseState) - OPEN_FOR_DISPATCH))
async def test_what_is_closed_is_not_joined(
    session: AsyncSession,
    state: CaseState,
    closed_one_is_kept: bool,  # noqa: FBT001 - both sides
) -> None:
    stage = await set_stage(session)
    closed, case_id = await open_case(stage), await open_case(stage)
    await session.execute(update(Case).where(Case.id == closed).values(state=state.value))
    pair = (closed, case_id) if closed_one_is_kept else (case_id, closed)

    with pytest.raises(CaseClosed):
        await join(stage, *pair)


@pytest.mark.asyncio
@pytest.mark.parametrize("state", sorted(set(CaseState) - OPEN_FOR_DISPATCH))
async def test_what_is_closed_is_not_split(session: AsyncSession, state: CaseState) -> None:
    stage = await set_stage(session)
    case_id, studies = await open_two_of_one_patient(stage)
    await session.execute(update(Case).where(Case.id == case_id).values(state=state.value))

    with pytest.raises(CaseClosed):
        await split(stage, case_id, studies=studies[:1])


@pytest.mark.asyncio
async def test_two_drafts_are_never_thrown_together(session: AsyncSession) -> None:
    stage = await set_stage(session)
    _, one = await add_radiologist(stage)
    _, other = await add_radiologist(stage)
    first, second = await open_case(stage), await open_case(stage)
    await write(stage, first, one, "Saignement.")
    await write(stage, second, other, "Fracture.")

    with pytest.raises(TwoDrafts):
        await join(stage, first, second)

    assert (await cases.get_case(session, second)).state == "reading"


@pytest.mark.asyncio
async def test_the_case_with_the_only_draft_is_the_one_that_stands(session: AsyncSession) -> None:
    stage = await set_stage(session)
    radiologist, actor = await add_radiologist(stage)
    first, second = await open_case(stage), await open_case(stage)
    await write(stage, second, actor, "Fracture.")

    assert await join(stage, first, second) == second

    standing = await cases.get_case(session, second)
    assert (standing.state, standing.reader_id) == ("reading", radiologist.id)
    assert (await cases.get_case(session, first)).joined_into_id == second


@pytest.mark.asyncio
async def test_an_open_critical_finding_is_called_before_its_case_is_absorbed(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    kept, absorbed = await open_case(stage), await open_case(stage)
    await cases.change(session, absorbed, critical_at=NIGHT)

    with pytest.raises(Conflict, match="call first"):
        await join(stage, kept, absorbed)


@pytest.mark.asyncio
async def test_tasks_of_the_absorbed_case_are_settled_on_its_timeline(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    kept, absorbed = await open_case(stage), await open_case(stage)
    await raise_case_task(session, TaskKind.CONFIRM_SITE, case_id=absorbed, now=NIGHT)

    await join(stage, kept, absorbed)

    (task,) = await session.scalars(select(Task).execution_options(populate_existing=True))
    assert task.outcome == f"joined into case {kept}"
    assert (await cases.list_events(session, absorbed))[-1].kind == "task_settled"


@pytest.mark.asyncio
async def test_late_images_of_a_joined_study_go_to_the_case_that_stands(
    session: AsyncSession,
) -> None:
    stage = await set_stage(session)
    kept, absorbed = await open_case(stage), await open_case(stage)
    (study,) = await cases.list_studies(session, absorbed)
    await join(stage, kept, absorbed)
    study.instance_count = 10

    await pipeline.images_arrived(session, study, settings=Settings(), now=LATER)

    assert (await cases.get_case(session, kept)).instance_count == 12


@pytest.mark.asyncio
async def test_a_part_gets_a_case_of_its_own_that_is_offered_at_once(session: AsyncSession) -> None:
    stage = await set_stage(session)
    _, actor = await add_radiologist(stage)
    case_id, studies = await open_two_of_one_patient(stage)
    await pipeline.claim(session, case_id, actor=actor, now=NIGHT)
    await pipeline.mark_images_seen(session, case_id, seen_count=6, actor=actor, now=NIGHT)

    new_id = await split(stage, case_id, studies=[studies[1]])

    old, new = await cases.get_case(session, case_id), await cases.get_case(session, new_id)
    assert (old.state, old.instance_count, old.seen_count) == ("reading", 3, 1)
    assert (new.state, new.instance_count, new.split_from_id) == ("open", 5, case_id)
    assert (new.dispatch_due_at, new.priority) == (LATER, old.priority)
    assert await cases.find_case_of_study(session, studies[1]) == new_id
    for each, side in ((case_id, {"into": new_id}), (new_id, {"case": case_id})):
        (event,) = [e for e in await cases.list_events(session, each) if e.kind == "split"]
        assert event.detail == {**side, "studies": [studies[1]], "requests": []}


@pytest.mark.asyncio
async def test_what_was_split_can_be_joined_again(session: AsyncSession) -> None:
    stage = await set_stage(session)
    case_id, studies = await open_two_of_one_patient(stage)
    new_id = await split(stage, case_id, studies=[studies[1]])

    await join(stage, case_id, new_id)

    assert [each.id for each in await cases.list_studies(session, case_id)] == studies
    assert (await cases.get_case(session, case_id)).instance_count == 8


@pytest.mark.asyncio
async def test_a_split_leaves_something_and_takes_only_what_is_there(session: AsyncSession) -> None:
    stage = await set_stage(session)
    case_id, studies = await open_two_of_one_patient(stage)
    other = await open_case(stage)
    (foreign,) = await cases.list_studies(session, other)

    for wanted in ([], studies, [foreign.id], [studies[0], foreign.id]):
        with pytest.raises(Invalid):
            await split(stage, case_id, studies=wanted)

    assert (await cases.get_case(session, case_id)).instance_count == 8


@pytest.mark.asyncio
@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
async def test_nothing_is_joined_or_split_without_a_reason(
    session: AsyncSession, reason: str
) -> None:
    stage = await set_stage(session)
    actor = await add_user(stage, role=Role.COORDINATOR)
    case_id, studies = await open_two_of_one_patient(stage)
    other = await open_case(stage)

    with pytest.raises(Invalid):
        await pipeline.join(session, case_id, other_id=other, reason=reason, actor=actor, now=LATER)
    with pytest.raises(Invalid):
        await pipeline.split(
            session,
            case_id,
            study_ids=studies[:1],
            request_ids=[],
            reason=reason,
            actor=actor,
            now=LATER,
        )


@pytest.mark.asyncio
async def test_a_request_is_joined_by_a_click_and_its_waiting_case_is_absorbed(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    request_id = await asking.submit()
    await asking.decide(request_id)
    waiting = await cases.find_case_of_request(session, request_id)
    case_id = await open_case(asking.stage)

    kept = await pipeline.join_request(
        session,
        case_id,
        request_id=request_id,
        reason="typed another number",
        actor=asking.reader,
        now=LATER,
    )

    assert waiting is not None
    assert kept == case_id
    assert await cases.find_case_of_request(session, request_id) == case_id
    assert (await cases.get_case(session, waiting)).joined_into_id == case_id
    assert (await cases.get_case(session, case_id)).owner_id == asking.radiologist.id

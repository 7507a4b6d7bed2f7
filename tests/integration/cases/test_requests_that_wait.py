"""A request waits for its own images; when nobody wants it any more, its case is set aside."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.directory.domain import Role
from app.intake.domain.classes import IntakeClass
from app.intake.models import Patient, Study
from app.kit.errors import Conflict
from app.requests.domain.decisions import Decision, DecisionKind
from app.requests.repository.requests import get_request
from app.settings import Settings
from app.tasks.models import Task
from tests.factories.asking import VALIDATION, Asking, begin_asking
from tests.factories.flow import open_case, sign_case
from tests.factories.requests import CONTENT
from tests.factories.stage import NIGHT, add_patient, add_study, add_user

LATER = NIGHT + timedelta(minutes=20)
OVERDUE = NIGHT + timedelta(minutes=46)
NOT_DONE = Decision(kind=DecisionKind.REFUSED, reason="Une échographie suffit.")


async def validate(asking: Asking, accession_number: str = "A-1") -> tuple[int, int]:
    """Let a request be submitted and accepted; give it with its waiting case."""
    request_id = await asking.submit(replace(CONTENT, accession_number=accession_number))
    await asking.decide(request_id, VALIDATION)
    case_id = await cases.find_case_of_request(asking.session, request_id)
    assert case_id is not None
    return request_id, case_id


async def send(
    asking: Asking, accession_number: str = "A-1", *, patient: Patient | None = None
) -> Study:
    study = await add_study(
        asking.stage, at=LATER, patient=patient, accession_number=accession_number
    )
    await pipeline.images_arrived(asking.session, study, settings=Settings(), now=LATER)
    return study


async def list_kinds(session: AsyncSession, case_id: int) -> list[str]:
    return [each.kind for each in await cases.list_events(session, case_id)]


async def list_tasks(session: AsyncSession) -> list[Task]:
    found = await session.scalars(
        select(Task).order_by(Task.id).execution_options(populate_existing=True)
    )
    return list(found)


async def cancel(asking: Asking, request_id: int) -> None:
    await pipeline.cancel_request(
        asking.session, request_id, reason="Transfert", actor=asking.hospital, now=OVERDUE
    )


@pytest.mark.asyncio
async def test_that_no_image_came_is_asked_and_answered_on_the_timeline_of_the_case(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    _, case_id = await validate(asking)

    assert await pipeline.ask_for_images(session, now=OVERDUE, limit=10) == 1

    (task,) = await list_tasks(session)
    assert (task.case_id, task.site_id) == (case_id, asking.stage.site.id)
    assert task.radiologist_id == asking.radiologist.id
    assert (await list_kinds(session, case_id))[-1] == "task_raised"
    await send(asking)
    assert "task_settled" in await list_kinds(session, case_id)
    assert [each.outcome for each in await list_tasks(session)] == ["images came"]


@pytest.mark.asyncio
async def test_a_request_whose_case_was_set_aside_is_asked_for_all_the_same(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    _, case_id = await validate(asking)
    await pipeline.void(session, case_id, actor=asking.reader, reason="mistaken", now=NIGHT)

    await pipeline.ask_for_images(session, now=OVERDUE, limit=10)

    (task,) = await list_tasks(session)
    assert (task.case_id, task.site_id) == (None, asking.stage.site.id)


@pytest.mark.asyncio
async def test_when_all_requests_of_a_waiting_case_are_cancelled_it_is_set_aside(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    first, case_id = await validate(asking)
    second, _ = await validate(asking, "A-2")
    await pipeline.join_request(
        session, case_id, request_id=second, reason="one exam", actor=asking.reader, now=LATER
    )

    await cancel(asking, first)
    assert (await cases.get_case(session, case_id)).state == "open"
    await cancel(asking, second)

    assert (await cases.get_case(session, case_id)).state == "voided"


@pytest.mark.asyncio
async def test_a_request_that_was_split_from_its_images_waits_for_its_own(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    request_id, case_id = await validate(asking)
    await send(asking)
    assert (await get_request(session, request_id)).images_at == LATER

    new_id = await pipeline.split(
        session,
        case_id,
        study_ids=[],
        request_ids=[request_id],
        reason="images of another patient",
        actor=asking.reader,
        now=LATER,
    )

    request = await get_request(session, request_id)
    assert (request.images_at, request.images_due_at) == (None, LATER + timedelta(minutes=45))
    await cancel(asking, request_id)
    assert (await cases.get_case(session, new_id)).state == "voided"


@pytest.mark.asyncio
async def test_a_request_whose_images_were_no_case_waits_for_its_own(session: AsyncSession) -> None:
    asking = await begin_asking(session)
    request_id, case_id = await validate(asking)
    study = await send(asking)

    await pipeline.reclass_study(
        session,
        study.id,
        intake_class=IntakeClass.PRIOR,
        reason="of 2023",
        actor=asking.reader,
        now=LATER,
    )

    waiting = await cases.find_case_of_request(session, request_id)
    assert waiting not in {None, case_id}
    request = await get_request(session, request_id)
    assert (request.images_at, request.images_due_at) == (None, LATER + timedelta(minutes=45))


@pytest.mark.asyncio
@pytest.mark.parametrize("end", ["refused", "cancelled"])
async def test_no_case_answers_a_request_that_nobody_wants_any_more(
    session: AsyncSession, end: str
) -> None:
    asking = await begin_asking(session)
    request_id = await asking.submit()
    if end == "refused":
        await asking.decide(request_id, NOT_DONE)
    else:
        await cancel(asking, request_id)
    case_id = await open_case(asking.stage)

    with pytest.raises(Conflict, match=end):
        await pipeline.join_request(
            session, case_id, request_id=request_id, reason="same", actor=asking.reader, now=LATER
        )

    assert (await cases.get_case(session, case_id)).owner_id is None


@pytest.mark.asyncio
async def test_what_is_asked_about_a_study_or_a_request_goes_with_it_to_another_case(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    coordinator = await add_user(asking.stage, role=Role.COORDINATOR)
    request_id, waiting = await validate(asking)
    await pipeline.ask_for_images(session, now=OVERDUE, limit=10)
    doubtful = await add_study(asking.stage)
    doubtful.site_to_confirm = True
    kept = await open_case(asking.stage)
    case_id = await pipeline.images_arrived(session, doubtful, settings=Settings(), now=NIGHT)
    assert case_id is not None

    await pipeline.join(
        session, kept, other_id=case_id, reason="one patient", actor=coordinator, now=OVERDUE
    )

    asked, unsure = await list_tasks(session)
    assert (asked.case_id, unsure.case_id) == (waiting, kept)
    assert unsure.settled_at is None
    new_id = await pipeline.split(
        session,
        kept,
        study_ids=[doubtful.id],
        request_ids=[],
        reason="two patients",
        actor=coordinator,
        now=OVERDUE,
    )
    assert [each.case_id for each in await list_tasks(session)] == [waiting, new_id]
    other, second = await validate(asking, "A-2")
    await pipeline.join(
        session, second, other_id=waiting, reason="one exam", actor=coordinator, now=OVERDUE
    )
    assert (await list_tasks(session))[0].case_id == second
    assert (await list_tasks(session))[0].settled_at is None
    assert other != request_id


@pytest.mark.asyncio
async def test_studies_after_the_signature_of_their_request_are_one_question_again(
    session: AsyncSession,
) -> None:
    asking = await begin_asking(session)
    _, case_id = await validate(asking)
    patient = await add_patient(asking.stage)
    await send(asking, patient=patient)
    await sign_case(asking.stage, case_id, actor=asking.reader, instances=1, at=LATER)

    second, third = [await send(asking, patient=patient) for _ in range(2)]

    later = await cases.find_case_of_study(session, second.id)
    assert later != case_id
    assert await cases.find_case_of_study(session, third.id) == later

"""A report is withdrawn by a signed version, and a right one may take its place."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases import service as case_service
from app.cases.domain.states import MoveRefused
from app.cases.models import Case
from app.directory.domain import Role
from app.kit.errors import Conflict, Invalid, NotAllowed
from app.reports import service as reports
from app.reports.domain.document import Chapters, DocumentKind
from app.reports.domain.versions import AlreadyWithdrawn, NotTheReader
from app.reports.events import ReportWithdrawn
from app.reports.models import Document, ReportVersion
from app.reports.repository import versions
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task
from tests.factories.reading import Reading, open_reading
from tests.factories.stage import NIGHT, add_radiologist, add_user

LATER = NIGHT + timedelta(minutes=10)
REASON = "Images d'un autre patient."


@pytest_asyncio.fixture
async def reading(session: AsyncSession) -> Reading:
    return await open_reading(session)


async def withdraw(reading: Reading, *, base: int = 1, reason: str = REASON) -> ReportWithdrawn:
    return await reports.withdraw(
        reading.session,
        case_id=reading.case_id,
        base=base,
        reason=reason,
        actor=reading.actor,
        now=LATER + timedelta(minutes=5),
    )


async def add(reading: Reading, *, base: int) -> None:
    await reports.write_addendum(
        reading.session,
        case_id=reading.case_id,
        base=base,
        text="Ajout.",
        actor=reading.actor,
        now=LATER + timedelta(minutes=6),
    )


async def load_last(reading: Reading, version_id: int) -> tuple[DocumentKind, int]:
    tasks = await reports.find_to_render(reading.session, now=LATER + timedelta(hours=1), limit=10)
    (task,) = [each for each in tasks if each.version_id == version_id]
    document = await reports.load_document(reading.session, task)
    return document.kind, len(document.predecessors)


@pytest.mark.parametrize("state", ["signed", "delivered", "acknowledged"])
@pytest.mark.asyncio
async def test_a_withdrawal_is_a_version_and_the_case_stays_where_it_stands(
    reading: Reading, state: str
) -> None:
    await reading.write_and_sign(now=LATER)
    await reading.session.execute(
        update(Case).where(Case.id == reading.case_id).values(state=state)
    )

    withdrawn = await withdraw(reading)

    version = await reading.session.get_one(ReportVersion, withdrawn.version_id)
    case = await cases.get_case(reading.session, reading.case_id)
    events = await cases.list_events(reading.session, reading.case_id)
    assert (version.number, version.kind, version.conclusion) == (2, "withdrawal", REASON)
    assert version.signed_by == reading.radiologist.id
    assert case.state == state
    assert (events[-1].kind, events[-1].reason) == ("withdrawn", REASON)
    assert await load_last(reading, withdrawn.version_id) == (DocumentKind.WITHDRAWAL, 1)


@pytest.mark.asyncio
async def test_its_documents_say_what_is_withdrawn_and_repeat_none_of_it(
    reading: Reading,
) -> None:
    await reading.write_and_sign(now=LATER)
    await add(reading, base=1)
    withdrawn = await withdraw(reading, base=2)

    tasks = await reports.find_to_render(reading.session, now=LATER + timedelta(hours=1), limit=10)
    (task,) = [each for each in tasks if each.version_id == withdrawn.version_id]
    document = await reports.load_document(reading.session, task)

    assert document.withdrawal is not None
    assert (document.withdrawal.reason, document.withdrawal.version) == (REASON, 1)
    assert document.withdrawal.signed_at == LATER
    assert (document.chapters, document.addenda) == (Chapters(), ())
    assert len(document.predecessors) == 2


@pytest.mark.asyncio
async def test_another_radiologist_of_the_site_withdraws_it_too(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    other, actor = await add_radiologist(reading.stage)

    withdrawn = await reports.withdraw(
        reading.session, case_id=reading.case_id, base=1, reason=REASON, actor=actor, now=LATER
    )

    version = await versions.get_version(reading.session, withdrawn.version_id)
    assert version.signed_by == other.id


@pytest.mark.asyncio
async def test_nothing_is_added_to_a_withdrawn_report(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    await withdraw(reading)

    with pytest.raises(AlreadyWithdrawn, match="write a new report"):
        await add(reading, base=2)
    with pytest.raises(AlreadyWithdrawn):
        await withdraw(reading, base=2)


@pytest.mark.asyncio
async def test_a_new_report_takes_the_place_of_a_withdrawn_one(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    await withdraw(reading)
    draft = await reports.save_draft(
        reading.session,
        case_id=reading.case_id,
        base=0,
        chapters=Chapters(conclusion="Le bon compte rendu."),
        actor=reading.actor,
        now=LATER + timedelta(minutes=7),
    )

    signed = await reports.sign(
        reading.session,
        case_id=reading.case_id,
        base=draft.draft_number,
        instance_count=2,
        actor=reading.actor,
        now=LATER + timedelta(minutes=8),
    )

    version = await versions.get_version(reading.session, signed.version_id)
    case = await cases.get_case(reading.session, reading.case_id)
    kinds = [event.kind for event in await cases.list_events(reading.session, reading.case_id)]
    assert (version.number, version.kind) == (3, "report")
    assert (case.state, case.state_at) == ("signed", LATER)
    assert kinds[-1] == "replaced"
    assert await load_last(reading, signed.version_id) == (DocumentKind.REPORT, 2)
    await add(reading, base=3)


@pytest.mark.asyncio
async def test_a_standing_report_is_not_written_anew(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)

    with pytest.raises(NotTheReader):
        await reports.save_draft(
            reading.session,
            case_id=reading.case_id,
            base=0,
            chapters=Chapters(conclusion="Autre."),
            actor=reading.actor,
            now=LATER,
        )


@pytest.mark.asyncio
async def test_who_has_not_read_the_last_version_withdraws_nothing(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    await add(reading, base=1)

    with pytest.raises(Conflict, match="version 2"):
        await withdraw(reading, base=1)


@pytest.mark.asyncio
async def test_only_a_signed_report_is_withdrawn(reading: Reading) -> None:
    with pytest.raises(MoveRefused):
        await withdraw(reading, base=0)


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501, "a\0b"])
@pytest.mark.asyncio
async def test_a_withdrawal_says_why(reading: Reading, reason: str) -> None:
    await reading.write_and_sign(now=LATER)

    with pytest.raises(Invalid):
        await withdraw(reading, reason=reason)


@pytest.mark.asyncio
async def test_a_coordinator_withdraws_no_report(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    coordinator = await add_user(reading.stage, role=Role.COORDINATOR)

    with pytest.raises(NotAllowed):
        await reports.withdraw(
            reading.session,
            case_id=reading.case_id,
            base=1,
            reason=REASON,
            actor=coordinator,
            now=LATER,
        )


@pytest.mark.asyncio
async def test_a_withdrawal_has_documents_of_its_own(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    await withdraw(reading)

    uids = select(func.count(Document.sop_instance_uid.distinct()))
    assert await reading.session.scalar(uids) == 4


@pytest.mark.asyncio
async def test_the_new_report_answers_images_that_came_after_the_withdrawn_one(
    reading: Reading,
) -> None:
    session, case_id = reading.session, reading.case_id
    await reading.write_and_sign(now=LATER)
    await case_service.raise_case_task(session, TaskKind.LATE_IMAGES, case_id=case_id, now=LATER)
    await withdraw(reading)
    draft = await reports.save_draft(
        session,
        case_id=case_id,
        base=0,
        chapters=Chapters(conclusion="Lu à nouveau."),
        actor=reading.actor,
        now=LATER,
    )

    await pipeline.sign_report(
        session,
        case_id,
        base=draft.draft_number,
        instance_count=reading.study.instance_count,
        actor=reading.actor,
        now=LATER + timedelta(hours=1),
    )

    (task,) = await session.scalars(select(Task).where(Task.kind == "late_images"))
    assert task.outcome == "new report signed"

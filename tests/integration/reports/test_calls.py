"""A critical finding rings until it was said back; a call is always logged."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import delete, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.cases import service as case_service
from app.db.errors import constraint_of
from app.directory.domain import Role
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.reports import service as reports
from app.reports.domain.calls import CallMade, CallOutcome
from app.reports.domain.versions import NotTheReader
from app.reports.events import CallLogged, CriticalFound
from app.reports.models import Call, CriticalFinding, Preliminary
from app.reports.repository import calls
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task
from tests.factories.reading import Reading, open_reading
from tests.factories.stage import NIGHT, add_radiologist, add_user

LATER = NIGHT + timedelta(minutes=10)
TOLD = CallMade(
    number="+33500000001", outcome=CallOutcome.REACHED, told_to="Dr Martin", read_back=True
)
MISSED = CallMade(number="+33500000001", outcome=CallOutcome.NO_ANSWER)


@pytest_asyncio.fixture
async def reading(session: AsyncSession) -> Reading:
    return await open_reading(session)


async def note(reading: Reading, finding: str = "Dissection aortique.") -> CriticalFound:
    return await reports.note_critical(
        reading.session, case_id=reading.case_id, text=finding, actor=reading.actor, now=LATER
    )


async def log(
    reading: Reading, call: CallMade, *, minutes: int = 1, task_id: int | None = None
) -> CallLogged:
    return await reports.log_call(
        reading.session,
        case_id=reading.case_id,
        call=call if task_id is None else replace(call, task_id=task_id),
        actor=reading.actor,
        now=LATER + timedelta(minutes=minutes),
    )


async def list_kinds(reading: Reading) -> list[str]:
    return [event.kind for event in await cases.list_events(reading.session, reading.case_id)]


async def get_task(reading: Reading, task_id: int) -> Task:
    return await reading.session.get_one(Task, task_id, populate_existing=True)


@pytest.mark.asyncio
async def test_a_critical_finding_asks_for_a_call_to_the_site(reading: Reading) -> None:
    found = await note(reading)

    task = await get_task(reading, found.task_id)
    case = await cases.get_case(reading.session, reading.case_id)
    assert (task.kind, task.subject) == ("critical_call", f"critical:{reading.case_id}:1")
    assert (task.radiologist_id, task.settled_at) == (reading.radiologist.id, None)
    assert task.detail == {"number": 1, "telephone": "+33500000001"}
    assert case.critical_at == LATER
    assert "critical_found" in await list_kinds(reading)


@pytest.mark.asyncio
async def test_it_rings_again_until_it_was_said_back(reading: Reading) -> None:
    found = await note(reading)
    await log(reading, MISSED, task_id=found.task_id)
    await log(reading, replace(MISSED, outcome=CallOutcome.LEFT_MESSAGE), task_id=found.task_id)
    await log(reading, replace(TOLD, read_back=False), task_id=found.task_id)

    rung = await tasks.ring_due(reading.session, now=LATER + timedelta(minutes=3), limit=10)

    task = await get_task(reading, found.task_id)
    assert (rung, task.rung_count, task.settled_at) == (1, 2, None)


@pytest.mark.asyncio
async def test_a_call_that_was_read_back_confirms_it(reading: Reading) -> None:
    found = await note(reading)

    logged = await log(reading, TOLD, task_id=found.task_id)

    task = await get_task(reading, found.task_id)
    case = await cases.get_case(reading.session, reading.case_id)
    (finding,) = await calls.list_findings(reading.session, reading.case_id)
    assert (logged.reached, logged.confirmed) == (True, True)
    assert (task.outcome, task.settled_by) == ("read back", reading.actor.user_id)
    assert case.critical_at is None
    assert finding.confirmed_at == LATER + timedelta(minutes=1)
    assert (await list_kinds(reading))[-2:] == ["call_made", "critical_confirmed"]
    assert await tasks.ring_due(reading.session, now=LATER + timedelta(hours=1), limit=10) == 0


@pytest.mark.asyncio
async def test_a_call_that_names_no_finding_confirms_none(reading: Reading) -> None:
    found = await note(reading)

    logged = await log(reading, TOLD)

    assert logged.confirmed is False
    assert (await get_task(reading, found.task_id)).settled_at is None


@pytest.mark.asyncio
async def test_each_finding_needs_its_own_confirmation(reading: Reading) -> None:
    first = await note(reading)
    second = await reports.note_critical(
        reading.session,
        case_id=reading.case_id,
        text="Pneumothorax compressif.",
        actor=reading.actor,
        now=LATER + timedelta(minutes=2),
    )

    await log(reading, TOLD, minutes=3, task_id=first.task_id)
    between = (await cases.get_case(reading.session, reading.case_id)).critical_at
    await log(reading, TOLD, minutes=4, task_id=second.task_id)
    after = (await cases.get_case(reading.session, reading.case_id)).critical_at

    assert first.task_id != second.task_id
    assert (between, after) == (LATER + timedelta(minutes=2), None)


@pytest.mark.asyncio
async def test_a_second_confirmation_is_logged_and_confirms_nothing_more(reading: Reading) -> None:
    found = await note(reading)
    await log(reading, TOLD, task_id=found.task_id)

    again = await log(reading, TOLD, minutes=5, task_id=found.task_id)

    kinds = await list_kinds(reading)
    assert again.confirmed is False
    assert (kinds.count("call_made"), kinds.count("critical_confirmed")) == (2, 1)
    assert len(await calls.list_calls(reading.session, reading.case_id)) == 2


@pytest.mark.asyncio
async def test_a_reached_call_settles_that_the_site_is_to_be_called(reading: Reading) -> None:
    raised = await tasks.raise_task(
        reading.session,
        TaskKind.CALL_SITE,
        subject=f"delivery-case:{reading.case_id}",
        now=LATER,
        case_id=reading.case_id,
    )
    assert raised is not None
    await log(reading, MISSED)
    missed = (await get_task(reading, raised)).settled_at

    await log(reading, replace(TOLD, read_back=False), minutes=2)

    task = await get_task(reading, raised)
    assert missed is None
    assert (task.outcome, task.settled_at) == ("told by telephone", LATER + timedelta(minutes=2))


@pytest.mark.asyncio
async def test_a_call_that_tells_a_result_stops_the_clock_of_the_first_result(
    reading: Reading,
) -> None:
    logged = await log(reading, replace(TOLD, result="Pas d'hémorragie."))

    row = await reading.session.get_one(Preliminary, logged.preliminary_id)
    case = await cases.get_case(reading.session, reading.case_id)
    assert (row.text, row.told_to, row.means) == ("Pas d'hémorragie.", "Dr Martin", "telephone")
    assert case.preliminary_at == LATER + timedelta(minutes=1)


@pytest.mark.asyncio
async def test_a_second_result_is_kept_beside_the_first_and_the_clock_stays(
    reading: Reading,
) -> None:
    await log(reading, replace(TOLD, result="Pas d'hémorragie."))
    await log(reading, replace(TOLD, result="Finalement, lame sous-durale."), minutes=9)

    texts = list(await reading.session.scalars(select(Preliminary.text).order_by(Preliminary.id)))
    case = await cases.get_case(reading.session, reading.case_id)
    assert texts == ["Pas d'hémorragie.", "Finalement, lame sous-durale."]
    assert case.preliminary_at == LATER + timedelta(minutes=1)


@pytest.mark.asyncio
async def test_nobody_but_the_reader_tells_a_result(reading: Reading) -> None:
    coordinator = await add_user(reading.stage, role=Role.COORDINATOR)
    _, other = await add_radiologist(reading.stage)

    for actor, error in ((coordinator, NotAllowed), (other, NotTheReader)):
        with pytest.raises(error):
            await reports.log_call(
                reading.session,
                case_id=reading.case_id,
                call=replace(TOLD, result="Normal."),
                actor=actor,
                now=LATER,
            )


@pytest.mark.asyncio
async def test_a_finding_is_noted_after_the_signature_too(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    _, other = await add_radiologist(reading.stage)

    found = await reports.note_critical(
        reading.session, case_id=reading.case_id, text="Fracture de C2.", actor=other, now=LATER
    )

    case = await cases.get_case(reading.session, reading.case_id)
    assert (case.state, case.critical_at) == ("signed", LATER)
    assert found.finding_id > 0


@pytest.mark.asyncio
async def test_a_voided_case_has_no_findings(reading: Reading) -> None:
    assert reading.actor.user_id is not None
    await case_service.void(
        reading.session,
        case_id=reading.case_id,
        reason="Doublon.",
        by_user_id=reading.actor.user_id,
        now=LATER,
    )

    with pytest.raises(Conflict, match="voided"):
        await note(reading)


@pytest.mark.parametrize("finding", ["", "  ", "x" * 501, "a\0b"])
@pytest.mark.asyncio
async def test_a_finding_that_says_nothing_is_refused(reading: Reading, finding: str) -> None:
    with pytest.raises(Invalid):
        await note(reading, finding)


@pytest.mark.asyncio
async def test_who_is_no_radiologist_finds_nothing(reading: Reading) -> None:
    coordinator = await add_user(reading.stage, role=Role.COORDINATOR)

    with pytest.raises(NotAllowed):
        await reports.note_critical(
            reading.session, case_id=reading.case_id, text="Normal.", actor=coordinator, now=LATER
        )


@pytest.mark.asyncio
async def test_a_call_cannot_name_a_task_of_another_case(reading: Reading) -> None:
    raised = await tasks.raise_task(
        reading.session, TaskKind.CRITICAL_CALL, subject="critical:0:1", now=LATER
    )
    assert raised is not None

    with pytest.raises(NotFound, match="no task"):
        await log(reading, TOLD, task_id=raised)

    assert (await get_task(reading, raised)).settled_at is None


@pytest.mark.parametrize("model", [Call, CriticalFinding])
@pytest.mark.asyncio
async def test_the_database_keeps_calls_and_findings_as_they_were(
    reading: Reading, model: type[Call | CriticalFinding]
) -> None:
    found = await note(reading)
    await log(reading, TOLD, task_id=found.task_id)

    with pytest.raises(DBAPIError) as refused:
        await reading.session.execute(delete(model))

    assert constraint_of(refused.value) == f"tr_{model.__tablename__}_append_only"


@pytest.mark.asyncio
async def test_no_task_holds_what_was_found(reading: Reading) -> None:
    found = await note(reading, "DUPONT Jeanne : dissection.")

    task = await get_task(reading, found.task_id)

    assert "DUPONT" not in f"{task.subject} {task.detail}"


@pytest.mark.asyncio
async def test_a_finding_of_a_case_that_was_set_aside_is_not_said_to_be_confirmed(
    reading: Reading,
) -> None:
    await note(reading)

    await pipeline.void(
        reading.session, reading.case_id, actor=reading.actor, reason="twice", now=LATER
    )

    (finding,) = await calls.list_findings(reading.session, reading.case_id)
    assert (finding.confirmed_at, finding.confirmed_by_name) == (None, None)

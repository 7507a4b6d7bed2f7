"""What is told about a case: a critical finding, a telephone call, that a report is withdrawn."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Form, Response
from fastapi.responses import RedirectResponse

from app import pipeline
from app.cases.domain.incidents import IncidentKind
from app.directory.domain import Permission
from app.reports.domain.calls import LONGEST_NUMBER, CallMade, CallOutcome
from app.reports.domain.versions import LONGEST_LINE
from app.web.case_access import enter_case
from app.web.pages.door import Visit, visit
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/cases/{case_id}")

Writer = Annotated[Visit, visit(Permission.REPORT_WRITE)]
Caller = Annotated[Visit, visit(Permission.CALL_WRITE)]
Seer = Annotated[Visit, visit(Permission.CASE_RAISE)]
Line = Annotated[str, Form(min_length=1, max_length=LONGEST_LINE)]
Note = Annotated[str, Form(max_length=LONGEST_LINE)]
TaskNamed = Annotated[str, Form(pattern=r"^[1-9][0-9]{0,17}$|^$")]
"""A form sends its empty fields too, and they mean nothing."""


def _back_to(case_id: int) -> Response:
    return RedirectResponse(f"/cases/{case_id}", 303)


@router.post("/critical-findings")
async def note_critical(case_id: Key, guest: Writer, text: Line) -> Response:
    """Note a finding that somebody at the hospital must hear."""
    await enter_case(guest.work, case_id, Permission.REPORT_WRITE)
    await pipeline.note_critical(
        guest.session, case_id, text=text, actor=guest.work.actor, now=guest.work.now
    )
    return _back_to(case_id)


def read_call(
    number: Annotated[str, Form(min_length=1, max_length=LONGEST_NUMBER)],
    outcome: Annotated[CallOutcome, Form()],
    told_to: Note = "",
    read_back: Annotated[Literal["", "yes"], Form()] = "",
    note: Note = "",
    task_id: TaskNamed = "",
) -> CallMade:
    """Read what the form says of a call."""
    return CallMade(
        number=number.strip(),
        outcome=outcome,
        told_to=told_to.strip(),
        read_back=read_back == "yes",
        note=note.strip(),
        task_id=int(task_id) if task_id else None,
    )


@router.post("/calls")
async def log_call(
    case_id: Key, guest: Caller, call: Annotated[CallMade, Depends(read_call)]
) -> Response:
    """Log a call that was made, also one that nobody answered."""
    await enter_case(guest.work, case_id, Permission.CALL_WRITE)
    await pipeline.log_call(
        guest.session, case_id, call=call, actor=guest.work.actor, now=guest.work.now
    )
    return _back_to(case_id)


@router.post("/withdrawal")
async def withdraw(
    case_id: Key, guest: Writer, base: Annotated[int, Form(ge=0, le=LARGEST_KEY)], reason: Line
) -> Response:
    """Sign that the report is withdrawn."""
    await enter_case(guest.work, case_id, Permission.REPORT_WRITE)
    await pipeline.withdraw_report(
        guest.session,
        case_id,
        base=base,
        reason=reason,
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return _back_to(case_id)


@router.post("/incidents")
async def note_incident(
    case_id: Key, guest: Seer, kind: Annotated[IncidentKind, Form()], text: Line
) -> Response:
    """Put a technical event on the timeline."""
    await enter_case(guest.work, case_id, Permission.CASE_RAISE)
    await pipeline.note_incident(
        guest.session, case_id, kind=kind, text=text, actor=guest.work.actor, now=guest.work.now
    )
    return _back_to(case_id)

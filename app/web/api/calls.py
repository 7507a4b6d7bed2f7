"""What must be told by telephone about a case: critical findings, and the calls that were made."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.reports.domain.calls import LONGEST_NUMBER, CallMade, CallOutcome
from app.reports.domain.versions import LONGEST_LINE
from app.reports.repository import calls
from app.web.case_access import enter_case
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, BodyKey, Key, View

router = APIRouter(prefix="/cases/{case_id}", tags=["calls"])

Reader = Annotated[Work, needs(Permission.REPORT_READ)]
Writer = Annotated[Work, needs(Permission.REPORT_WRITE)]
Caller = Annotated[Work, needs(Permission.CALL_WRITE)]

Told = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE)]
Said = Annotated[str, Field(max_length=LONGEST_LINE)]


class CriticalFindingBody(Body):
    """What somebody at the site must hear."""

    text: Told


class CallBody(Body):
    """A call that was made.

    `told_to` and `read_back` belong to a call that reached somebody. `task_id` names the critical
    finding that it was made for: only then, and only read back, does it confirm one. `result` is a
    first result that it told; only the reader of the case tells one.
    """

    number: Annotated[str, Field(min_length=1, max_length=LONGEST_NUMBER)]
    outcome: CallOutcome
    told_to: Said = ""
    read_back: bool = False
    note: Said = ""
    task_id: BodyKey | None = None
    result: Said = ""


class CriticalFindingView(View):
    """A critical finding; `task_id` is what a call that confirms it names."""

    finding_id: int
    task_id: int
    text: str
    noted_at: datetime
    noted_by_name: str
    confirmed_at: datetime | None
    confirmed_by_name: str | None


class CallView(View):
    """A call that was logged."""

    call_id: int
    task_id: int | None
    at: datetime
    by_name: str
    number: str
    outcome: str
    told_to: str
    read_back: bool
    note: str


class LoggedView(View):
    """What a call settled: of two that confirm one finding at once, the first does."""

    call_id: int
    confirmed: bool
    preliminary_id: int | None


async def _list_findings(work: Work, case_id: int) -> list[CriticalFindingView]:
    found = await calls.list_findings(work.session, case_id)
    return [CriticalFindingView.model_validate(each) for each in found]


@router.get("/critical-findings", responses=raises(NotFound))
async def list_critical_findings(case_id: Key, work: Reader) -> list[CriticalFindingView]:
    """List the critical findings of a case, and whether each was said back; the view is logged."""
    await enter_case(work, case_id, Permission.REPORT_READ)
    work.note_access("view", subject="report", subject_id=case_id)
    return await _list_findings(work, case_id)


@router.post("/critical-findings", status_code=201, responses=raises(NotFound, Conflict))
async def create_critical_finding(
    case_id: Key, body: CriticalFindingBody, work: Writer
) -> list[CriticalFindingView]:
    """Note a finding that somebody must hear now: it rings until a call says it was read back."""
    await enter_case(work, case_id, Permission.REPORT_WRITE)
    await pipeline.note_critical(
        work.session, case_id, text=body.text, actor=work.actor, now=work.now
    )
    return await _list_findings(work, case_id)


@router.get("/calls", responses=raises(NotFound))
async def list_calls(case_id: Key, work: Reader) -> list[CallView]:
    """List the calls that were made about a case; the view is logged."""
    await enter_case(work, case_id, Permission.REPORT_READ)
    work.note_access("view", subject="report", subject_id=case_id)
    found = await calls.list_calls(work.session, case_id)
    return [CallView.model_validate(each) for each in found]


@router.post("/calls", status_code=201, responses=raises(NotFound, Conflict))
async def create_call(case_id: Key, body: CallBody, work: Caller) -> LoggedView:
    """Log a call: a fact, kept whatever it reached; it settles what it was made for."""
    await enter_case(work, case_id, Permission.CALL_WRITE)
    logged = await pipeline.log_call(
        work.session,
        case_id,
        call=CallMade(**body.model_dump()),
        actor=work.actor,
        now=work.now,
    )
    return LoggedView.model_validate(logged)

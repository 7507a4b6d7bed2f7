"""Cases: what they are, and what people do to them."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from app import pipeline
from app.cases import repository as case_repository
from app.cases.domain.intervals import Milestone
from app.cases.domain.priority import Priority
from app.directory.domain import Permission
from app.dispatch.domain.watch import SignMeans
from app.indicators.queries import load_intervals
from app.kit.errors import Conflict, NotFound
from app.web.case_access import enter_case, may_in_case
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import LARGEST_KEY, Body, Key, View
from app.worklist.queries.case import load_case_sheet
from app.worklist.views.case import CaseSheet, DecisionView, EventView

router = APIRouter(prefix="/cases", tags=["cases"])

Reader = Annotated[Work, needs(Permission.CASE_READ)]
Claimer = Annotated[Work, needs(Permission.CASE_CLAIM)]
Raiser = Annotated[Work, needs(Permission.CASE_RAISE)]
Coordinator = Annotated[Work, needs(Permission.CASE_COORDINATE)]

Reason = Annotated[
    str, Field(min_length=1, max_length=500, description="kept on the timeline; no patient data")
]
AnyKey = Annotated[int, Field(ge=1, le=LARGEST_KEY)]


class Because(Body):
    """Why something is done."""

    reason: Reason


class Reassignment(Body):
    """To whom a case is given, and why."""

    radiologist_id: AnyKey
    reason: Reason


class SignBody(Body):
    """By what somebody shows that they are there."""

    means: Literal["key", "telephone"] = "key"


class PriorityBody(Body):
    """How urgent a case is, and who says so."""

    priority: Priority
    reason: Reason


class SeenBody(Body):
    """How many of its images the reader's screen had shown."""

    instance_count: Annotated[int, Field(ge=0, le=LARGEST_KEY)]


class Standing(View):
    """Where a case stands now."""

    id: int
    state: str
    priority: str
    version: int
    reader_id: int | None


class IntervalView(View):
    """The time from one event of a case to another."""

    start: Milestone
    end: Milestone
    less_aside: bool
    """Without the time for which its reader had put it aside."""
    started_at: datetime
    ended_at: datetime
    seconds: float
    """Less than 0 where the second event came first."""


async def _show(work: Work, case_id: int) -> Standing:
    return Standing.model_validate(await case_repository.get_case(work.session, case_id))


async def _load_sheet(work: Work, case_id: int, *, action: str) -> CaseSheet:
    await enter_case(work, case_id, Permission.CASE_READ)
    work.note_access(action, subject="case", subject_id=case_id)
    sheet = await load_case_sheet(work.session, case_id=case_id)
    if sheet is None:
        raise case_repository.CaseNotFound(case_id)
    if await may_in_case(work, case_id, Permission.REPORT_WRITE):
        return sheet
    # What nobody has signed is for those who write it.
    return replace(sheet, versions=sheet.signed)


@router.get("/{case_id}", responses=raises(NotFound))
async def show_case(case_id: Key, work: Reader) -> CaseSheet:
    """Show all there is to know of a case; the view is logged."""
    return await _load_sheet(work, case_id, action="view")


@router.get("/{case_id}/timeline", responses=raises(NotFound))
async def show_timeline(case_id: Key, work: Reader) -> tuple[EventView, ...]:
    """Show every move and fact of a case, oldest first."""
    return (await _load_sheet(work, case_id, action="view timeline")).timeline


@router.get("/{case_id}/intervals", responses=raises(NotFound))
async def show_intervals(case_id: Key, work: Reader) -> list[IntervalView]:
    """Show how long what took, each named by its two events; what is not over is not there."""
    await enter_case(work, case_id, Permission.CASE_READ)
    work.note_access("view intervals", subject="case", subject_id=case_id)
    found = await load_intervals(work.session, case_id=case_id)
    return [
        IntervalView(
            start=each.span.start,
            end=each.span.end,
            less_aside=each.span.less_aside,
            started_at=each.started_at,
            ended_at=each.ended_at,
            seconds=each.took.total_seconds(),
        )
        for each in found
    ]


@router.get("/{case_id}/decisions", responses=raises(NotFound))
async def show_decisions(case_id: Key, work: Reader) -> tuple[DecisionView, ...]:
    """Show who was considered for a case, who was left out, and why, oldest first."""
    return (await _load_sheet(work, case_id, action="view decisions")).decisions


@router.post("/{case_id}/acknowledge", responses=raises(NotFound, Conflict))
async def acknowledge_case(case_id: Key, work: Claimer, body: SignBody | None = None) -> Standing:
    """Say that one has seen the case one is offered: the clock of its slack goes on."""
    await enter_case(work, case_id, Permission.CASE_CLAIM)
    means = SignMeans.KEY if body is None else SignMeans(body.means)
    await pipeline.acknowledge(work.session, case_id, actor=work.actor, now=work.now, means=means)
    return await _show(work, case_id)


@router.post("/{case_id}/claim", responses=raises(NotFound, Conflict))
async def claim_case(case_id: Key, work: Claimer) -> Standing:
    """Take a case; when another was first, the answer says who."""
    await enter_case(work, case_id, Permission.CASE_CLAIM)
    await pipeline.claim(work.session, case_id, actor=work.actor, now=work.now)
    return await _show(work, case_id)


@router.post("/{case_id}/release", responses=raises(NotFound, Conflict))
async def release_case(case_id: Key, body: Because, work: Claimer) -> Standing:
    """Give back a case that one reads; it is offered to others at once."""
    await enter_case(work, case_id, Permission.CASE_CLAIM)
    await pipeline.release(
        work.session, case_id, actor=work.actor, reason=body.reason, now=work.now
    )
    return await _show(work, case_id)


@router.post("/{case_id}/put-aside", responses=raises(NotFound, Conflict))
async def put_case_aside(case_id: Key, work: Claimer) -> Standing:
    """Put a case that one reads aside, to take a more urgent one first; for a while only."""
    await enter_case(work, case_id, Permission.CASE_CLAIM)
    await pipeline.put_aside(work.session, case_id, actor=work.actor, now=work.now)
    return await _show(work, case_id)


@router.post("/{case_id}/resume", responses=raises(NotFound, Conflict))
async def resume_case(case_id: Key, work: Claimer) -> Standing:
    """Take up again a case that one had put aside."""
    await enter_case(work, case_id, Permission.CASE_CLAIM)
    await pipeline.resume(work.session, case_id, actor=work.actor, now=work.now)
    return await _show(work, case_id)


@router.post("/{case_id}/still-reading", responses=raises(NotFound, Conflict))
async def say_still_reading(case_id: Key, work: Claimer, body: SignBody | None = None) -> Standing:
    """Give a human sign for a case that one reads; a page's timer is none."""
    await enter_case(work, case_id, Permission.CASE_CLAIM)
    means = SignMeans.KEY if body is None else SignMeans(body.means)
    await pipeline.still_reading(work.session, case_id, actor=work.actor, now=work.now, means=means)
    return await _show(work, case_id)


@router.post("/{case_id}/leave-with-reader", responses=raises(NotFound, Conflict))
async def leave_case_with_reader(case_id: Key, body: Because, work: Coordinator) -> Standing:
    """Leave a case with its reader, who was asked about it and does not answer here."""
    await enter_case(work, case_id, Permission.CASE_COORDINATE)
    await pipeline.leave_with_reader(
        work.session, case_id, actor=work.actor, reason=body.reason, now=work.now
    )
    return await _show(work, case_id)


@router.post("/{case_id}/dispossess", responses=raises(NotFound, Conflict))
async def dispossess_case(case_id: Key, body: Because, work: Coordinator) -> Standing:
    """Open a claimed case to others; who had it may take it up again until somebody else does."""
    await enter_case(work, case_id, Permission.CASE_COORDINATE)
    await pipeline.dispossess(
        work.session, case_id, actor=work.actor, reason=body.reason, now=work.now
    )
    return await _show(work, case_id)


@router.post("/{case_id}/reassign", responses=raises(NotFound, Conflict))
async def reassign_case(case_id: Key, body: Reassignment, work: Coordinator) -> Standing:
    """Offer a case to a named reader, taking it back from whoever has it."""
    await enter_case(work, case_id, Permission.CASE_COORDINATE)
    await pipeline.reassign(
        work.session,
        case_id,
        to_radiologist_id=body.radiologist_id,
        actor=work.actor,
        reason=body.reason,
        now=work.now,
    )
    return await _show(work, case_id)


@router.put("/{case_id}/priority", responses=raises(NotFound, Conflict))
async def put_priority(case_id: Key, body: PriorityBody, work: Raiser) -> Standing:
    """Change how urgent a case is; it takes new clocks and keeps the old ones on record.

    Everybody who sees it may raise it, the site too; radiologists and coordinators lower it.
    """
    await enter_case(work, case_id, Permission.CASE_RAISE)
    await pipeline.change_priority(
        work.session,
        case_id,
        priority=body.priority,
        reason=body.reason,
        may_lower=await may_in_case(work, case_id, Permission.CASE_PRIORITISE),
        actor=work.actor,
        now=work.now,
    )
    return await _show(work, case_id)


@router.post("/{case_id}/images-seen", responses=raises(NotFound))
async def mark_seen(case_id: Key, body: SeenBody, work: Claimer) -> Standing:
    """Say how many images one has seen; those that came since stay marked as new."""
    await enter_case(work, case_id, Permission.CASE_CLAIM)
    await pipeline.mark_images_seen(
        work.session,
        case_id,
        seen_count=body.instance_count,
        actor=work.actor,
        now=work.now,
    )
    return await _show(work, case_id)


@router.post("/{case_id}/void", responses=raises(NotFound, Conflict))
async def void_case(case_id: Key, body: Because, work: Coordinator) -> Standing:
    """Set a case aside for good, with a reason; its timeline stays."""
    await enter_case(work, case_id, Permission.CASE_COORDINATE)
    await pipeline.void(work.session, case_id, actor=work.actor, reason=body.reason, now=work.now)
    return await _show(work, case_id)

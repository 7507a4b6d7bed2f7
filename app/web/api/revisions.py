"""Revisions of a planning: draft, edit, judge, publish, export."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy.dialects.postgresql import Range

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Conflict, Invalid, NotFound
from app.planning.domain.errors import NoSuchPlanning
from app.planning.domain.roster.profile import Rule
from app.planning.domain.validator import Severity, Violation
from app.planning.models import PlanningRevision
from app.planning.repository import plannings
from app.planning.service import drafts
from app.planning.service.editing import rename_draft
from app.planning.service.judging import judge_revision
from app.planning.service.publishing import publish_draft
from app.planning.service.roster import list_roster, summarise, write_csv
from app.web.api.guards import Published, Rules
from app.web.api.instants import Day
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, Key, Line, View

router = APIRouter(prefix="/plannings/{planning_id}/revisions", tags=["planning"])

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Writer = Annotated[Work, needs(Permission.PLANNING_WRITE)]
Publisher = Annotated[Work, needs(Permission.PLANNING_PUBLISH)]


class RevisionView(View):
    """A draft (without a number), or the n-th published revision."""

    id: int
    planning_id: int
    number: int | None
    base_number: int
    kind: str
    name: str
    reason: str
    version: int
    created_at: datetime
    created_by: int | None
    published_at: datetime | None
    published_by: int | None


class ReferenceBody(Body):
    """A reference period of volumes; `until` is the first day behind it."""

    since: Day
    until: Day


class DraftBody(Body):
    """A draft: generated from volumes, or empty on what is in force."""

    generate: bool = True
    reference: ReferenceBody | None = None
    reason: Line | None = None
    name: Line | None = None


class NameBody(Body):
    """What a draft is called."""

    name: Line


class PublishBody(Body):
    """What the planner has looked at, and knowingly accepts, saying why."""

    version: int | None = Field(default=None, ge=0, description="of the draft, as it was shown")
    accepted: Rules = frozenset()
    reason: Line | None = None


class ViolationView(View):
    """A rule that is broken, and by which seats."""

    rule: Rule
    severity: Severity
    seats: list[int]
    radiologist: int | None
    message: str


class RosterRowView(View):
    """A seat as a revision leaves it."""

    seat_id: int
    segment: str
    line: str
    kind: str
    start: datetime
    end: datetime
    society_id: int
    society: str
    radiologist_id: int | None
    radiologist: str | None
    reason: str


class SummaryView(View):
    """What a roster comes to; seats owed by name of society."""

    seats: int
    uncovered: int
    loans: int
    by_society: dict[str, int]


class RevisionDetail(RevisionView):
    """A revision with the whole planning as it leaves it, and the rules it breaks."""

    summary: SummaryView
    violations: list[ViolationView]
    roster: list[RosterRowView]


def view_violations(found: Iterable[Violation]) -> list[ViolationView]:
    """Show what a judge found."""
    return [ViolationView.model_validate(each) for each in found]


async def find_revision_of(work: Work, planning_id: int, revision_id: int) -> PlanningRevision:
    """Find a revision of this planning.

    Raises
    ------
    NoSuchPlanning
        If there is none.
    """
    revision = await plannings.find_revision(work.session, revision_id)
    if revision.planning_id != planning_id:
        raise NoSuchPlanning(f"planning {planning_id} has no revision {revision_id}")
    return revision


@router.post("", status_code=201, responses=raises(NotFound))
async def post_draft(planning_id: Key, body: DraftBody, work: Writer) -> RevisionView:
    """Make a draft: share the seats by volume and fill them by turn, or start with none."""
    reason = body.reason or ""
    if body.generate:
        revision_id = await drafts.generate_draft(
            work.session,
            planning_id=planning_id,
            actor=work.actor,
            now=work.now,
            reference=_read_reference(body.reference),
            reason=reason,
            name=body.name or "",
        )
    else:
        revision_id = await drafts.start_draft(
            work.session,
            planning_id=planning_id,
            reason=reason,
            actor=work.actor,
            now=work.now,
            name=body.name or "",
        )
    return RevisionView.model_validate(await plannings.find_revision(work.session, revision_id))


@router.get("/{revision_id}", responses=raises(NotFound))
async def show_revision(planning_id: Key, revision_id: Key, work: Reader) -> RevisionDetail:
    """Show a revision: who holds which seat, and which rules it breaks."""
    revision = await find_revision_of(work, planning_id, revision_id)
    rows = await list_roster(work.session, revision_id=revision_id)
    found = await judge_revision(work.session, revision_id, now=work.now)
    return RevisionDetail(
        **RevisionView.model_validate(revision).model_dump(),
        summary=SummaryView.model_validate(summarise(rows)),
        violations=view_violations(found),
        roster=[RosterRowView.model_validate(row) for row in rows],
    )


@router.get(
    "/{revision_id}/roster.csv",
    response_class=Response,
    responses={
        **raises(NotFound),
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
    },
)
async def export_revision(planning_id: Key, revision_id: Key, work: Reader) -> Response:
    """Export the whole planning as a revision leaves it, one line for each seat."""
    await find_revision_of(work, planning_id, revision_id)
    rows = await list_roster(work.session, revision_id=revision_id)
    headers = {"Content-Disposition": f'attachment; filename="planning-{revision_id}.csv"'}
    return Response(write_csv(rows), media_type="text/csv", headers=headers)


@router.post("/{revision_id}/publish", responses=raises(NotFound, Conflict))
async def publish_revision(
    planning_id: Key, revision_id: Key, body: PublishBody, work: Publisher
) -> Published:
    """Put a draft in force as the next revision."""
    await find_revision_of(work, planning_id, revision_id)
    event = await publish_draft(
        work.session,
        revision_id=revision_id,
        actor=work.actor,
        now=work.now,
        accepted=body.accepted,
        looked_at=body.version,
        reason=body.reason,
    )
    await pipeline.planning_published(work.session, event)
    return Published.of(event)


@router.put("/{revision_id}/name", responses=raises(NotFound, Conflict))
async def put_name(
    planning_id: Key, revision_id: Key, body: NameBody, work: Writer
) -> RevisionView:
    """Call a draft by a name, to tell it from others beside it."""
    await find_revision_of(work, planning_id, revision_id)
    await rename_draft(work.session, revision_id, name=body.name, actor=work.actor)
    return RevisionView.model_validate(await plannings.find_revision(work.session, revision_id))


@router.delete(
    "/{revision_id}",
    status_code=204,
    responses=raises(NotFound, Conflict),
)
async def delete_draft(planning_id: Key, revision_id: Key, work: Writer) -> None:
    """Throw a draft away; what was published stays for ever."""
    await find_revision_of(work, planning_id, revision_id)
    await drafts.discard_draft(work.session, revision_id, actor=work.actor)


def _read_reference(body: ReferenceBody | None) -> Range[date] | None:
    if body is None:
        return None
    if body.until <= body.since:
        raise Invalid("a reference period must end after it begins")
    return Range(body.since, body.until)

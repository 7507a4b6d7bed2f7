"""Revisions of a planning: draft, edit, judge, publish, export."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from sqlalchemy.dialects.postgresql import Range

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Conflict, Invalid, NotFound
from app.planning.domain.errors import NoSuchPlanning
from app.planning.domain.validator import Rule, Violation
from app.planning.models import PlanningRevision
from app.planning.repository import plannings
from app.planning.service import drafts
from app.planning.service.publishing import publish_draft
from app.planning.service.roster import list_roster, summarise, write_csv
from app.web.api.guards import Published, Rules
from app.web.api.instants import Day
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import Body, BodyKey, Key, Line, View

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
    reason: str
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


class HolderBody(Body):
    """Who is to hold a seat; nobody: `null`."""

    radiologist_id: BodyKey | None


class PublishBody(Body):
    """What the planner knowingly accepts."""

    accepted: Rules = frozenset()


class ViolationView(View):
    """A rule that is broken, and by which seats."""

    rule: Rule
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


def _view_violations(found: Iterable[Violation]) -> list[ViolationView]:
    return [ViolationView.model_validate(each) for each in found]


async def _find(work: Work, planning_id: int, revision_id: int) -> PlanningRevision:
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
        )
    else:
        revision_id = await drafts.start_draft(
            work.session, planning_id=planning_id, reason=reason, actor=work.actor, now=work.now
        )
    return RevisionView.model_validate(await plannings.find_revision(work.session, revision_id))


@router.get("/{revision_id}", responses=raises(NotFound))
async def show_revision(planning_id: Key, revision_id: Key, work: Reader) -> RevisionDetail:
    """Show a revision: who holds which seat, and which rules it breaks."""
    revision = await _find(work, planning_id, revision_id)
    rows = await list_roster(work.session, revision_id=revision_id)
    found = await drafts.judge_revision(work.session, revision_id)
    return RevisionDetail(
        **RevisionView.model_validate(revision).model_dump(),
        summary=SummaryView.model_validate(summarise(rows)),
        violations=_view_violations(found),
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
    await _find(work, planning_id, revision_id)
    rows = await list_roster(work.session, revision_id=revision_id)
    headers = {"Content-Disposition": f'attachment; filename="planning-{revision_id}.csv"'}
    return Response(write_csv(rows), media_type="text/csv", headers=headers)


@router.put(
    "/{revision_id}/seats/{seat_id}",
    responses=raises(NotFound, Conflict),
)
async def put_holder(
    planning_id: Key, revision_id: Key, seat_id: Key, body: HolderBody, work: Writer
) -> list[ViolationView]:
    """Propose another holder of a seat in a draft; the answer is what the draft breaks by it."""
    await _find(work, planning_id, revision_id)
    found = await drafts.edit_draft(
        work.session,
        revision_id=revision_id,
        seat_id=seat_id,
        radiologist_id=body.radiologist_id,
        actor=work.actor,
    )
    return _view_violations(found)


@router.post("/{revision_id}/publish", responses=raises(NotFound, Conflict))
async def publish_revision(
    planning_id: Key, revision_id: Key, body: PublishBody, work: Publisher
) -> Published:
    """Put a draft in force as the next revision."""
    await _find(work, planning_id, revision_id)
    event = await publish_draft(
        work.session,
        revision_id=revision_id,
        actor=work.actor,
        now=work.now,
        accepted=body.accepted,
    )
    await pipeline.planning_published(work.session, event)
    return Published.of(event)


@router.delete(
    "/{revision_id}",
    status_code=204,
    responses=raises(NotFound, Conflict),
)
async def delete_draft(planning_id: Key, revision_id: Key, work: Writer) -> None:
    """Throw a draft away; what was published stays for ever."""
    await _find(work, planning_id, revision_id)
    await drafts.discard_draft(work.session, revision_id, actor=work.actor)


def _read_reference(body: ReferenceBody | None) -> Range[date] | None:
    if body is None:
        return None
    if body.until <= body.since:
        raise Invalid("a reference period must end after it begins")
    return Range(body.since, body.until)

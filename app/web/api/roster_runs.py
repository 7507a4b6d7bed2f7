"""Roster runs: ask for a roster, see how far it is, stop it and keep the best."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.planning.domain.roster.problem import Limits
from app.planning.domain.runs import RunKind, RunRequest, RunState
from app.planning.repository import plannings, runs
from app.planning.repository.runs import NoSuchRun
from app.planning.service.runs import ask_for_run, stop_run
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.paging import Page, WantedPage, cut
from app.web.schemas import Body, BodyKey, Key, Line, View

router = APIRouter(prefix="/plannings/{planning_id}/roster-runs", tags=["planning"])

Reader = Annotated[Work, needs(Permission.PLANNING_READ)]
Writer = Annotated[Work, needs(Permission.PLANNING_WRITE)]
Some = Annotated[frozenset[BodyKey], Field(max_length=1000)]


class RunBody(Body):
    """What is to be computed: a roster, or the mending of the published one."""

    kind: RunKind = RunKind.GENERATE
    seconds: Annotated[float, Field(ge=1, le=3600)] = 60
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 1
    workers: Annotated[int, Field(ge=1, le=8)] = 2
    deterministic: float | None = Field(
        default=None, gt=0, description="limit in the solver's own time: one seed, one roster"
    )
    draft: BodyKey | None = Field(
        default=None, description="whose locked seats stay, and from which the search begins"
    )
    freed: Some = Field(default=frozenset(), description="seats whose holder cannot come")
    away: Some = Field(default=frozenset(), description="radiologists who cannot come at all")
    name: Line | None = None
    reason: Line | None = None


class RunView(View):
    """A roster run: how far it is, or what came of it."""

    id: int
    planning_id: int
    kind: RunKind
    state: RunState
    progress: dict[str, Any] | None
    result: dict[str, Any] | None
    error: str
    revision_id: int | None
    requested_at: datetime
    requested_by: int | None
    started_at: datetime | None
    finished_at: datetime | None


@router.post("", status_code=202, responses=raises(NotFound, Conflict))
async def post_run(planning_id: Key, body: RunBody, work: Writer) -> RunView:
    """Ask for a roster; a scheduler computes it, and a draft comes of it."""
    request = RunRequest(
        limits=Limits(
            seconds=body.seconds,
            deterministic=body.deterministic,
            workers=body.workers,
            seed=body.seed,
        ),
        draft=body.draft,
        freed=body.freed,
        away=body.away,
        name=body.name or "",
        reason=body.reason or "",
    )
    run_id = await ask_for_run(
        work.session,
        planning_id=planning_id,
        kind=body.kind,
        request=request,
        actor=work.actor,
        now=work.now,
    )
    return await _view(work, planning_id, run_id)


@router.get("", responses=raises(NotFound))
async def list_runs(planning_id: Key, work: Reader, page: WantedPage) -> Page[RunView]:
    """List the roster runs of a planning."""
    await plannings.find_planning(work.session, planning_id)
    rows = await runs.list_runs(
        work.session, planning_id=planning_id, limit=page.fetch, after=page.after
    )
    views = [RunView.model_validate(row) for row in rows]
    return cut(views, page=page, keys=[row.id for row in rows])


@router.get("/{run_id}", responses=raises(NotFound))
async def show_run(planning_id: Key, run_id: Key, work: Reader) -> RunView:
    """Show how far a roster run is, or what came of it."""
    return await _view(work, planning_id, run_id)


@router.post("/{run_id}/stop", responses=raises(NotFound))
async def post_stop(planning_id: Key, run_id: Key, work: Writer) -> RunView:
    """Stop a roster run: it keeps the best roster that it has."""
    await _view(work, planning_id, run_id)
    await stop_run(work.session, run_id, actor=work.actor, now=work.now)
    return await _view(work, planning_id, run_id)


async def _view(work: Work, planning_id: int, run_id: int) -> RunView:
    row = await runs.find_run(work.session, run_id)
    if row.planning_id != planning_id:
        raise NoSuchRun(run_id)
    return RunView.model_validate(row)

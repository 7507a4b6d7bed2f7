"""A roster that is computed: ask for it, watch it come nearer, stop it and keep the best."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.directory.domain import Permission
from app.planning.domain.roster.problem import Limits, Objective
from app.planning.domain.runs import RunKind, RunRequest, RunState
from app.planning.models import RosterRun
from app.planning.repository import runs
from app.planning.service.runs import ask_for_run, stop_run
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import render_part
from app.web.pages.texts import N_
from app.web.schemas import LARGEST_KEY, Key

router = APIRouter(prefix="/planning/{planning_id}/runs")

Reader = Annotated[Visit, visit(Permission.PLANNING_READ)]
Writer = Annotated[Visit, visit(Permission.PLANNING_WRITE)]
Seconds = Annotated[int, Form(ge=1, le=3600)]
Draft = Annotated[int | None, Form(ge=1, le=LARGEST_KEY)]
WantedMonth = Annotated[str, Query(max_length=7, pattern=r"^(20\d\d-\d\d)?$")]
_MOST = 1000
_OPEN = frozenset({RunState.QUEUED, RunState.RUNNING, RunState.STOPPING})

OBJECTIVES = {
    Objective.COVER: N_("seats without anybody"),
    Objective.LOANS: N_("loans between societies"),
    Objective.CHANGES: N_("published seats changed"),
    Objective.LARGEST_DEVIATION: N_("largest difference between people"),
    Objective.DEVIATION: N_("differences between people"),
    Objective.SPACING: N_("nights too close"),
    Objective.WISHES: N_("wishes and soft rules"),
    Objective.STABILITY: N_("changes to the roster before"),
}
STATES = {
    RunState.QUEUED: N_("waits for a scheduler"),
    RunState.RUNNING: N_("is computed"),
    RunState.STOPPING: N_("stops, and keeps the best"),
    RunState.DONE: N_("done"),
    RunState.FAILED: N_("failed"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """The last run of a planning."""

    planning_id: int
    month: str
    run: RosterRun | None
    may_write: bool

    @property
    def is_open(self) -> bool:
        """Is it still to be waited for?"""
        return self.run is not None and self.run.state in _OPEN


@router.get("/last")
async def show_last(planning_id: Key, guest: Reader, month: WantedMonth = "") -> HTMLResponse:
    """Show the last run of a planning, as a part of its page."""
    found = await runs.list_runs(guest.session, planning_id=planning_id, limit=_MOST)
    page = RunPage(
        planning_id=planning_id,
        month=month,
        run=found[-1] if found else None,
        may_write=guest.frame.may(Permission.PLANNING_WRITE),
    )
    return render_part(
        "planning/run.html",
        block="run",
        frame=guest.frame,
        view=page,
        objectives=OBJECTIVES,
        states=STATES,
    )


@router.post("")
async def ask(
    planning_id: Key,
    guest: Writer,
    seconds: Seconds = 60,
    draft: Draft = None,
    month: WantedMonth = "",
) -> Response:
    """Ask for a roster; with a draft, its locked seats stay and the search begins from it."""
    await ask_for_run(
        guest.session,
        planning_id=planning_id,
        kind=RunKind.GENERATE,
        request=RunRequest(limits=Limits(seconds=seconds), draft=draft),
        actor=guest.work.actor,
        now=guest.work.now,
    )
    query = f"?month={month}" + (f"&revision={draft}" if draft else "")
    return RedirectResponse(f"/planning{query}", 303)


@router.post("/{run_id}/stop")
async def stop(
    planning_id: Key, run_id: Key, guest: Writer, month: WantedMonth = ""
) -> HTMLResponse:
    """Let a run end with the best that it has."""
    await stop_run(guest.session, run_id, actor=guest.work.actor, now=guest.work.now)
    return await show_last(planning_id, guest, month)

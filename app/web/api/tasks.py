"""Tasks: what somebody must do, and the word that it is done."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Conflict, NotFound
from app.web.dependencies import Work, needs
from app.web.errors import raises
from app.web.schemas import LARGEST_KEY, Body, Key
from app.worklist.queries.tasks import list_tasks
from app.worklist.views.tasks import TaskView

router = APIRouter(prefix="/tasks", tags=["tasks"])

Reader = Annotated[Work, needs(Permission.TASK_READ)]
Settler = Annotated[Work, needs(Permission.TASK_SETTLE)]
CaseWanted = Annotated[int | None, Query(ge=1, le=LARGEST_KEY, description="only this case's")]
SiteWanted = Annotated[int | None, Query(ge=1, le=LARGEST_KEY, description="only this site's")]


class Outcome(Body):
    """What was done."""

    outcome: Annotated[str, Field(min_length=1, max_length=500, description="kept on the timeline")]


@router.get("")
async def show_tasks(
    work: Reader, case_id: CaseWanted = None, site_id: SiteWanted = None
) -> tuple[TaskView, ...]:
    """List the standing tasks of whoever asks: what rings most often first, then by age."""
    return await list_tasks(work.session, actor=work.actor, case_id=case_id, site_id=site_id)


@router.post("/{task_id}/settle", status_code=204, responses=raises(NotFound, Conflict))
async def settle_task(task_id: Key, body: Outcome, work: Settler) -> None:
    """Say that a task is done; a call, or the platform itself, settles some kinds instead."""
    if not await list_tasks(work.session, actor=work.actor, task_id=task_id):
        raise NotFound(f"there is no task {task_id} here that waits for you")
    await pipeline.settle_task(
        work.session, task_id, outcome=body.outcome, actor=work.actor, now=work.now
    )

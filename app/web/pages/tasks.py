"""What is to be done: a strip on every page, and the list with the ways to settle each."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app import pipeline
from app.directory.domain import Permission
from app.directory.domain.roles import Role
from app.kit.errors import Conflict, NotFound
from app.pipeline.admissions import let_in
from app.tasks.domain.kinds import TaskKind
from app.web.pages.door import Visit, visit
from app.web.pages.rendering import is_htmx, render_page, render_part
from app.web.pages.task_words import TaskShown, write_task
from app.web.schemas import Key
from app.worklist.queries.tasks import list_tasks
from app.worklist.views.tasks import TaskView

router = APIRouter(prefix="/tasks")

Anybody = Annotated[Visit, visit(Permission.TASK_READ)]
Settler = Annotated[Visit, visit(Permission.TASK_SETTLE)]
Admitter = Annotated[Visit, visit(Permission.SENDER_ADMIT)]
_ABOUT_TITLES = frozenset({TaskKind.ASSOCIATION_REFUSED, TaskKind.UNKNOWN_CALLING})
Outcome = Annotated[str, Form(min_length=1, max_length=500)]


@dataclass(frozen=True, slots=True)
class TasksPage:
    """The standing tasks of whoever looks, the most urgent first."""

    tasks: tuple[TaskShown, ...]


async def load_tasks(
    guest: Visit, *, case_id: int | None = None, site_id: int | None = None
) -> tuple[TaskShown, ...]:
    """Read the tasks of whoever looks, in their words; their own stand first."""
    actor = guest.work.actor
    found = await list_tasks(guest.session, actor=actor, case_id=case_id, site_id=site_id)
    shown = (_write(guest, each) for each in found)
    return tuple(sorted(shown, key=lambda each: not each.mine))


def _write(guest: Visit, task: TaskView) -> TaskShown:
    actor = guest.work.actor
    return write_task(
        task,
        texts=guest.frame.texts,
        radiologist_id=actor.radiologist_id,
        for_site=actor.roles == {Role.SITE},
        reads_log=guest.frame.may(Permission.ASSOCIATION_READ),
    )


@router.get("")
async def show_tasks(guest: Anybody) -> HTMLResponse:
    """Show what is to be done."""
    view = TasksPage(await load_tasks(guest))
    return render_page("tasks/page.html", frame=guest.frame, view=view)


@router.get("/list")
async def show_list(guest: Anybody) -> HTMLResponse:
    """Show the list alone, for the page that is open."""
    view = TasksPage(await load_tasks(guest))
    return render_part("tasks/page.html", "list", frame=guest.frame, view=view)


@router.get("/strip")
async def show_strip(guest: Anybody) -> HTMLResponse:
    """Show how much is to be done, on whatever page is open."""
    view = TasksPage(await load_tasks(guest))
    return render_part("tasks/strip.html", "strip", frame=guest.frame, view=view)


@router.post("/{task_id}/settle")
async def settle(task_id: Key, guest: Settler, outcome: Outcome) -> Response:
    """Settle a task that one sees, by one's word."""
    await enter_task(guest, task_id)
    await pipeline.settle_task(
        guest.session, task_id, outcome=outcome, actor=guest.work.actor, now=guest.work.now
    )
    return after_task(guest)


@router.post("/{task_id}/admit")
async def admit(task_id: Key, guest: Admitter) -> Response:
    """Let the title in for some hours that a task is about, which settles it."""
    task = await enter_task(guest, task_id)
    if task.kind not in _ABOUT_TITLES:
        raise Conflict(f"task {task_id} is about no title that could be let in")
    await let_in(
        guest.session,
        actor=guest.work.actor,
        sender_id=int(task.detail["sender"]),
        calling_ae_title=str(task.detail["calling"]),
        address=str(task.detail["address"]),
        now=guest.work.now,
    )
    return after_task(guest)


async def enter_task(guest: Visit, task_id: int) -> TaskView:
    """Find a standing task that whoever looks must see.

    Raises
    ------
    NotFound
        If there is none that they see: settled, somebody else's, or never there.
    """
    found = await list_tasks(guest.session, actor=guest.work.actor, task_id=task_id)
    if not found:
        raise NotFound(f"there is no task {task_id} that stands here for you")
    return found[0]


def after_task(guest: Visit) -> Response:
    """Answer what was done: the page looks again, or the list is loaded again."""
    if is_htmx(guest.request):
        return Response(status_code=204, headers={"HX-Trigger": "tasks-changed"})
    return RedirectResponse("/tasks", 303)

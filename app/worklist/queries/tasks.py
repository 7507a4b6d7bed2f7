"""The standing tasks of whoever looks."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, false, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain.actor import Actor, Grant
from app.directory.models import Radiologist, Site
from app.tasks.domain.kinds import RULES, TaskKind
from app.tasks.models import Task
from app.worklist.queries.scoping import inside
from app.worklist.views.tasks import TaskView

_RARELY = timedelta.max


async def list_tasks(
    session: AsyncSession,
    *,
    actor: Actor,
    task_id: int | None = None,
    case_id: int | None = None,
    site_id: int | None = None,
) -> tuple[TaskView, ...]:
    """List the standing tasks that somebody must see: what rings most often first, then by age.

    Parameters
    ----------
    task_id, case_id, site_id
        Only that one, or those of that case or site; never beyond what the actor sees.
    """
    name = func.concat_ws(" ", Radiologist.given_name, Radiologist.family_name)
    query = (
        select(Task, Site, name)
        .outerjoin(Site, Site.id == Task.site_id)
        .outerjoin(Radiologist, Radiologist.id == Task.radiologist_id)
        .where(Task.settled_at.is_(None), _concerns(actor))
        .order_by(Task.raised_at, Task.id)
    )
    wanted = ((Task.id, task_id), (Task.case_id, case_id), (Task.site_id, site_id))
    for column, value in wanted:
        if value is not None:
            query = query.where(column == value)
    rows = await session.execute(query)
    found = [_view(task, site, radiologist or None) for task, site, radiologist in rows]
    return tuple(sorted(found, key=_find_pace))


def _concerns(actor: Actor) -> ColumnElement[bool]:
    named = false() if actor.radiologist_id is None else Task.radiologist_id == actor.radiologist_id
    return or_(named, *(_reaches(grant) for grant in actor.grants))


def _reaches(grant: Grant) -> ColumnElement[bool]:
    """Restrict to what this role sees within its own scope: by site, or by the society it names."""
    own = Task.society_id.in_(grant.scope.society_ids)
    scope = true() if grant.scope.everything else or_(inside(grant.scope), own)
    return and_(Task.roles.contains([grant.role.value]), scope)


def _find_pace(task: TaskView) -> timedelta:
    return RULES[TaskKind(task.kind)].repeat_every or _RARELY


def _view(task: Task, site: Site | None, radiologist: str | None) -> TaskView:
    return TaskView(
        task_id=task.id,
        kind=task.kind,
        subject=task.subject,
        case_id=task.case_id,
        site_id=task.site_id,
        site_name=site.name if site else None,
        telephone_emergency=site.telephone_emergency if site else None,
        telephone_ct=site.telephone_ct if site else None,
        zone=site.zone if site else None,
        radiologist_id=task.radiologist_id,
        radiologist_name=radiologist,
        detail=task.detail,
        raised_at=task.raised_at,
        rung_count=task.rung_count,
    )

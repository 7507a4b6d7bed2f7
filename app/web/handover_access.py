"""The door of what is handed over: who sees it, and who may answer or offer it."""

from app.directory.domain import Permission, PermissionDenied
from app.dispatch.repository.handover import NoSuchItem
from app.web.dependencies import Work
from app.worklist.queries.handovers import list_handovers
from app.worklist.views.handovers import HandoverItemView, HandoverView


async def load_handovers(work: Work, *, item_id: int | None = None) -> tuple[HandoverView, ...]:
    """Read the open handovers of the caller: their own, and those inside their scope."""
    coordinated = work.scope(Permission.CASE_COORDINATE)
    is_radiologist = work.actor.radiologist_id is not None and coordinated.is_empty
    return await list_handovers(
        work.session,
        radiologist_id=work.actor.radiologist_id,
        # A radiologist sees their own; who watches over the night sees all inside their scope.
        seen=coordinated if is_radiologist else work.scope(Permission.HANDOVER_READ),
        coordinated=coordinated,
        item_id=item_id,
    )


async def enter_item(work: Work, item_id: int, *, to_coordinate: bool = False) -> HandoverItemView:
    """Let the caller act on a thing that is handed over.

    Parameters
    ----------
    to_coordinate
        Whether it is to be offered to somebody else, or set aside.

    Raises
    ------
    NoSuchItem
        If there is none that they see.
    PermissionDenied
        If they see it, but neither leave it nor coordinate.
    """
    found = await load_handovers(work, item_id=item_id)
    if not found:
        raise NoSuchItem(item_id)
    (item,) = found[0].items
    if to_coordinate and not item.may_coordinate:
        raise PermissionDenied(Permission.CASE_COORDINATE)
    return item

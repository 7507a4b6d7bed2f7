"""Use cases of people at a handover: accept, refuse, offer to somebody else, set aside."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.cases import service as case_service
from app.db.notify import WORK, notify
from app.directory.domain.actor import Actor
from app.dispatch import repository as offers
from app.dispatch.domain.handover import ItemAction, ItemKind, ItemState, Thing, find_answer_due
from app.dispatch.models import HandoverItem
from app.dispatch.repository import handover as repository
from app.dispatch.repository import handover_facts as facts
from app.dispatch.service.check_in import radiologist_of
from app.dispatch.service.handover import stop_telling
from app.kit.errors import Invalid, NotAllowed
from app.tasks import service as tasks

JOB = "handover"
"""The payload that wakes the job."""
_LONGEST_NOTE = 500


class NotNamed(NotAllowed):
    """The thing is offered to somebody else."""

    def __init__(self, item_id: int) -> None:
        super().__init__(
            f"{item_id} is handed over to somebody else: who leaves, or the coordinator, can "
            "offer it to you"
        )
        self.item_id = item_id


async def accept(
    session: AsyncSession, item_id: int, *, actor: Actor, note: str | None = None, now: datetime
) -> HandoverItem:
    """Say that one takes a thing over; what follows for its case is the caller's to do.

    Raises
    ------
    NoSuchItem
        If there is none.
    NotNamed
        If it is offered to somebody else.
    ItemRefused
        If it was accepted, refused or settled before, or offered to somebody else since.
    """
    item = await _lock_offered(session, item_id, actor=actor)
    await repository.answer(
        session,
        item_id,
        action=ItemAction.ACCEPT,
        now=now,
        by_user_id=actor.user_id,
        note=_check_note(note),
    )
    await _take_over(session, item)
    await _answered(session, item, now=now)
    return await repository.get_item(session, item_id)


async def _lock_offered(session: AsyncSession, item_id: int, *, actor: Actor) -> HandoverItem:
    radiologist_id = radiologist_of(actor)
    item = await _lock_item(session, item_id)
    if item.to_radiologist_id != radiologist_id:
        raise NotNamed(item_id)
    return item


async def _take_over(session: AsyncSession, item: HandoverItem) -> None:
    """Let the images that a request waits for, or a call, be those of the one who accepts."""
    handover = await repository.get_handover(session, item.handover_id)
    if item.kind == ItemKind.REQUEST:
        await cases.change(session, item.case_id, owner_id=item.to_radiologist_id)
    if item.kind in {ItemKind.REQUEST, ItemKind.CALL} and item.to_radiologist_id is not None:
        await tasks.pass_on(
            session,
            case_id=item.case_id,
            from_radiologist_id=handover.radiologist_id,
            to_radiologist_id=item.to_radiologist_id,
            task_id=item.task_id,
        )
        await cases.touch(session, item.case_id)


async def refuse(
    session: AsyncSession, item_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Say that one does not take a thing over, and why: the coordinator names somebody.

    Raises
    ------
    NoSuchItem, NotNamed, ItemRefused
        As `accept`.
    Invalid
        If no reason is given.
    """
    case_service.check_reason(reason)
    item = await _lock_offered(session, item_id, actor=actor)
    await repository.answer(
        session,
        item_id,
        action=ItemAction.REFUSE,
        now=now,
        by_user_id=actor.user_id,
        outcome=reason,
    )
    await _answered(session, item, now=now)


async def offer(
    session: AsyncSession,
    item_id: int,
    *,
    to_radiologist_id: int,
    actor: Actor,
    note: str | None = None,
    now: datetime,
) -> int | None:
    """Offer a thing to somebody else, and give the new offer; the one before it stays.

    Whether the actor is the one who leaves, or coordinates, is the caller's to know.

    Raises
    ------
    NoSuchItem, ItemRefused
        As `accept`.
    Invalid
        If it is the one who leaves, or somebody who may not read for the site.
    """
    item = await _lock_item(session, item_id)
    thing = await _check_may_take(session, item, to_radiologist_id, now=now)
    checked = _check_note(note)
    await repository.supersede(
        session, item, outcome="offered to another", by_user_id=actor.user_id, now=now
    )
    values = {
        "state": ItemState.OFFERED.value,
        "to_radiologist_id": to_radiologist_id,
        "offered_at": now,
        "offered_by": actor.user_id,
        "due_at": await _find_due(session, item, to_radiologist_id, now=now),
        "note": item.note if checked is None else checked,
    }
    added = await repository.add_item(session, item.handover_id, thing=thing, values=values)
    await _answered(session, item, now=now)
    return added


async def _check_may_take(
    session: AsyncSession, item: HandoverItem, radiologist_id: int, *, now: datetime
) -> Thing:
    """Give the thing that is offered, if it can be to somebody else who reads for its site."""
    handover = await repository.get_handover(session, item.handover_id)
    if radiologist_id == handover.radiologist_id:
        raise Invalid("it is theirs already: offer it to somebody else")
    site_id = (await cases.get_case(session, item.case_id)).site_id
    if not await offers.may_read_site(
        session, radiologist_id=radiologist_id, site_id=site_id, now=now
    ):
        raise Invalid(f"radiologist {radiologist_id} may not read for site {site_id}")
    return Thing(ItemKind(item.kind), item.case_id, site_id, item.task_id)


async def _find_due(
    session: AsyncSession, item: HandoverItem, radiologist_id: int, *, now: datetime
) -> datetime:
    handover = await repository.get_handover(session, item.handover_id)
    stints = await facts.find_stints(session, [radiologist_id], at=max(handover.ends_at, now))
    stint = stints.get(radiologist_id)
    return find_answer_due(offered_at=now, begins_at=None if stint is None else stint.start)


async def set_aside(
    session: AsyncSession, item_id: int, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Say that a thing needs nobody any more, and why; the coordinator's word.

    Raises
    ------
    NoSuchItem, ItemRefused
        As `accept`.
    Invalid
        If no reason is given.
    """
    case_service.check_reason(reason)
    item = await _lock_item(session, item_id)
    await repository.answer(
        session,
        item_id,
        action=ItemAction.SETTLE,
        now=now,
        by_user_id=actor.user_id,
        outcome=reason,
    )
    await _answered(session, item, now=now)


async def write_note(session: AsyncSession, item_id: int, *, note: str) -> None:
    """Tell whoever takes a thing over what they should know.

    Raises
    ------
    NoSuchItem
        If there is none.
    Invalid
        If it is too long.
    """
    item = await _lock_item(session, item_id)
    await repository.write_note(session, item.id, _check_note(note) or "")


async def _lock_item(session: AsyncSession, item_id: int) -> HandoverItem:
    known = await repository.get_item(session, item_id)
    # Cases, then the handover, then its offers: everybody who has to lock several keeps this order.
    await cases.lock_case(session, known.case_id)
    await repository.lock_handover(session, known.handover_id)
    return await repository.get_item(session, item_id, lock=True)


async def _answered(session: AsyncSession, item: HandoverItem, *, now: datetime) -> None:
    await stop_telling(session, item.handover_id, now=now)
    await repository.hasten(session, item.handover_id, now=now)
    await notify(session, channel=WORK, payload=JOB)


def _check_note(note: str | None) -> str | None:
    if note is not None and len(note) > _LONGEST_NOTE:
        raise Invalid(f"a note has at most {_LONGEST_NOTE} characters")
    return note

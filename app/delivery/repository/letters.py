"""Queries on notifications: mails of the outbox."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.models import Case
from app.delivery.domain.morning_words import MorningTold
from app.delivery.domain.notices import CaseTold, Notice
from app.delivery.domain.shipment import DeliveryState, Kind
from app.delivery.models import Delivery
from app.directory.models import Site, Society
from app.dispatch.domain.morning import MorningKind
from app.dispatch.models import MorningItem, MorningList
from app.planning.models import OnCallSheet

_IS_LETTER = Delivery.kind == Kind.NOTIFICATION.value
_WAITING, _SENDING = DeliveryState.WAITING.value, DeliveryState.SENDING.value


async def add_letters(
    session: AsyncSession, *, sheet_id: int, addresses: Sequence[str], now: datetime
) -> int:
    """Ask for a sheet to be sent to addresses, once to each; return how many are new."""
    if not addresses:
        return 0
    rows = [
        {
            "kind": Kind.NOTIFICATION.value,
            "sheet_id": sheet_id,
            "mail_to": address,
            "created_at": now,
            "asked_at": now,
            "due_at": now,
        }
        for address in addresses
    ]
    added = await session.scalars(
        insert(Delivery).values(rows).on_conflict_do_nothing().returning(Delivery.id)
    )
    return len(added.all())


async def add_morning_letters(
    session: AsyncSession, *, list_id: int, addresses: Sequence[str], now: datetime
) -> int:
    """Ask for a mail about a morning list, once to each address; return how many are new."""
    if not addresses:
        return 0
    own = {"morning_list_id": list_id, "created_at": now, "asked_at": now, "due_at": now}
    rows = [{"kind": Kind.NOTIFICATION.value, "mail_to": address, **own} for address in addresses]
    added = await session.scalars(
        insert(Delivery).values(rows).on_conflict_do_nothing().returning(Delivery.id)
    )
    return len(added.all())


async def get_morning(session: AsyncSession, delivery: Delivery) -> MorningTold:
    """Read what a mail about a morning list says."""
    query = (
        select(
            MorningList.id,
            MorningList.day,
            Society.name,
            _count_items(MorningKind.READ),
            _count_items(MorningKind.OPEN),
        )
        .join(Society, Society.id == MorningList.society_id)
        .where(MorningList.id == delivery.morning_list_id)
    )
    list_id, day, society, read_count, open_count = (await session.execute(query)).one()
    return MorningTold(
        list_id=list_id, society=society, day=day, read_count=read_count, open_count=open_count
    )


def _count_items(kind: MorningKind) -> ColumnElement[int]:
    return (
        select(func.count())
        .where(MorningItem.list_id == MorningList.id, MorningItem.kind == kind.value)
        .scalar_subquery()
    )


async def ask_for_notice(
    session: AsyncSession, *, case_id: int, notice: Notice, mail_to: str, now: datetime
) -> None:
    """Ask for a mail about a case, or for the same one once more when it is so again."""
    values = {
        "kind": Kind.NOTIFICATION.value,
        "case_id": case_id,
        "notice": notice.value,
        "mail_to": mail_to,
        "created_at": now,
        "asked_at": now,
        "due_at": now,
    }
    again = {"state": _WAITING, "asked_at": now, "due_at": now, "tries": 0, "delivered_at": None}
    await session.execute(
        insert(Delivery)
        .values(values)
        .on_conflict_do_update(
            index_elements=["case_id", "notice", "mail_to"],
            index_where=Delivery.notice.is_not(None),
            set_=again,
        )
    )


async def cancel_notice(session: AsyncSession, *, case_id: int, notice: Notice) -> None:
    """Take a mail about a case out of the outbox that still waits: it is no longer so."""
    await session.execute(
        update(Delivery)
        .where(
            _IS_LETTER,
            Delivery.case_id == case_id,
            Delivery.notice == notice.value,
            Delivery.state == _WAITING,
        )
        .values(state=DeliveryState.CANCELLED.value)
        .execution_options(synchronize_session=False)
    )


async def find_last_notice(session: AsyncSession, case_id: int) -> Notice | None:
    """Find which mail about a case was asked for last, whatever became of it."""
    found = await session.scalar(
        select(Delivery.notice)
        .where(Delivery.case_id == case_id, Delivery.notice.is_not(None))
        .order_by(Delivery.asked_at.desc(), Delivery.id.desc())
        .limit(1)
    )
    return None if found is None else Notice(found)


async def get_told(session: AsyncSession, delivery: Delivery) -> tuple[CaseTold, Site]:
    """Read what a mail about a case says of it, and the hospital that gets it."""
    case, site = (
        await session.execute(
            select(Case, Site)
            .join(Site, Site.id == Case.site_id)
            .where(Case.id == delivery.case_id)
            .execution_options(populate_existing=True)
        )
    ).one()
    told = CaseTold(
        case_id=case.id,
        priority=case.priority,
        first_image_at=case.first_image_at or case.created_at,
        at=delivery.asked_at,
    )
    return told, site


async def cancel_older(session: AsyncSession, *, sheet_id: int) -> None:
    """Take earlier sheets out of the outbox that still wait: the new one replaces them."""
    await session.execute(
        update(Delivery)
        .where(_IS_LETTER, Delivery.sheet_id < sheet_id, Delivery.state == _WAITING)
        .values(state=DeliveryState.CANCELLED.value)
        .execution_options(synchronize_session=False)
    )


async def claim(
    session: AsyncSession, *, now: datetime, until: datetime
) -> tuple[Delivery, uuid.UUID] | None:
    """Claim the mail that has been due for longest; what another claims is skipped."""
    chosen = await session.scalar(
        select(Delivery.id)
        .where(
            _IS_LETTER,
            or_(
                (Delivery.state == _WAITING) & (Delivery.due_at <= now),
                (Delivery.state == _SENDING) & (Delivery.claimed_until <= now),
            ),
        )
        .order_by(Delivery.due_at, Delivery.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )
    if chosen is None:
        return None
    token = uuid.uuid4()
    claimed = await session.scalars(
        update(Delivery)
        .where(Delivery.id == chosen)
        .values(state=_SENDING, token=token, claimed_until=until)
        .returning(Delivery)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return claimed.one(), token


async def get_sheet(session: AsyncSession, delivery: Delivery) -> OnCallSheet:
    """Read the sheet that a mail carries."""
    rows = await session.scalars(select(OnCallSheet).where(OnCallSheet.id == delivery.sheet_id))
    return rows.one()

"""Queries on notifications: mails of the outbox."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.delivery.domain.shipment import DeliveryState, Kind
from app.delivery.models import Delivery
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

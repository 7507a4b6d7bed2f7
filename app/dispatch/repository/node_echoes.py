"""What the nodes of centres answer while a study waits for them."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.models import NodeEcho


async def claim_echo(
    session: AsyncSession,
    endpoint_ids: Collection[int],
    *,
    asked_before: datetime,
    until: datetime,
    now: datetime,
) -> tuple[int, uuid.UUID] | None:
    """Claim a node that is to be asked again; one that another asks now is passed over.

    Parameters
    ----------
    asked_before
        Only one that was not asked since; aware.
    until
        When the claim runs out; aware.
    """
    if not endpoint_ids:
        return None
    await _know(session, endpoint_ids)
    chosen = await session.scalar(
        select(NodeEcho.endpoint_id)
        .where(
            NodeEcho.endpoint_id.in_(endpoint_ids),
            or_(NodeEcho.asked_at.is_(None), NodeEcho.asked_at <= asked_before),
            or_(NodeEcho.claimed_until.is_(None), NodeEcho.claimed_until <= now),
        )
        .order_by(NodeEcho.asked_at.asc().nulls_first(), NodeEcho.endpoint_id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if chosen is None:
        return None
    token = uuid.uuid4()
    await session.execute(
        update(NodeEcho)
        .where(NodeEcho.endpoint_id == chosen)
        .values(token=token, claimed_until=until, asked_at=now)
    )
    return chosen, token


async def _know(session: AsyncSession, endpoint_ids: Collection[int]) -> None:
    rows = [{"endpoint_id": each} for each in sorted(endpoint_ids)]
    await session.execute(insert(NodeEcho).values(rows).on_conflict_do_nothing())


async def finish_echo(
    session: AsyncSession, endpoint_id: int, *, token: uuid.UUID, **columns: object
) -> bool:
    """Write what a node answered; false when the claim was lost: another has asked since."""
    found = await session.scalar(
        update(NodeEcho)
        .where(NodeEcho.endpoint_id == endpoint_id, NodeEcho.token == token)
        .values(token=None, claimed_until=None, **columns)
        .returning(NodeEcho.endpoint_id)
    )
    return found is not None


async def list_echoes(session: AsyncSession) -> Sequence[NodeEcho]:
    """List what is known of all nodes that were ever watched."""
    rows = await session.scalars(select(NodeEcho).execution_options(populate_existing=True))
    return rows.all()


async def find_next_due(
    session: AsyncSession, endpoint_ids: Collection[int], *, every: timedelta
) -> datetime | None:
    """Find when one of these nodes may be asked again: it was before, and nobody asks it still."""
    due: datetime | None = await session.scalar(
        # The greatest of those that are known: nothing claims a node that has answered.
        select(func.min(func.greatest(NodeEcho.asked_at + every, NodeEcho.claimed_until))).where(
            NodeEcho.endpoint_id.in_(endpoint_ids), NodeEcho.asked_at.is_not(None)
        )
    )
    return due

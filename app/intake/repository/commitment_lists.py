"""Queries for those who look at what senders asked us to keep, newest first."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import Sender, Site
from app.directory.repository.rows import inside
from app.intake.models import Commitment, CommitmentInstance


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentFilter:
    """Which commitments are wanted; what is absent does not limit."""

    sender_id: int | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """A commitment with how many instances it asks about, and how many of them failed."""

    commitment: Commitment
    instance_count: int
    failed_count: int


async def list_commitments(
    session: AsyncSession,
    *,
    scope: Scope,
    wanted: CommitmentFilter,
    limit: int,
    before: int | None,
) -> list[CommitmentRow]:
    """List the commitments of the senders in scope."""
    query = (
        select(Commitment)
        .join(Sender, Sender.id == Commitment.sender_id)
        .join(Site, Site.id == Sender.site_id)
        .where(inside(scope, society=Site.society_id, site=Site.id))
        .order_by(Commitment.id.desc())
        .limit(limit)
    )
    if wanted.sender_id is not None:
        query = query.where(Commitment.sender_id == wanted.sender_id)
    if wanted.state is not None:
        query = query.where(Commitment.state == wanted.state)
    if before is not None:
        query = query.where(Commitment.id < before)
    found = list((await session.execute(query)).scalars())
    counts = await _count(session, [each.id for each in found])
    return [CommitmentRow(each, *counts.get(each.id, (0, 0))) for each in found]


async def _count(session: AsyncSession, commitment_ids: list[int]) -> dict[int, tuple[int, int]]:
    rows = await session.execute(
        select(
            CommitmentInstance.commitment_id,
            func.count(),
            func.count(CommitmentInstance.failure_reason),
        )
        .where(CommitmentInstance.commitment_id.in_(commitment_ids))
        .group_by(CommitmentInstance.commitment_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}

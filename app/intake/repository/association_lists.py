"""Queries for those who look at the log of associations, newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    any_,
    cast,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Scope
from app.directory.models import Sender, Site
from app.directory.repository.rows import inside
from app.intake.models import Association
from app.kit.interval import Interval

OPEN = "open"
"""An outcome to look for that no row bears: the association has not ended."""
_REFUSED_CONTEXT: list[dict[str, Any]] = [{"accepted": None}]
_WORST_CLOCK = timedelta(days=1)
"""By more than this no gateway's clock is behind the database's."""
_WILDCARDS = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AssociationFilter:
    """Which associations are wanted; what is absent does not limit.

    Parameters
    ----------
    opened
        When it was opened.
    outcome
        How it ended, or `OPEN`.
    by_nobody
        Only those of no registered sender.
    address
        An address, or a network in CIDR notation that it was called from.
    ae_title
        Part of the calling or of the called title, in whatever case.
    troubled
        Only those in which something was refused, or that did not end as they should.
    """

    opened: Interval | None = None
    outcome: str | None = None
    sender_id: int | None = None
    by_nobody: bool = False
    address: str | None = None
    ae_title: str | None = None
    troubled: bool = False


async def list_associations(
    session: AsyncSession,
    *,
    scope: Scope,
    wanted: AssociationFilter,
    limit: int,
    before: UUID | None,
) -> list[Association]:
    """List associations; those of no registered sender are the group's."""
    query = (
        _inside(scope)
        .where(*_limit(wanted))
        .order_by(Association.opened_at.desc(), Association.id.desc())
        .limit(limit)
    )
    if before is not None:
        last = select(Association.opened_at).where(Association.id == before).scalar_subquery()
        query = query.where(
            or_(
                Association.opened_at < last,
                and_(Association.opened_at == last, Association.id < before),
            )
        )
    return list((await session.execute(query)).scalars())


async def find_association(
    session: AsyncSession, association_id: UUID, *, scope: Scope
) -> Association | None:
    """Find an association that is in scope."""
    query = _inside(scope).where(Association.id == association_id)
    return (await session.scalars(query)).one_or_none()


async def list_of_sender(
    session: AsyncSession,
    *,
    sender_id: int,
    networks: Sequence[str],
    since: datetime,
    limit: int,
) -> list[Association]:
    """List what a sender opened since an instant, and what nobody opened from its addresses.

    Parameters
    ----------
    networks
        Of the sender, in CIDR notation.
    since
        By the database's clock; the gateway's is taken back by how far it was ahead.
    """
    ahead = func.make_interval(
        0, 0, 0, 0, 0, 0, func.coalesce(Association.clock_offset_ms, 0) / 1e3
    )
    by_nobody = and_(
        Association.sender_id.is_(None),
        cast(Association.address, INET).op("<<=")(any_(cast(list(networks), ARRAY(INET)))),
    )
    query = (
        select(Association)
        .where(
            or_(Association.sender_id == sender_id, by_nobody),
            Association.opened_at - ahead >= since,
            # The same again, so that the index on the instant finds the few rows of lately.
            Association.opened_at >= since - _WORST_CLOCK,
        )
        .order_by(Association.opened_at.desc(), Association.id.desc())
        .limit(limit)
    )
    return list((await session.execute(query)).scalars())


def _inside(scope: Scope) -> Select[Association]:
    return (
        select(Association)
        .outerjoin(Sender, Sender.id == Association.sender_id)
        .outerjoin(Site, Site.id == Sender.site_id)
        .where(inside(scope, society=Site.society_id, site=Site.id))
    )


def _limit(wanted: AssociationFilter) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if wanted.opened is not None:
        clauses.append(Association.opened_at >= wanted.opened.start)
        clauses.append(Association.opened_at < wanted.opened.end)
    if wanted.outcome is not None:
        outcome = None if wanted.outcome == OPEN else wanted.outcome
        clauses.append(Association.outcome.is_not_distinct_from(outcome or null()))
    if wanted.sender_id is not None:
        clauses.append(Association.sender_id == wanted.sender_id)
    if wanted.by_nobody:
        clauses.append(Association.sender_id.is_(None))
    if wanted.address is not None:
        network = cast(literal(wanted.address), INET)
        clauses.append(cast(Association.address, INET).op("<<=")(network))
    if wanted.ae_title is not None:
        part = f"%{wanted.ae_title.translate(_WILDCARDS)}%"
        titles = (Association.calling_ae_title, Association.called_ae_title)
        clauses.append(or_(*(each.ilike(part, escape="\\") for each in titles)))
    if wanted.troubled:
        clauses.append(_is_troubled())
    return clauses


def _is_troubled() -> ColumnElement[bool]:
    return or_(
        Association.outcome.in_(("refused", "aborted", "lost")),
        Association.refused_count > 0,
        Association.mark.is_not(None),
        Association.contexts.op("@>")(cast(literal(_REFUSED_CONTEXT, JSONB), JSONB)),
    )

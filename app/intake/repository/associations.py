"""Queries on the log of associations."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import bindparam, func, null, or_, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Sender
from app.intake.domain.arrival import GATEWAY_ENDED, AssociationSeen, ContextSeen
from app.intake.models import Association

_LARGEST = ("refused_count", "echo_count", "received_bytes")
_KNOWN = (
    "last_message_at",
    "implementation",
    "max_pdu_bytes",
    "certificate_name",
    "certificate_not_after",
)


async def save_associations(
    session: AsyncSession, seen: Sequence[AssociationSeen], *, clock_offset_ms: int | None
) -> None:
    """Insert what was seen of each association, or complete its row with it, one after the other.

    Lines may come twice, or the end before the start: the earliest start, the end that is known
    and the largest count stay.
    """
    if not seen:
        return
    wanted = {each.sender_id for each in seen}
    known = set(await session.scalars(select(Sender.id).where(Sender.id.in_(wanted))))
    rows = [
        {
            "id": each.association_id,
            # A sender that was removed since must not keep its associations out of the log.
            "sender_id": each.sender_id if each.sender_id in known else None,
            "calling_ae_title": each.calling_ae_title,
            "called_ae_title": each.called_ae_title,
            "address": each.address,
            "opened_at": each.opened_at,
            "closed_at": each.closed_at,
            "outcome": each.outcome,
            "reason": each.reason,
            "mark": each.mark,
            "instance_count": each.instance_count,
            "clock_offset_ms": clock_offset_ms,
            **{name: getattr(each, name) for name in (*_LARGEST, *_KNOWN)},
            "contexts": _write_contexts(each.contexts),
        }
        for each in sorted(seen, key=lambda each: each.association_id)
    ]
    await session.execute(_make_upsert(), rows)


def _make_upsert() -> Insert:
    statement = insert(Association)
    new, old = statement.excluded, Association
    return statement.on_conflict_do_update(
        index_elements=[Association.id],
        set_={
            "opened_at": func.least(old.opened_at, new.opened_at),
            "closed_at": func.coalesce(new.closed_at, old.closed_at),
            "outcome": func.coalesce(new.outcome, old.outcome),
            "reason": func.coalesce(new.reason, old.reason),
            "mark": func.coalesce(new.mark, old.mark),
            "instance_count": func.greatest(old.instance_count, new.instance_count),
            "clock_offset_ms": func.coalesce(new.clock_offset_ms, old.clock_offset_ms),
            "contexts": func.coalesce(new.contexts, old.contexts),
            **{name: func.greatest(getattr(old, name), new[name]) for name in _LARGEST},
            **{name: func.coalesce(new[name], getattr(old, name)) for name in _KNOWN},
        },
    )


def _write_contexts(contexts: Sequence[ContextSeen]) -> object:
    if not contexts:
        return null()
    return [
        {
            "abstract": each.abstract_syntax,
            "proposed": list(each.proposed),
            "accepted": each.accepted,
        }
        for each in contexts
    ]


async def count_instances(session: AsyncSession, more: Mapping[UUID, int]) -> None:
    """Count kept instances in associations whose own count is not known, or not yet."""
    log = Association.__table__
    uncounted = or_(log.c.closed_at.is_(None), log.c.reason == GATEWAY_ENDED)
    await session.execute(
        update(log)  # type: ignore[arg-type]
        .where(log.c.id == bindparam("association"), uncounted)
        .values(instance_count=log.c.instance_count + bindparam("more")),
        [{"association": key, "more": count} for key, count in sorted(more.items())],
    )

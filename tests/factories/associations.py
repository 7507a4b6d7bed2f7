"""Associations as a gateway tells the index of them: through the use case, never by hand."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.intake.domain.arrival import AssociationSeen, ContextSeen
from app.intake.service.association_log import log_associations

CT, SEGMENTATION = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.66.4"
VERIFICATION = "1.2.840.10008.1.1"
EXPLICIT, JPEG_LS = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.80"
TAKEN = ContextSeen(CT, (JPEG_LS, EXPLICIT), JPEG_LS)
REFUSED = ContextSeen(SEGMENTATION, (EXPLICIT,), None)
_OPENED = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)


def make_seen(*, sender_id: int | None = None, **changes: Any) -> AssociationSeen:
    """Make what a gateway saw: 40 images in 8 s, of 21 MB, released after 10 s."""
    opened_at = changes.pop("opened_at", _OPENED)
    seen = AssociationSeen(
        association_id=uuid.uuid4(),
        sender_id=sender_id,
        calling_ae_title="CT1",
        called_ae_title="ASTREINTE",
        address="127.0.0.1",
        opened_at=opened_at,
        closed_at=opened_at + timedelta(seconds=10),
        outcome="released",
        instance_count=40,
        received_bytes=21_000_000,
        last_message_at=opened_at + timedelta(seconds=8),
        implementation="CT_VENDOR_7",
        max_pdu_bytes=131_072,
        contexts=(TAKEN,),
    )
    return replace(seen, **changes)


def make_refused(reason: str, **changes: Any) -> AssociationSeen:
    """Make a refusal."""
    opened_at = changes.pop("opened_at", _OPENED)
    return make_seen(
        **{
            "opened_at": opened_at,
            "closed_at": opened_at,
            "outcome": "refused",
            "reason": reason,
            "instance_count": 0,
            "received_bytes": 0,
            "last_message_at": None,
            "contexts": (),
            **changes,
        }
    )


def make_echo(**changes: Any) -> AssociationSeen:
    """Make an association that brought an echo and nothing else."""
    return make_seen(
        **{
            "instance_count": 0,
            "received_bytes": 0,
            "echo_count": 1,
            "contexts": (ContextSeen(VERIFICATION, (EXPLICIT,), EXPLICIT),),
            **changes,
        }
    )


async def tell(session: AsyncSession, *seen: AssociationSeen) -> list[uuid.UUID]:
    """Tell the index, as a gateway does; return the ids in the order given."""
    await log_associations(session, seen)
    await session.flush()
    return [each.association_id for each in seen]

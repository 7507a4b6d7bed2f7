"""The lines of the journal: JSON, one object each; AE titles, addresses, UIDs and counts only."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from app.intake.domain.announcements import AnnouncementHeard, Source
from app.intake.domain.arrival import AssociationSeen, ContextSeen

_log = structlog.get_logger(__name__)


def write_seen(seen: AssociationSeen) -> bytes:
    """Write what was seen of an association."""
    return _encode(
        {
            "association": str(seen.association_id),
            "sender": seen.sender_id,
            "calling": seen.calling_ae_title,
            "called": seen.called_ae_title,
            "address": seen.address,
            "opened": seen.opened_at.isoformat(),
            "closed": seen.closed_at.isoformat() if seen.closed_at else None,
            "outcome": seen.outcome,
            "reason": seen.reason,
            "instances": seen.instance_count,
            "mark": seen.mark,
            "refused": seen.refused_count,
            "echoes": seen.echo_count,
            "bytes": seen.received_bytes,
            "last": seen.last_message_at.isoformat() if seen.last_message_at else None,
            "implementation": seen.implementation,
            "max_pdu": seen.max_pdu_bytes,
            "contexts": [
                [each.abstract_syntax, each.proposed, each.accepted] for each in seen.contexts
            ],
            "certificate": seen.certificate_name,
            "certificate_until": (
                seen.certificate_not_after.isoformat() if seen.certificate_not_after else None
            ),
        }
    )


def write_heard(heard: AnnouncementHeard) -> bytes:
    """Write what a sender announced."""
    return _encode(
        {
            "announcement": str(heard.announcement_id),
            "sender": heard.sender_id,
            "source": heard.source.value,
            "study": heard.study_instance_uid,
            "step": heard.step_uid,
            "said": heard.said_at.isoformat(),
            "count": heard.instance_count,
            "uids": list(heard.sop_instance_uids),
            "final": heard.is_final,
        }
    )


def _encode(content: dict[str, object]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def read_line(line: bytes) -> AssociationSeen | AnnouncementHeard | None:
    """Read a line; nothing when it was cut off, or damaged."""
    try:
        read: dict[str, Any] = json.loads(line)
        return _read_heard(read) if "announcement" in read else _read_seen(read)
    except (ValueError, KeyError, TypeError, AttributeError):
        _log.warning("journal_line_unreadable")
        return None


def _read_seen(read: dict[str, Any]) -> AssociationSeen:
    return AssociationSeen(
        association_id=UUID(read["association"]),
        sender_id=read["sender"],
        calling_ae_title=read["calling"],
        called_ae_title=read["called"],
        address=read["address"],
        opened_at=datetime.fromisoformat(read["opened"]),
        closed_at=_read_instant(read["closed"]),
        outcome=read["outcome"],
        reason=read["reason"],
        instance_count=int(read["instances"]),
        # Lines of before have none of these.
        mark=read.get("mark"),
        refused_count=int(read.get("refused", 0)),
        echo_count=int(read.get("echoes", 0)),
        received_bytes=int(read.get("bytes", 0)),
        last_message_at=_read_instant(read.get("last")),
        implementation=read.get("implementation"),
        max_pdu_bytes=read.get("max_pdu"),
        contexts=tuple(
            ContextSeen(abstract, tuple(proposed), accepted)
            for abstract, proposed, accepted in read.get("contexts", ())
        ),
        certificate_name=read.get("certificate"),
        certificate_not_after=_read_instant(read.get("certificate_until")),
    )


def _read_instant(read: str | None) -> datetime | None:
    return None if read is None else datetime.fromisoformat(read)


def _read_heard(read: dict[str, Any]) -> AnnouncementHeard:
    return AnnouncementHeard(
        announcement_id=UUID(read["announcement"]),
        sender_id=int(read["sender"]),
        source=Source(read["source"]),
        study_instance_uid=str(read["study"]),
        step_uid=str(read["step"]),
        said_at=datetime.fromisoformat(read["said"]),
        instance_count=None if read["count"] is None else int(read["count"]),
        sop_instance_uids=tuple(str(each) for each in read["uids"]),
        is_final=bool(read["final"]),
    )

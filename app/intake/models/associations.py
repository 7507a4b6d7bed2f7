"""Tables of who called, and of what was asked beside images."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key


class Association(Base):
    """One association with us, accepted or refused."""

    __tablename__ = "association"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("sender.id"), index=True)
    calling_ae_title: Mapped[str] = mapped_column(Text)
    called_ae_title: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(INET)
    opened_at: Mapped[Instant]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    """`released`, `aborted`, `lost` or `refused`; empty while it is open."""
    reason: Mapped[str | None] = mapped_column(Text)
    mark: Mapped[str | None] = mapped_column(Text)
    """`unknown_calling` or `pass`: how it was admitted when its title is no sender's;
    `expired_certificate`: that it was admitted for some days more."""
    told_at: Mapped[datetime | None]
    """When the scheduler has seen what is odd about it."""
    instance_count: Mapped[int] = mapped_column(server_default="0")
    """Acknowledged with success."""
    refused_count: Mapped[int] = mapped_column(server_default="0")
    """Instances answered with a failure; `reason` says which."""
    echo_count: Mapped[int] = mapped_column(server_default="0")
    received_bytes: Mapped[int] = mapped_column(server_default="0")
    """Of data sets, refused ones too."""
    last_message_at: Mapped[datetime | None]
    """When the last message was answered: with `opened_at`, the time that it took to send."""
    implementation: Mapped[str | None] = mapped_column(Text)
    """What the peer says it is: version name, or else its implementation class UID."""
    max_pdu_bytes: Mapped[int | None]
    """The longest that the peer takes; 0: any."""
    contexts: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    """What was proposed: `[{"abstract": uid, "proposed": [uid], "accepted": uid or null}]`."""
    certificate_name: Mapped[str | None] = mapped_column(Text)
    """Of the client certificate, over TLS."""
    certificate_not_after: Mapped[datetime | None]
    clock_offset_ms: Mapped[int | None]
    """How far the gateway's clock, which gave the instants, was ahead of the database's."""


Index(None, Association.opened_at)
Index(
    "ix_association_odd",
    Association.opened_at,
    postgresql_where=text("told_at IS NULL AND (outcome = 'refused' OR mark IS NOT NULL)"),
)


class Commitment(Base):
    """A sender's question whether we keep instances, and our answer (PS3.4 annex J)."""

    __tablename__ = "commitment"
    __table_args__ = (
        UniqueConstraint("sender_id", "transaction_uid"),
        CheckConstraint("state IN ('asked','reported','given_up')", name="state"),
        CheckConstraint("(next_at IS NOT NULL) = (state = 'asked')", name="next_while_asked"),
    )

    id: Mapped[Key]
    transaction_uid: Mapped[str] = mapped_column(Text)
    sender_id: Mapped[int] = mapped_column(ForeignKey("sender.id"))
    association_id: Mapped[uuid.UUID]
    """On which it was asked."""
    calling_ae_title: Mapped[str] = mapped_column(Text)
    """Who asked: the report goes to this title."""
    asked_at: Mapped[Instant]
    until: Mapped[datetime | None]
    """How long we keep what is committed; known once it is judged."""
    state: Mapped[str] = mapped_column(Text, server_default="asked")
    next_at: Mapped[datetime | None]
    """When it is judged and reported next."""
    token: Mapped[uuid.UUID | None]
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    reported_at: Mapped[datetime | None]
    detail: Mapped[str] = mapped_column(Text, server_default="")
    """How the last attempt ended; free of patient data."""


Index("ix_commitment_due", Commitment.next_at, postgresql_where=text("state = 'asked'"))


class CommitmentInstance(Base):
    """An instance that a sender asks about."""

    __tablename__ = "commitment_instance"

    commitment_id: Mapped[int] = mapped_column(
        ForeignKey("commitment.id", ondelete="CASCADE"), primary_key=True
    )
    sop_instance_uid: Mapped[str] = mapped_column(Text, primary_key=True)
    sop_class_uid: Mapped[str] = mapped_column(Text)
    failure_reason: Mapped[int | None]
    """Why it is not committed (PS3.3 table C.14-1); empty before the answer, or when it is."""


Index(None, CommitmentInstance.sop_instance_uid)

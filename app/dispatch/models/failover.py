"""Tables of centres that are down, of what they lost, and of what is watched for it."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key

_STANDING = text("ended_at IS NULL")


class CentreDown(Base):
    """A centre does not answer, from when to when, and why we think so; one at a time."""

    __tablename__ = "centre_down"
    __table_args__ = (
        CheckConstraint("cause IN ('silence','node','coordinator')", name="cause"),
        CheckConstraint(
            "(cause = 'coordinator') = (begun_by IS NOT NULL)", name="coordinator_is_named"
        ),
        Index("uq_centre_down_standing", "centre_id", unique=True, postgresql_where=_STANDING),
    )

    id: Mapped[Key]
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"), index=True)
    cause: Mapped[str] = mapped_column(Text)
    began_at: Mapped[Instant]
    begun_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """Empty, when it is over: the platform saw that it was."""


class CentreDownCase(Base):
    """A case that was taken from the readers of a centre because it was down."""

    __tablename__ = "centre_down_case"

    centre_down_id: Mapped[int] = mapped_column(ForeignKey("centre_down.id"), primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True, index=True)
    taken_at: Mapped[Instant]


class ReaderCheck(Base):
    """A telephone call to a reader of a centre that is down, who has claimed cases."""

    __tablename__ = "reader_check"
    __table_args__ = (
        CheckConstraint(
            "state IN ('asked','still_reading','failed_over','cancelled')", name="state"
        ),
        CheckConstraint("(state = 'asked') = (answered_at IS NULL)", name="answered_with_instant"),
        UniqueConstraint("centre_down_id", "radiologist_id"),
    )

    id: Mapped[Key]
    centre_down_id: Mapped[int] = mapped_column(ForeignKey("centre_down.id"))
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"), index=True)
    asked_at: Mapped[Instant]
    state: Mapped[str] = mapped_column(Text, server_default="asked")
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """Empty, when it is answered: the centre came back, or nothing is claimed any more."""


class MassSilence(Base):
    """More than half of the readers fell silent at once: nothing is revoked while it lasts."""

    __tablename__ = "mass_silence"
    __table_args__ = (
        Index("uq_mass_silence_standing", text("(true)"), unique=True, postgresql_where=_STANDING),
    )

    id: Mapped[Key]
    began_at: Mapped[Instant]
    silent_count: Mapped[int]
    came_count: Mapped[int]
    """How many readers had come to their guards."""
    ended_at: Mapped[datetime | None]


class NodeEcho(Base):
    """What the node of a centre answers while a study waits for it."""

    __tablename__ = "node_echo"

    endpoint_id: Mapped[int] = mapped_column(
        ForeignKey("endpoint.id"), primary_key=True, autoincrement=False
    )
    asked_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    """When it last said that it is there."""
    failed_at: Mapped[list[datetime]] = mapped_column(
        ARRAY(TIMESTAMP(timezone=True)), server_default="{}"
    )
    """The last failures in a row, oldest first; an answer empties it."""
    token: Mapped[uuid.UUID | None]
    """Of who asks it now."""
    claimed_until: Mapped[datetime | None]


class Audit(Base):
    """A proof that each open case has an owner and a deadline to come, and what was found."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "at"),)

    id: Mapped[Key]
    at: Mapped[Instant]
    case_count: Mapped[int]
    finding_count: Mapped[int]

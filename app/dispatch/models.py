"""Tables of who should read, who has taken it, and why."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key


class Nomination(Base):
    """A reader who should read a case; several at once when it was widened."""

    __tablename__ = "nomination"
    __table_args__ = (
        Index(
            "uq_nomination_standing",
            "case_id",
            "radiologist_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_nomination_radiologist_standing",
            "radiologist_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"))
    nominated_at: Mapped[Instant]
    acknowledged_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)


class Claim(Base):
    """A reader who has taken a case; one at a time."""

    __tablename__ = "claim"
    __table_args__ = (
        Index(
            "uq_claim_standing", "case_id", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
        Index("ix_claim_radiologist", "radiologist_id", "claimed_at"),
    )

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    claimed_at: Mapped[Instant]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)


class Decision(Base):
    """What dispatch decided, from what, and why; rows are only added."""

    __tablename__ = "decision"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[Instant]
    cause: Mapped[str] = mapped_column(Text)
    rule_version: Mapped[str] = mapped_column(Text)
    inputs: Mapped[Json]
    ranking: Mapped[Json]
    exclusions: Mapped[Json]
    next_deadline: Mapped[datetime | None]

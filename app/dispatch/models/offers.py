"""Tables of who should read a case, and who has taken it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key


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
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    decision_id: Mapped[int] = mapped_column(ForeignKey("decision.id"))
    nominated_at: Mapped[Instant]
    acknowledged_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)


class Claim(Base):
    """A reader who has taken a case; one at a time, each watched over until it ends."""

    __tablename__ = "claim"
    __table_args__ = (
        CheckConstraint(
            "stage IN ('active','asked','told','aside','aside_asked','aside_told','opened')",
            name="stage",
        ),
        CheckConstraint("(ended_at IS NULL) = (due_at IS NOT NULL)", name="standing_has_due"),
        CheckConstraint("(stage = 'opened') <= (ended_at IS NOT NULL)", name="opened_has_ended"),
        CheckConstraint(
            "(stage IN ('aside','aside_asked','aside_told')) = (paused_until IS NOT NULL)",
            name="aside_has_end",
        ),
        CheckConstraint("expected_s > 0", name="expected"),
        Index(
            "uq_claim_standing", "case_id", unique=True, postgresql_where=text("ended_at IS NULL")
        ),
        Index("ix_claim_radiologist", "radiologist_id", "claimed_at"),
        Index("ix_claim_due", "due_at", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    claimed_at: Mapped[Instant]
    stage: Mapped[str] = mapped_column(Text, server_default="active")
    """`app.dispatch.domain.watch.ClaimStage`; the last one, once it has ended."""
    last_sign_at: Mapped[Instant]
    """The last human sign of its reader: the claim itself, a key, report text, the telephone."""
    expected_s: Mapped[int]
    """How long the read was expected to take when it was claimed."""
    due_at: Mapped[datetime | None]
    """When somebody looks at it again: its reader is asked, the coordinator told, it is opened."""
    paused_until: Mapped[datetime | None]
    """Until when it may be put aside; kept while those who are asked about it have not answered."""
    late_told_at: Mapped[datetime | None]
    """When people were told that the case is late though claimed."""
    late_again_at: Mapped[datetime | None]
    """When it is tried again to tell them, after it failed."""
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(Text)

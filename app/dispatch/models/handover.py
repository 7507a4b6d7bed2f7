"""Tables of handovers: what a reader leaves who goes off guard, to whom it was offered."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key


class Handover(Base):
    """A reader goes off guard and leaves something; open until all of it has a new owner."""

    __tablename__ = "handover"
    __table_args__ = (
        CheckConstraint(
            "(closed_at IS NULL) = (look_due_at IS NOT NULL)", name="open_is_looked_at"
        ),
        CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed_with_outcome"),
        Index(
            "uq_handover_one_open",
            "radiologist_id",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_handover_look_due", "look_due_at", postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[Key]
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    """Who leaves."""
    starts_at: Mapped[Instant]
    """Since when they have been on guard without a gap."""
    ends_at: Mapped[Instant]
    opened_at: Mapped[Instant]
    look_due_at: Mapped[datetime | None]
    """When it is compared again with what they hold, and with the planning."""
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)


class HandoverItem(Base):
    """One offer of one thing; a later offer of the same thing supersedes it, and it stays."""

    __tablename__ = "handover_item"
    __table_args__ = (
        CheckConstraint("kind IN ('case','claim','request','delivery','call')", name="kind"),
        CheckConstraint(
            "state IN ('kept','offered','accepted','refused','lapsed','settled')", name="state"
        ),
        CheckConstraint("(kind = 'call') = (task_id IS NOT NULL)", name="call_has_task"),
        CheckConstraint(
            "state NOT IN ('offered','accepted','refused') OR to_radiologist_id IS NOT NULL",
            name="offered_to_somebody",
        ),
        CheckConstraint("(state = 'offered') <= (due_at IS NOT NULL)", name="offer_has_due"),
        CheckConstraint(
            "(state IN ('kept','offered')) = (answered_at IS NULL)", name="answered_at_some_time"
        ),
        Index(
            "uq_handover_item_current",
            "handover_id",
            "kind",
            "case_id",
            "task_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index(
            "ix_handover_item_due",
            "due_at",
            postgresql_where=text("state = 'offered' AND superseded_at IS NULL"),
        ),
        Index("ix_handover_item_taker", "to_radiologist_id", "state"),
        Index("ix_handover_item_case", "case_id"),
    )

    id: Mapped[Key]
    handover_id: Mapped[int] = mapped_column(ForeignKey("handover.id"))
    kind: Mapped[str] = mapped_column(Text)
    """`app.dispatch.domain.handover.ItemKind`."""
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"))
    """Of a call."""
    state: Mapped[str] = mapped_column(Text)
    to_radiologist_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"))
    offered_at: Mapped[Instant]
    """When it was offered; of what is kept, when it was listed."""
    offered_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """Empty: the platform named them."""
    due_at: Mapped[datetime | None]
    """Until when they may answer, before the coordinator is told."""
    answered_at: Mapped[datetime | None]
    """When it was accepted, refused, lapsed or settled."""
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(Text, server_default="")
    """What the two tell each other; shown on the page, never sent anywhere."""
    outcome: Mapped[str] = mapped_column(Text, server_default="")
    """Why it was refused or settled."""
    superseded_at: Mapped[datetime | None]

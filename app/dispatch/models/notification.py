"""Tables of what tells readers of the cases that are offered to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key


class Notification(Base):
    """One for each case, step, reader and channel; offered anew, it is another.

    A test of a telephone, an alarm, or a call of the backup line, is of no case.
    """

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("nomination_id", "step", "channel"),
        UniqueConstraint("reference"),
        CheckConstraint(
            "purpose IN ('offer','telephone_test','mass_silence','backup_call')", name="purpose"
        ),
        CheckConstraint(
            "(purpose = 'offer') = (case_id IS NOT NULL AND nomination_id IS NOT NULL)",
            name="offer_is_of_a_case",
        ),
        CheckConstraint(
            "purpose = 'mass_silence' OR radiologist_id IS NOT NULL", name="reader_is_named"
        ),
        CheckConstraint("channel IN ('browser','mail','hook')", name="channel"),
        CheckConstraint(
            "state IN ('due','sending','sent','delivered','shown','answered','failed','given_up',"
            "'cancelled')",
            name="state",
        ),
        CheckConstraint("(state = 'due') = (due_at IS NOT NULL)", name="due_has_instant"),
        CheckConstraint(
            "(state = 'sending') = (token IS NOT NULL AND claimed_until IS NOT NULL)",
            name="sending_is_claimed",
        ),
        CheckConstraint(
            "(state = 'answered') = (answer IS NOT NULL AND answered_at IS NOT NULL)",
            name="answered_has_answer",
        ),
        CheckConstraint("answer IN (1,2)", name="answer"),
        CheckConstraint("state <> 'shown' OR shown_at IS NOT NULL", name="shown_at_some_time"),
        CheckConstraint("step >= 0 AND tries >= 0", name="counts"),
        Index("ix_notification_due", "due_at", postgresql_where=text("state = 'due'")),
        Index(
            "ix_notification_claimed", "claimed_until", postgresql_where=text("state = 'sending'")
        ),
        Index(
            "ix_notification_awaited",
            "radiologist_id",
            postgresql_where=text("state = 'due' AND channel = 'browser'"),
        ),
        Index("ix_notification_case_id", "case_id"),
    )

    id: Mapped[Key]
    reference: Mapped[UUID] = mapped_column(server_default=func.gen_random_uuid())
    """By which the service outside knows it: nobody guesses the next one."""
    purpose: Mapped[str] = mapped_column(Text, server_default="offer")
    """`app.dispatch.domain.notification.Purpose`."""
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    nomination_id: Mapped[int | None] = mapped_column(ForeignKey("nomination.id"))
    radiologist_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"))
    """Whom it is for; an alarm goes to an address."""
    step: Mapped[int]
    """How many steps of the case had been taken."""
    channel: Mapped[str] = mapped_column(Text)
    priority: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text, server_default="")
    """The telephone or the mailbox as it was then; a page has none."""
    state: Mapped[str] = mapped_column(Text, server_default="due")
    created_at: Mapped[Instant]
    due_at: Mapped[datetime | None]
    """When it is to be sent; until when a page must confirm it."""
    tries: Mapped[int] = mapped_column(server_default="0")
    token: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    shown_at: Mapped[datetime | None]
    """When a page said so first, with or without a sound."""
    answer: Mapped[int | None]
    answered_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)


class NotificationTry(Base):
    """A try to send a notification; kept before it is made, so that none is lost."""

    __tablename__ = "notification_try"
    __table_args__ = (
        UniqueConstraint("notification_id", "number"),
        CheckConstraint("(ended_at IS NULL) = (outcome IS NULL)", name="ended_has_outcome"),
    )

    id: Mapped[Key]
    notification_id: Mapped[int] = mapped_column(ForeignKey("notification.id"))
    number: Mapped[int]
    started_at: Mapped[Instant]
    ended_at: Mapped[datetime | None]
    """Nothing: the scheduler that made it was lost, or still makes it."""
    outcome: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text, server_default="")

"""Table of check-ins."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key

_STANDING = text("state IN ('awaited','missing')")


class CheckIn(Base):
    """That the holder of a seat can be reached during its hours: who has shown it, and when."""

    __tablename__ = "check_in"
    __table_args__ = (
        CheckConstraint("state IN ('awaited','missing','done','missed','cancelled')", name="state"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
        CheckConstraint("telephone_test IN ('word','call')", name="telephone_test"),
        CheckConstraint(
            "(telephone_at IS NULL) = (telephone_test IS NULL)", name="telephone_tested_somehow"
        ),
        CheckConstraint("state <> 'done' OR checked_in_at IS NOT NULL", name="done_at_some_time"),
        CheckConstraint(
            "checked_in_at IS NULL OR continued_from_id IS NOT NULL OR (sound_heard_at IS NOT NULL"
            " AND telephone_at IS NOT NULL AND page_visible_at IS NOT NULL)",
            name="done_is_tested",
        ),
        CheckConstraint(
            "(state IN ('awaited','missing')) = (next_due_at IS NOT NULL)", name="standing_is_due"
        ),
        Index(
            "uq_check_in_one_for_holder",
            "seat_id",
            "radiologist_id",
            unique=True,
            postgresql_where=text("state <> 'cancelled'"),
        ),
        Index("ix_check_in_due", "next_due_at", postgresql_where=_STANDING),
        Index("ix_check_in_radiologist", "radiologist_id", "starts_at"),
    )

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"))
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    starts_at: Mapped[Instant]
    """The seat's own hours."""
    ends_at: Mapped[Instant]
    known_at: Mapped[Instant]
    """Since when the planning says that they hold the seat."""
    state: Mapped[str] = mapped_column(Text, server_default="awaited")
    next_due_at: Mapped[datetime | None]
    """When others are told that it is missing, or the guard is over."""
    told_at: Mapped[datetime | None]
    """When others were told last."""
    sound_heard_at: Mapped[datetime | None]
    telephone: Mapped[str] = mapped_column(Text, server_default="")
    """The number that was tested, as it was then."""
    telephone_at: Mapped[datetime | None]
    telephone_test: Mapped[str | None] = mapped_column(Text)
    """`app.dispatch.domain.check_in.TelephoneTest`."""
    page_visible_at: Mapped[datetime | None]
    checked_in_at: Mapped[datetime | None]
    checked_in_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    continued_from_id: Mapped[int | None] = mapped_column(ForeignKey("check_in.id"))
    """The check-in of the seat they held until this one began: it counts for both."""

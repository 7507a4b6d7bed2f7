"""Tables of swaps."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key

_OVERLAPS = "&&"


class Swap(Base):
    """A seat that a radiologist offers, to one or to all of the society; bound to the seat's id."""

    __tablename__ = "swap"
    __table_args__ = (
        CheckConstraint(
            "state IN ('offered','accepted','approved','refused','withdrawn','expired','undone')",
            name="state",
        ),
        CheckConstraint("credit_to IN ('giver','taker')", name="credit_to"),
        CheckConstraint("counter_seat_id IS NULL OR counter_seat_id <> seat_id", name="two_seats"),
        Index(
            "uq_swap_open",
            "seat_id",
            unique=True,
            postgresql_where=text("state IN ('offered','accepted')"),
        ),
    )

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"))
    counter_seat_id: Mapped[int | None] = mapped_column(ForeignKey("seat.id"))
    """What the taker gives back, if anything."""
    giver_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"), index=True)
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"), index=True)
    """The giver's: to all of it the seat is offered where nobody is addressed."""
    addressed_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"), index=True)
    taker_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"), index=True)
    credit_to: Mapped[str] = mapped_column(Text)
    needs_approval: Mapped[bool]
    state: Mapped[str] = mapped_column(Text)
    state_at: Mapped[Instant]
    note: Mapped[str] = mapped_column(Text, server_default="")
    expires_at: Mapped[Instant]
    """The earlier begin of the two seats."""
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("planning_revision.id"))
    """The small revision that it was published by."""


class SwapRule(Base):
    """How a society swaps, from an instant on; the one that was set last is in force."""

    __tablename__ = "swap_rule"
    __table_args__ = (CheckConstraint("credit_to IN ('giver','taker')", name="credit_to"),)

    id: Mapped[Key]
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"), index=True)
    needs_approval: Mapped[bool]
    """Every swap of its members waits for a planner."""
    credit_to: Mapped[str | None] = mapped_column(Text)
    """Nothing: each offer says."""
    set_at: Mapped[Instant]
    set_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class SwapEvent(Base):
    """What was done to a swap, by whom, for whom."""

    __tablename__ = "swap_event"

    id: Mapped[Key]
    swap_id: Mapped[int] = mapped_column(ForeignKey("swap.id"), index=True)
    at: Mapped[Instant]
    action: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    """After it."""
    by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    on_behalf_of: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"))
    reason: Mapped[str] = mapped_column(Text, server_default="")

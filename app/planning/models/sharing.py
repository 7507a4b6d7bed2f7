"""Tables of the sharing of guards between societies: rights, cessions, the ledger."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import (
    DATERANGE,
    Range,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key

_OVERLAPS = "&&"


class Entitlement(Base):
    """A society's exact right to the seats of one kind in a revision, in millionths of a seat."""

    __tablename__ = "entitlement"
    __table_args__ = (
        UniqueConstraint("revision_id", "society_id", "segment_code", "line", "kind"),
    )

    id: Mapped[Key]
    revision_id: Mapped[int] = mapped_column(ForeignKey("planning_revision.id"))
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"))
    segment_code: Mapped[str] = mapped_column(Text)
    line: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    volume: Mapped[int]
    """What the society brought when the right was computed."""
    share: Mapped[int]
    """Of all volumes, in millionths."""
    seats_millionths: Mapped[int]
    seats: Mapped[int]
    """Whole seats given in the revision."""
    opening_millionths: Mapped[int] = mapped_column(server_default="0")
    """Balance before the period, which the right contains."""
    deviation_millionths: Mapped[int] = mapped_column(server_default="0")
    """The largest of any prefix of the period, absolute."""
    deviation_at: Mapped[datetime | None]
    """When it was reached."""
    snapshot_id: Mapped[int | None] = mapped_column(ForeignKey("volume_snapshot.id"))


class Cession(Base):
    """Seats of a kind that a society gives to another one, for nothing or for another kind."""

    __tablename__ = "cession"
    __table_args__ = (
        CheckConstraint("giver_id <> taker_id", name="two_societies"),
        CheckConstraint("seats > 0", name="seats"),
        CheckConstraint(
            "num_nonnulls(returned_segment, returned_seats) <> 1 AND returned_seats <> 0",
            name="returned",
        ),
    )

    id: Mapped[Key]
    giver_id: Mapped[int] = mapped_column(ForeignKey("society.id"))
    taker_id: Mapped[int] = mapped_column(ForeignKey("society.id"))
    segment_code: Mapped[str] = mapped_column(Text)
    line: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    seats: Mapped[int]
    """In each period that begins within `valid`."""
    returned_segment: Mapped[str | None] = mapped_column(Text)
    """An exchange of kinds: what the taker gives back, of the same line and kind of seat."""
    returned_seats: Mapped[int | None]
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    agreed_at: Mapped[Instant]
    agreed_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(Text, server_default="")
    withdrawn_at: Mapped[datetime | None]


class LedgerEntry(Base):
    """One line of the account between societies; never changed, only corrected by another one."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint(
            "entry IN ('opening','entitled','allotted','ceded','exchanged','loan','swap',"
            "'correction','cancelled','reinforcement','settled')",
            name="entry",
        ),
        CheckConstraint("millionths <> 0", name="not_nothing"),
        Index("ix_ledger_entry_account", "society_id", "segment_code", "line", "kind"),
    )

    id: Mapped[Key]
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"))
    segment_code: Mapped[str] = mapped_column(Text)
    line: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    counter: Mapped[str] = mapped_column(Text, server_default="guard")
    """`guard`, or the code of the special day that it counts."""
    entry: Mapped[str] = mapped_column(Text)
    millionths: Mapped[int]
    """Of a seat: positive, the society is owed; negative, it owes."""
    on: Mapped[date]
    """The date from which it counts: of the seat, or of the agreement."""
    planning_id: Mapped[int | None] = mapped_column(ForeignKey("planning.id"), index=True)
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("planning_revision.id"))
    seat_id: Mapped[int | None] = mapped_column(ForeignKey("seat.id"))
    counterpart_id: Mapped[int | None] = mapped_column(ForeignKey("society.id"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))
    cause: Mapped[str] = mapped_column(Text, server_default="")
    written_at: Mapped[Instant]
    written_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

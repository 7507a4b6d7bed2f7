"""Tables of the guard planning."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key

_OVERLAPS = "&&"


class Segment(Base):
    """A kind of guard, in wall-clock time; several rules may share a code.

    That all rules together cut every week exactly is checked by the service, under a lock.
    """

    __tablename__ = "segment"
    __table_args__ = (
        CheckConstraint(
            "cardinality(days) > 0 AND days <@ ARRAY['monday','tuesday','wednesday','thursday',"
            "'friday','saturday','sunday','holiday']",
            name="days",
        ),
        CheckConstraint(
            "seats_needed >= 0 AND backup_seats >= 0 AND coordinator_seats >= 0", name="seats"
        ),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_to"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text)
    """`day`, `evening`, `deep_night`, `weekend`."""
    days: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Kinds of day on which it begins; a holiday is no weekday."""
    starts: Mapped[time]
    ends: Mapped[time]
    """At or before `starts`: on the next day."""
    zone: Mapped[str] = mapped_column(Text, server_default="Europe/Paris")
    seats_needed: Mapped[int]
    """Readers of the first line."""
    backup_seats: Mapped[int] = mapped_column(server_default="1")
    coordinator_seats: Mapped[int] = mapped_column(server_default="1")
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    """First date on which it no longer begins."""


class Planning(Base):
    """The guards of a period and their revisions."""

    __tablename__ = "planning"
    __table_args__ = (ExcludeConstraint(("period", _OVERLAPS), name="ex_planning_one_per_period"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text, unique=True)
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    created_at: Mapped[Instant]


class PlanningRevision(Base):
    """A draft, or what was published as the n-th revision."""

    __tablename__ = "planning_revision"
    __table_args__ = (
        UniqueConstraint("planning_id", "number"),
        CheckConstraint("(number IS NULL) = (published_at IS NULL)", name="published_has_number"),
    )

    id: Mapped[Key]
    planning_id: Mapped[int] = mapped_column(ForeignKey("planning.id"))
    number: Mapped[int | None]
    """1, 2, ... when published; empty while it is a draft."""
    base_number: Mapped[int] = mapped_column(server_default="0")
    """The last published revision when this one was made (0: none): publishing it later than
    another one is refused, since it does not know what that one changed."""
    reason: Mapped[str] = mapped_column(Text, server_default="")
    created_at: Mapped[Instant]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    published_at: Mapped[datetime | None]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Guard(Base):
    """One occurrence of a segment."""

    __tablename__ = "guard"
    __table_args__ = (
        UniqueConstraint("planning_id", "segment_code", "line", "period"),
        CheckConstraint("line IN ('first','backup')", name="line"),
        Index("ix_guard_period", "period", postgresql_using="gist"),
    )

    id: Mapped[Key]
    planning_id: Mapped[int] = mapped_column(ForeignKey("planning.id"))
    segment_code: Mapped[str] = mapped_column(Text)
    line: Mapped[str] = mapped_column(Text)
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    seats_needed: Mapped[int]


class Seat(Base):
    """One place in a guard, with its own hours; its id lives as long as the guard."""

    __tablename__ = "seat"
    __table_args__ = (
        UniqueConstraint("guard_id", "kind", "ordinal"),
        CheckConstraint("kind IN ('reader','coordinator')", name="kind"),
    )

    id: Mapped[Key]
    guard_id: Mapped[int] = mapped_column(ForeignKey("guard.id"))
    kind: Mapped[str] = mapped_column(Text, server_default="reader")
    ordinal: Mapped[int]
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)


class Assignment(Base):
    """Who holds a seat in a revision; rows are only added, later revisions supersede."""

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("seat_id", "revision_id"),
        Index(
            "uq_assignment_seat_in_force",
            "seat_id",
            unique=True,
            postgresql_where=text("in_force"),
        ),
        CheckConstraint(
            "reason IN ('quota','roster','edit','swap','repair','loan')", name="reason"
        ),
        ExcludeConstraint(
            (text("int8range(radiologist_id, radiologist_id, '[]')"), _OVERLAPS),
            ("period", _OVERLAPS),
            where=text("in_force AND radiologist_id IS NOT NULL"),
            deferrable=True,
            initially="DEFERRED",
            name="ex_assignment_one_seat_at_a_time",
        ),
        Index(
            "ix_assignment_period",
            "period",
            postgresql_using="gist",
            postgresql_where=text("in_force"),
        ),
    )

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"), index=True)
    revision_id: Mapped[int] = mapped_column(ForeignKey("planning_revision.id"), index=True)
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"))
    radiologist_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"), index=True)
    """Empty: the society owes the seat but nobody holds it yet."""
    reason: Mapped[str] = mapped_column(Text)
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    """The seat's, copied so that the database can refuse overlaps."""
    in_force: Mapped[bool] = mapped_column(server_default=text("false"))


class Volume(Base):
    """Weighted exams that a society brought in a reference period."""

    __tablename__ = "volume"
    __table_args__ = (
        UniqueConstraint("society_id", "period"),
        CheckConstraint("exams >= 0", name="exams"),
    )

    id: Mapped[Key]
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"))
    period: Mapped[Range[date]] = mapped_column(DATERANGE)
    exams: Mapped[int]
    source: Mapped[str] = mapped_column(Text)


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


class Absence(Base):
    """When a radiologist cannot be on guard."""

    __tablename__ = "absence"

    id: Mapped[Key]
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"), index=True)
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    reason: Mapped[str] = mapped_column(Text, server_default="")


class OnCallSheet(Base):
    """Who is on guard for the next 72 hours, as a PDF that exists when we are down."""

    __tablename__ = "on_call_sheet"

    id: Mapped[Key]
    made_at: Mapped[Instant]
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    published_count: Mapped[int]
    """How many revisions were published when it was made: more of them may call for another."""
    path: Mapped[str] = mapped_column(Text)
    """Relative to the data folder."""
    digest: Mapped[bytes]
    size_bytes: Mapped[int]

"""Tables of those who hold seats: absences, wishes, statutes, what they worked."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import (
    DATERANGE,
    TSTZRANGE,
    ExcludeConstraint,
    Range,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key

_OVERLAPS = "&&"


class Absence(Base):
    """When a radiologist cannot be on guard."""

    __tablename__ = "absence"

    id: Mapped[Key]
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"), index=True)
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    kind: Mapped[str] = mapped_column(Text, server_default="other")
    """`leave`, `sick`, `training`, `other`."""
    created_at: Mapped[datetime | None]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class StatuteProfile(Base):
    """The rules of work of a statute, valid from a date until the next row begins."""

    __tablename__ = "statute_profile"
    __table_args__ = (UniqueConstraint("statute", "valid_from"),)

    id: Mapped[Key]
    statute: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date]
    rules: Mapped[Json]
    """`app.planning.domain.roster.profile.Profile`, durations in minutes."""
    written_at: Mapped[Instant]
    written_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class WorkingTime(Base):
    """Which part of a full time a radiologist works, from when to when."""

    __tablename__ = "working_time"
    __table_args__ = (
        CheckConstraint("fte BETWEEN 1 AND 1000", name="fte"),
        ExcludeConstraint(
            (text("int8range(radiologist_id, radiologist_id, '[]')"), _OVERLAPS),
            ("valid", _OVERLAPS),
            name="ex_working_time_one_at_a_time",
        ),
    )

    id: Mapped[Key]
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    fte: Mapped[int]
    """In thousandths."""


class Authorisation(Base):
    """An outside reader or hospital radiologist may hold seats opened to them, between dates."""

    __tablename__ = "authorisation"
    __table_args__ = (
        CheckConstraint("kind IN ('outside','hospital')", name="kind"),
        ExcludeConstraint(
            (text("int8range(radiologist_id, radiologist_id, '[]')"), _OVERLAPS),
            ("valid", _OVERLAPS),
            name="ex_authorisation_one_at_a_time",
        ),
    )

    id: Mapped[Key]
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"), index=True)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    kind: Mapped[str] = mapped_column(Text)
    """`outside` or `hospital`."""
    reference: Mapped[str] = mapped_column(Text)
    """The act that allows it, with its number."""
    written_at: Mapped[Instant]
    written_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Incompatibility(Base):
    """Two radiologists who are never on guard together."""

    __tablename__ = "incompatibility"
    __table_args__ = (
        UniqueConstraint("one_id", "other_id"),
        CheckConstraint("one_id < other_id", name="order"),
    )

    id: Mapped[Key]
    one_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))


class RadiologistWish(Base):
    """When a radiologist would like, or not like, to be on guard."""

    __tablename__ = "wish"
    __table_args__ = (
        CheckConstraint("kind IN ('avoid','prefer')", name="kind"),
        CheckConstraint("weight BETWEEN 1 AND 3", name="weight"),
    )

    id: Mapped[Key]
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    weight: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Instant]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class BusySession(Base):
    """A scheduled session elsewhere, imported: no seat meanwhile, and it counts for rest."""

    __tablename__ = "busy_session"
    __table_args__ = (UniqueConstraint("radiologist_id", "source", "uid"),)

    id: Mapped[Key]
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"), index=True)
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    source: Mapped[str] = mapped_column(Text)
    uid: Mapped[str] = mapped_column(Text)
    """Of the event in its source; our own for lines of a file."""
    imported_at: Mapped[Instant]


class LastAct(Base):
    """When the holder of a seat really worked last: rest is counted from it."""

    __tablename__ = "last_act"

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"), unique=True)
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    acted_at: Mapped[Instant]
    written_at: Mapped[Instant]


class PointBalance(Base):
    """Points of a radiologist at the end of a planning, carried into the next."""

    __tablename__ = "point_balance"
    __table_args__ = (UniqueConstraint("planning_id", "radiologist_id", "counter"),)

    id: Mapped[Key]
    planning_id: Mapped[int] = mapped_column(ForeignKey("planning.id"))
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"), index=True)
    counter: Mapped[str] = mapped_column(Text)
    """`points`, `nights`, `weekends`, or the code of a special day."""
    done: Mapped[int]
    """In thousandths."""
    owed: Mapped[int]
    """Their part of what the society held, in thousandths."""
    written_at: Mapped[Instant]

"""Tables of the calendars: rules in wall-clock time, special days, what sites announce."""

from datetime import date, datetime, time

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    TSTZRANGE,
    Range,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key

_OVERLAPS = "&&"


class Calendar(Base):
    """Rules over one stream of instants: segments that cut it, or hours that classify it.

    `guard` segments give every instant exactly one segment, and guards are laid out by them;
    `hours` (PDSES, billing from 20:00 to 08:00) only tell what an instant is; `on_site` is the
    line of one site, such as ultrasound, whose guards need not cover the day.
    """

    __tablename__ = "calendar"
    __table_args__ = (
        CheckConstraint("kind IN ('guard','hours','on_site')", name="kind"),
        CheckConstraint("(kind = 'on_site') = (site_id IS NOT NULL)", name="site"),
        Index("uq_calendar_guard", "kind", unique=True, postgresql_where=text("kind = 'guard'")),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    alsace_moselle: Mapped[bool] = mapped_column(server_default=text("false"))
    """With the two holidays more of Alsace and Moselle."""
    bridges: Mapped[bool] = mapped_column(server_default=text("false"))
    """A workday between a holiday and a weekend is a day of its own kind, else a workday."""


class Segment(Base):
    """A kind of guard, in wall-clock time; several rules may share a code.

    That all rules together cut every week exactly is checked by the service, under a lock.
    """

    __tablename__ = "segment"
    __table_args__ = (
        CheckConstraint(
            "cardinality(days) > 0 AND days <@ ARRAY['monday','tuesday','wednesday','thursday',"
            "'friday','saturday','sunday','bridge','holiday']",
            name="days",
        ),
        CheckConstraint(
            "seats_needed >= 0 AND backup_seats >= 0 AND coordinator_seats >= 0", name="seats"
        ),
        CheckConstraint("valid_to IS NULL OR valid_to > valid_from", name="valid_to"),
        CheckConstraint("points >= 0 AND least_societies >= 1", name="weights"),
    )

    id: Mapped[Key]
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id"), index=True)
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
    points: Mapped[int] = mapped_column(server_default="1000")
    """Of a seat, in thousandths: for people inside a society, never between societies."""
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Sub-specialties of which those on guard must have each between them."""
    least_societies: Mapped[int] = mapped_column(server_default="1")


class InformationLine(Base):
    """What a site says on the on-call board: ultrasound on site, a local doctor, interventional."""

    __tablename__ = "information_line"
    __table_args__ = (Index("ix_information_line_period", "period", postgresql_using="gist"),)

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    label: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    telephone: Mapped[str] = mapped_column(Text, server_default="")
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    created_at: Mapped[Instant]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

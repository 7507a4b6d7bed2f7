"""Tables of what is computed (rosters, calibrations) and of what is read from outside."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import (
    DATERANGE,
    Range,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key

_OVERLAPS = "&&"


class RosterRun(Base):
    """A roster that is being computed, or was: claimed by a scheduler, worked on in a process."""

    __tablename__ = "roster_run"
    __table_args__ = (
        CheckConstraint("kind IN ('generate','repair')", name="kind"),
        CheckConstraint("state IN ('queued','running','stopping','done','failed')", name="state"),
        Index(
            "ix_roster_run_open",
            "state",
            postgresql_where=text("state IN ('queued','running','stopping')"),
        ),
    )

    id: Mapped[Key]
    planning_id: Mapped[int] = mapped_column(ForeignKey("planning.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    request: Mapped[Json]
    """Seconds, seed, and for a repair the seats that fell free."""
    progress: Mapped[Json | None]
    """Objective, best, bound, gap, seconds, as last told."""
    result: Mapped[Json | None]
    """Levels with value and bound, versions."""
    error: Mapped[str] = mapped_column(Text, server_default="")
    revision_id: Mapped[int | None] = mapped_column(ForeignKey("planning_revision.id"))
    """The draft that it made."""
    requested_at: Mapped[Instant]
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    token: Mapped[str | None] = mapped_column(Text)
    claimed_until: Mapped[datetime | None]


class ArrivalCount(Base):
    """Exams that arrived in an hour of the wall clock, measured or imported."""

    __tablename__ = "arrival_count"
    __table_args__ = (
        UniqueConstraint("society_id", "day", "hour", "source"),
        CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),
        CheckConstraint("exams >= 0", name="exams"),
        CheckConstraint("source IN ('measured','imported')", name="source"),
    )

    id: Mapped[Key]
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"))
    day: Mapped[date]
    hour: Mapped[int]
    """On the wall; an hour that the clocks repeat is counted together."""
    exams: Mapped[int]
    source: Mapped[str] = mapped_column(Text)
    import_id: Mapped[int | None] = mapped_column(ForeignKey("volume_import.id"))


class Calibration(Base):
    """How many seats each segment needs, as it was computed from arrivals."""

    __tablename__ = "calibration"
    __table_args__ = (
        CheckConstraint("state IN ('queued','running','done','failed')", name="state"),
        Index(
            "ix_calibration_open", "state", postgresql_where=text("state IN ('queued','running')")
        ),
    )

    id: Mapped[Key]
    state: Mapped[str] = mapped_column(Text)
    period: Mapped[Range[date]] = mapped_column(DATERANGE)
    """The arrivals looked at."""
    request: Mapped[Json]
    """Limits, read times, target, ceiling and floor, seed."""
    result: Mapped[Json | None]
    error: Mapped[str] = mapped_column(Text, server_default="")
    requested_at: Mapped[Instant]
    requested_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    finished_at: Mapped[datetime | None]
    token: Mapped[str | None] = mapped_column(Text)
    claimed_until: Mapped[datetime | None]


class CalendarFeed(Base):
    """A secret address at which guards are read as iCalendar."""

    __tablename__ = "calendar_feed"
    __table_args__ = (
        CheckConstraint("num_nonnulls(radiologist_id, society_id) <= 1", name="one_subject"),
    )

    id: Mapped[Key]
    digest: Mapped[bytes] = mapped_column(unique=True)
    """Of the secret, which is shown once."""
    radiologist_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"))
    society_id: Mapped[int | None] = mapped_column(ForeignKey("society.id"))
    """Both empty: all guards of the group."""
    created_at: Mapped[Instant]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    revoked_at: Mapped[datetime | None]
    last_read_at: Mapped[datetime | None]

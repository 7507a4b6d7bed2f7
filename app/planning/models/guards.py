"""Tables of plannings: guards, seats, revisions, who holds what."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import (
    ARRAY,
    TSTZRANGE,
    ExcludeConstraint,
    Range,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key

_OVERLAPS = "&&"


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
        CheckConstraint("kind IN ('draft','edit','swap','repair','import')", name="kind"),
    )

    id: Mapped[Key]
    planning_id: Mapped[int] = mapped_column(ForeignKey("planning.id"))
    number: Mapped[int | None]
    """1, 2, ... when published; empty while it is a draft."""
    base_number: Mapped[int] = mapped_column(server_default="0")
    """The last published revision when this one was made (0: none): publishing it later than
    another one is refused, since it does not know what that one changed."""
    kind: Mapped[str] = mapped_column(Text, server_default="draft")
    """How it came to be: `draft`, `edit`, `swap`, `repair`, `import`."""
    name: Mapped[str] = mapped_column(Text, server_default="")
    """What a planner calls the draft, to tell it from others beside it."""
    reason: Mapped[str] = mapped_column(Text, server_default="")
    version: Mapped[int] = mapped_column(server_default="0")
    """Raised at each change of a draft: who publishes says which one they looked at."""
    created_at: Mapped[Instant]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    published_at: Mapped[datetime | None]
    published_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class Guard(Base):
    """One occurrence of a segment."""

    __tablename__ = "guard"
    __table_args__ = (
        UniqueConstraint(
            "planning_id",
            "segment_code",
            "line",
            "site_id",
            "period",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("line IN ('first','backup','on_site')", name="line"),
        CheckConstraint("(line = 'on_site') = (site_id IS NOT NULL)", name="site"),
        Index("ix_guard_period", "period", postgresql_using="gist"),
    )

    id: Mapped[Key]
    planning_id: Mapped[int] = mapped_column(ForeignKey("planning.id"))
    segment_code: Mapped[str] = mapped_column(Text)
    line: Mapped[str] = mapped_column(Text)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    """Where an on-site line stands."""
    period: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    seats_needed: Mapped[int]
    points: Mapped[int] = mapped_column(server_default="1000")
    """Of a seat throughout, in thousandths."""
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Sub-specialties of which its holders must have each between them."""
    least_societies: Mapped[int] = mapped_column(server_default="1")
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    cancelled_reason: Mapped[str] = mapped_column(Text, server_default="")


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
    opened: Mapped[bool] = mapped_column(server_default=text("false"))
    """Opened to outside readers: taken before the others are shared."""
    skills: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Sub-specialties of which its holder must have each."""
    added_at: Mapped[datetime | None]
    """A reinforcement or a relief that was added to the guard."""
    added_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    closed_at: Mapped[datetime | None]
    """Taken out of the guard; its history stays."""


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
            (text("int8range(lane, lane, '[]')"), _OVERLAPS),
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
    lane: Mapped[int] = mapped_column(server_default="0")
    """0 at a distance, 1 on site: one person may hold a seat of each at a time, not two of one."""
    locked: Mapped[bool] = mapped_column(server_default=text("false"))
    """A planner wants this holder to stay when the draft is computed again."""


class DraftEdit(Base):
    """One change of a seat in a draft, so that it can be undone and told."""

    __tablename__ = "draft_edit"

    id: Mapped[Key]
    revision_id: Mapped[int] = mapped_column(
        ForeignKey("planning_revision.id", ondelete="CASCADE"), index=True
    )
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"))
    at: Mapped[Instant]
    by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    before: Mapped[Json]
    """`society_id`, `radiologist_id`, `reason`, `locked`; empty: the draft said nothing."""
    after: Mapped[Json]
    undone_at: Mapped[datetime | None]

"""Tables of what is told about guards: sheets, gaps, calls to a site."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import (
    TSTZRANGE,
    Range,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key

_OVERLAPS = "&&"


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


class Gap(Base):
    """A seat ahead that nobody holds: told once, until it is filled."""

    __tablename__ = "gap"
    __table_args__ = (
        Index("uq_gap_open", "seat_id", unique=True, postgresql_where=text("closed_at IS NULL")),
    )

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"))
    found_at: Mapped[Instant]
    closed_at: Mapped[datetime | None]


class OnSiteCall(Base):
    """The holder of an on-site seat is called to the site: no remote case is offered meanwhile."""

    __tablename__ = "on_site_call"
    __table_args__ = (
        Index(
            "uq_on_site_call_open",
            "seat_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    seat_id: Mapped[int] = mapped_column(ForeignKey("seat.id"))
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"), index=True)
    called_at: Mapped[Instant]
    ended_at: Mapped[datetime | None]
    written_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

"""Tables of who is there: the processes that hold streams, the streams, and what readers said."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key


class WebProcess(Base):
    """A web process that holds streams of pages; it says every few seconds that it lives."""

    __tablename__ = "web_process"

    id: Mapped[Key]
    started_at: Mapped[Instant]
    beat_at: Mapped[Instant]
    """Until then its streams were open for certain."""


class PageStream(Base):
    """The open event stream of a reader's page; the row goes with the stream."""

    __tablename__ = "page_stream"

    process_id: Mapped[int] = mapped_column(
        ForeignKey("web_process.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Of the stream in its process."""
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"), index=True)
    opened_at: Mapped[Instant]


class Presence(Base):
    """When the last stream of a reader's page was lost; whoever has one open was seen later."""

    __tablename__ = "presence"

    radiologist_id: Mapped[int] = mapped_column(
        ForeignKey("radiologist.id"), primary_key=True, autoincrement=False
    )
    seen_at: Mapped[Instant]
    gone_at: Mapped[datetime | None]
    """When the pages were told that the reader is gone; empty: they know of nothing."""


class NoNewWork(Base):
    """A reader's word that they take no new case until an instant."""

    __tablename__ = "no_new_work"
    __table_args__ = (
        CheckConstraint("until > said_at", name="until_after_said"),
        Index(
            "uq_no_new_work_standing",
            "radiologist_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    said_at: Mapped[Instant]
    said_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    """The reader, or the coordinator for them."""
    until: Mapped[Instant]
    """Then it is over by itself."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

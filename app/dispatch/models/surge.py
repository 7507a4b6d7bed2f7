"""Tables of surges: when more came than those on guard could read."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key

_STANDING = text("ended_at IS NULL")


class Surge(Base):
    """From when to when, and whether the backup line was called; one at a time."""

    __tablename__ = "surge"
    __table_args__ = (
        Index("uq_surge_standing", text("(true)"), unique=True, postgresql_where=_STANDING),
        CheckConstraint("(called_at IS NULL) = (called_by IS NULL)", name="called_by_somebody"),
        CheckConstraint("ended_at >= began_at", name="ends_after_start"),
    )

    id: Mapped[Key]
    began_at: Mapped[Instant]
    causes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """All that has spoken for it (`app.dispatch.domain.surge.SurgeCause`)."""
    detail: Mapped[Json] = mapped_column(server_default="{}")
    """Arrivals and bounds at the last look that spoke for it."""
    calm_since: Mapped[datetime | None]
    called_at: Mapped[datetime | None]
    called_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    ended_at: Mapped[datetime | None]


class SurgeLook(Base):
    """When the arrivals are looked at next: one row."""

    __tablename__ = "surge_look"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    due_at: Mapped[Instant]

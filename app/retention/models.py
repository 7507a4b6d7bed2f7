"""Table of the disk's readings."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key


class DiskReading(Base):
    """How full the disk was, how fast it filled, and when it would be full; rows are only added.

    A sweep of retention follows each reading, and notes that it began.
    """

    __tablename__ = "disk_reading"
    __table_args__ = (
        CheckConstraint("level IN ('good','pressure','alarm')", name="level"),
        Index(None, "at"),
    )

    id: Mapped[Key]
    at: Mapped[Instant]
    total_bytes: Mapped[int]
    free_bytes: Mapped[int]
    reserve_bytes: Mapped[int]
    kept_bytes: Mapped[int]
    """Of all images that are kept."""
    received_day_bytes: Mapped[int]
    received_week_bytes: Mapped[int]
    can_go_bytes: Mapped[int]
    """Of images that could go at once, were the disk too full."""
    full_at: Mapped[datetime | None]
    """By the forecast; empty: not within a year."""
    level: Mapped[str] = mapped_column(Text)
    swept_at: Mapped[datetime | None]
    """When a sweep began that this reading asked for."""

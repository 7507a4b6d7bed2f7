"""Tables of morning lists: what others have read for the hospitals of a society."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key


class MorningList(Base):
    """What a society was told one morning about its hospitals of one time zone."""

    __tablename__ = "morning_list"
    __table_args__ = (
        UniqueConstraint("society_id", "zone", "ends_at"),
        CheckConstraint("ends_at > starts_at", name="ends_after_start"),
    )

    id: Mapped[Key]
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"))
    zone: Mapped[str] = mapped_column(Text)
    day: Mapped[date]
    """Of the morning, in that zone."""
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    made_at: Mapped[Instant]


class MorningItem(Base):
    """A case on a morning list, as it stood then."""

    __tablename__ = "morning_item"
    __table_args__ = (
        UniqueConstraint("list_id", "kind", "case_id"),
        CheckConstraint("kind IN ('read','open')", name="kind"),
        CheckConstraint("(kind = 'read') <= (signed_at IS NOT NULL)", name="read_was_signed"),
        Index(None, "case_id"),
    )

    id: Mapped[Key]
    list_id: Mapped[int] = mapped_column(ForeignKey("morning_list.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    kind: Mapped[str] = mapped_column(Text)
    """`app.dispatch.domain.morning.MorningKind`."""
    state: Mapped[str] = mapped_column(Text)
    """Of the case."""
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"))
    signed_at: Mapped[datetime | None]

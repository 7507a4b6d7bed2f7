"""Tables of how long reads and transfers take: a version of them for each night."""

from sqlalchemy import CheckConstraint, Double, ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key


class ReadTimeTable(Base):
    """A version: made once a day from the timeline, never changed."""

    __tablename__ = "read_time_table"

    id: Mapped[Key]
    made_at: Mapped[Instant]
    since: Mapped[Instant]
    """Reads signed from then on, up to when it was made, count."""
    read_count: Mapped[int]
    next_due_at: Mapped[Instant] = mapped_column(unique=True)
    """When the next version is made."""


class ReadTime(Base):
    """How long a kind of exam takes all readers, or one of them, in a version."""

    __tablename__ = "read_time"
    __table_args__ = (
        UniqueConstraint(
            "table_id",
            "modality",
            "region",
            "radiologist_id",
            name="uq_read_time_cell",
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("minutes > 0", name="minutes"),
    )

    id: Mapped[Key]
    table_id: Mapped[int] = mapped_column(ForeignKey("read_time_table.id", ondelete="CASCADE"))
    modality: Mapped[str] = mapped_column(Text)
    region: Mapped[str] = mapped_column(Text)
    radiologist_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"))
    """Nothing: all readers."""
    minutes: Mapped[float] = mapped_column(Double)
    read_count: Mapped[int]


class TransferTime(Base):
    """How long images take to a centre's node, in a version."""

    __tablename__ = "transfer_time"
    __table_args__ = (CheckConstraint("seconds > 0", name="seconds"),)

    table_id: Mapped[int] = mapped_column(
        ForeignKey("read_time_table.id", ondelete="CASCADE"), primary_key=True
    )
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("endpoint.id"), primary_key=True)
    seconds: Mapped[float] = mapped_column(Double)
    """For a MiB."""
    transfer_count: Mapped[int]

"""Table of tasks."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key

_STANDING = text("settled_at IS NULL")


class Task(Base):
    """Something that somebody must do: it is shown, and repeated, until a person settles it.

    A trigger notifies the channel `worklist`. No patient data: the case holds it.
    """

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("(settled_at IS NULL) = (outcome IS NULL)", name="settled_with_outcome"),
        Index("uq_task_standing", "kind", "subject", unique=True, postgresql_where=_STANDING),
        Index("ix_task_standing", "raised_at", postgresql_where=_STANDING),
        Index("ix_task_repeat", "repeat_at", postgresql_where=_STANDING),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(Text)
    """`app.tasks.domain.kinds.TaskKind`."""
    subject: Mapped[str] = mapped_column(Text)
    """What it is about, such as `case:12`: one task of a kind stands for a subject at a time."""
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    """Whose users, coordinators and radiologists see it; empty: the group's."""
    society_id: Mapped[int | None] = mapped_column(ForeignKey("society.id"), index=True)
    """Whose planners see it too, where it is about no site."""
    radiologist_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"), index=True)
    """Who above all must do it."""
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Who else sees it, within the site."""
    detail: Mapped[Json] = mapped_column(server_default="{}")
    """What its sentence on a page is made of: counts, titles, telephones, ids."""
    raised_at: Mapped[Instant]
    repeat_at: Mapped[datetime | None]
    """When it rings again."""
    rung_count: Mapped[int] = mapped_column(server_default="1")
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """Empty, when it is settled: the platform saw that it was done."""
    outcome: Mapped[str | None] = mapped_column(Text)

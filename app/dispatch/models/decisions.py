"""Table of what was decided, and why."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key


class Decision(Base):
    """What dispatch decided, from what, and why; rows are only added."""

    __tablename__ = "decision"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[Instant]
    cause: Mapped[str] = mapped_column(Text)
    rule_version: Mapped[str] = mapped_column(Text)
    inputs: Mapped[Json]
    ranking: Mapped[Json]
    exclusions: Mapped[Json]
    next_deadline: Mapped[datetime | None]

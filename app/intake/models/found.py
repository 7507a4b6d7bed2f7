"""Tables of what is announced of studies, and of the rules that class them."""

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key


class Announcement(Base):
    """What somebody said of how many instances a study has; rows are only added."""

    __tablename__ = "announcement"
    __table_args__ = (
        CheckConstraint("source IN ('mpps','commitment','c_find')", name="source"),
        Index(None, "domain_id", "study_instance_uid", "said_at"),
        Index(None, "domain_id", "step_uid"),
        Index(
            "ix_announcement_loose",
            "sop_instance_uids",
            postgresql_using="gin",
            postgresql_where=text("study_instance_uid = ''"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    """Drawn by who heard it: it may be recorded twice."""
    domain_id: Mapped[int] = mapped_column(ForeignKey("domain.id"))
    study_instance_uid: Mapped[str] = mapped_column(Text, server_default="")
    """Empty: it named instances only."""
    step_uid: Mapped[str] = mapped_column(Text, server_default="")
    """Of the performed procedure step, or the commitment's transaction."""
    source: Mapped[str] = mapped_column(Text)
    said_at: Mapped[Instant]
    instance_count: Mapped[int | None]
    sop_instance_uids: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Those that were named, when they were."""
    is_final: Mapped[bool] = mapped_column(server_default=text("true"))
    """Whether the exam was over when it was said."""


class IntakeRuleSet(Base):
    """How the studies of a site are classed, from an instant on; rows are only added."""

    __tablename__ = "intake_rule_set"
    __table_args__ = (Index(None, "site_id", "id"),)

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    made_at: Mapped[Instant]
    made_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    rules: Mapped[Json]
    """`{"rules": [...]}` in order: the first that matches classes the study."""
    note: Mapped[str] = mapped_column(Text, server_default="")

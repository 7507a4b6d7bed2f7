"""Tables of the case, its links and its timeline."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key

_OPEN = text("state IN ('open','nominated','reading')")
_TO_DELIVER = text("state = 'signed'")


class Case(Base):
    """One patient's question at one site: its studies, one reader, one report.

    A trigger raises `version` at each change, copies each move into `case_event`, and notifies the
    channel `worklist`.
    """

    __tablename__ = "case"
    __table_args__ = (
        CheckConstraint("priority IN ('P1','P2','P3','P4')", name="priority"),
        CheckConstraint(
            "state IN ('open','nominated','reading','signed','delivered','acknowledged','voided')",
            name="state",
        ),
        CheckConstraint(
            "(state = 'reading') <= (reader_id IS NOT NULL)", name="reading_has_reader"
        ),
        CheckConstraint("(was_with_id IS NULL) = (was_with_since IS NULL)", name="was_with_since"),
        CheckConstraint("expected_read_s > 0", name="expected_read"),
        CheckConstraint("(exam_modality IS NULL) = (exam_region IS NULL)", name="exam_kind"),
        Index("ix_case_open", "signed_due_at", postgresql_where=_OPEN),
        Index("ix_case_to_deliver", "state_at", postgresql_where=_TO_DELIVER),
        Index("ix_case_dispatch_due", "dispatch_due_at", postgresql_where=_OPEN),
        Index("ix_case_step_due", "step_due_at", postgresql_where=_OPEN),
        Index("ix_case_created", "created_at"),
        Index("ix_case_first_image", "first_image_at"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    priority: Mapped[str] = mapped_column(Text)
    priority_reason: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default="open")
    state_at: Mapped[Instant]
    state_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """The user who moved it; empty: the platform."""
    state_reason: Mapped[str] = mapped_column(Text, server_default="")
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[Instant]
    first_image_at: Mapped[datetime | None]
    """Empty: a validated request whose images have not come."""
    complete_at: Mapped[datetime | None]
    complete_reason: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, server_default="")
    """What was examined, for people: modalities and descriptions of its studies."""
    instance_count: Mapped[int] = mapped_column(server_default="0")
    seen_count: Mapped[int] = mapped_column(server_default="0")
    """Instances that the reader has said to have seen."""
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"), index=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"))
    """Who validated the request: the images that follow are offered to that one first."""
    signed_due_at: Mapped[datetime | None]
    """When the report is due, by the SLA in force; empty before the first image."""
    expected_read_s: Mapped[int] = mapped_column(server_default="900")
    """How long its read is expected to take: by its reader once claimed, by all readers once it was
    decided to whom it is offered; 15 minutes before."""
    exam_modality: Mapped[str | None] = mapped_column(Text)
    exam_region: Mapped[str | None] = mapped_column(Text)
    """Of what kind its exam was when it was last offered anew, or claimed; as
    `app.dispatch.domain.exams` names it. So it counts for its readers when other cases are decided.
    Empty: neither yet, and its kind is found by its images."""
    dispatch_due_at: Mapped[datetime | None]
    """When it is to be nominated at the latest; empty once it was."""
    dispatch_cause: Mapped[str | None] = mapped_column(Text)
    """Why it is to be nominated anew; empty: only its instant has come."""
    step: Mapped[int] = mapped_column(server_default="0")
    """How far it has been widened: the index into the steps of the SLA in force."""
    step_due_at: Mapped[datetime | None]
    was_with_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"))
    """Whose claim was opened to others, as long as nobody has claimed it since."""
    was_with_since: Mapped[datetime | None]
    preliminary_at: Mapped[datetime | None]
    critical_at: Mapped[datetime | None]
    """When a critical finding was noted whose call nobody has confirmed yet."""
    joined_into_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))
    """Of a voided case: the one that took over its requests and studies."""
    split_from_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"))


class CaseStudy(Base):
    """A study of a case; a study is in at most one case that is not voided."""

    __tablename__ = "case_study"
    __table_args__ = (
        UniqueConstraint("case_id", "study_id"),
        Index(
            "uq_case_study_one_case",
            "study_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    linked_at: Mapped[Instant]
    ended_at: Mapped[datetime | None]
    """When the case was voided or the study was split off."""


class CaseRequest(Base):
    """A request of a case; a request is in at most one case that is not voided."""

    __tablename__ = "case_request"
    __table_args__ = (
        UniqueConstraint("case_id", "request_id"),
        Index(
            "uq_case_request_one_case",
            "request_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"))
    linked_at: Mapped[Instant]
    ended_at: Mapped[datetime | None]


class CaseSla(Base):
    """The clocks of a case, as they were when the case was opened or its priority changed."""

    __tablename__ = "case_sla"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[Instant]
    priority: Mapped[str] = mapped_column(Text)
    signed_within_s: Mapped[int]
    steps: Mapped[Json]
    """What `app.cases.domain.sla.Sla.to_json` writes: steps and delays."""


class CaseEvent(Base):
    """The timeline: every move and every fact, in order; rows are only added (trigger)."""

    __tablename__ = "case_event"
    __table_args__ = (Index(None, "case_id", "at"), Index(None, "kind", "at"))

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    at: Mapped[Instant]
    kind: Mapped[str] = mapped_column(Text)
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    state_from: Mapped[str | None] = mapped_column(Text)
    state_to: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    detail: Mapped[Json] = mapped_column(server_default="{}")

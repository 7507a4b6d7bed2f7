"""Tables of the report, its versions and the documents made of them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key


class ReportVersion(Base):
    """One version of a case's report: first the report, then addenda, or its withdrawal.

    A trigger refuses any change of a signed one.
    """

    __tablename__ = "report_version"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        CheckConstraint("kind IN ('report','addendum','withdrawal')", name="kind"),
        CheckConstraint("(signed_at IS NULL) = (signed_by IS NULL)", name="signed_by_somebody"),
        Index(
            "uq_report_version_one_draft",
            "case_id",
            unique=True,
            postgresql_where=text("signed_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(Text)
    indication: Mapped[str] = mapped_column(Text, server_default="")
    technique: Mapped[str] = mapped_column(Text, server_default="")
    dose: Mapped[str] = mapped_column(Text, server_default="")
    """What the exam irradiated, with its units, as the reader typed it."""
    findings: Mapped[str] = mapped_column(Text, server_default="")
    conclusion: Mapped[str] = mapped_column(Text, server_default="")
    draft_number: Mapped[int] = mapped_column(server_default="1")
    """Raised at each save: the editor says which one it started from."""
    created_at: Mapped[Instant]
    edited_at: Mapped[Instant]
    edited_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    signed_at: Mapped[datetime | None]
    signed_by: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"))


class Preliminary(Base):
    """A first result given before the report: what was said, to whom, how; rows are only added."""

    __tablename__ = "preliminary"
    __table_args__ = (CheckConstraint("means IN ('telephone','page','in_person')", name="means"),)

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    at: Mapped[Instant]
    by_radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    text: Mapped[str] = mapped_column(Text)
    told_to: Mapped[str] = mapped_column(Text)
    means: Mapped[str] = mapped_column(Text)


class CriticalFinding(Base):
    """A finding that somebody at the site must hear, and say back; rows are only added."""

    __tablename__ = "critical_finding"

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), unique=True)
    noted_at: Mapped[Instant]
    noted_by: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    text: Mapped[str] = mapped_column(Text)


class Call(Base):
    """A telephone call about a case, reached or not; rows are only added."""

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint("outcome IN ('reached','no_answer','left_message')", name="outcome"),
        CheckConstraint("(outcome = 'reached') = (told_to <> '')", name="reached_somebody"),
        CheckConstraint("NOT read_back OR outcome = 'reached'", name="read_back_by_somebody"),
    )

    id: Mapped[Key]
    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"), index=True)
    """The task that it was to settle."""
    at: Mapped[Instant]
    by_user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    number: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    told_to: Mapped[str] = mapped_column(Text, server_default="")
    read_back: Mapped[bool] = mapped_column(server_default=text("false"))
    """They said it again, and it was right."""
    note: Mapped[str] = mapped_column(Text, server_default="")


class Document(Base):
    """A form of a signed version for one study and accession.

    Its UIDs are drawn at signature, its bytes are made once. A Secondary Capture has one for each
    page; those behind the first are added when it is rendered.
    """

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint(
            "report_version_id",
            "study_id",
            "accession_number",
            "issue",
            "form",
            "page",
            name="uq_document_once",
        ),
        CheckConstraint("form IN ('pdf','encapsulated_pdf','sr','secondary_capture')", name="form"),
        CheckConstraint("page >= 1", name="page"),
        CheckConstraint("issue >= 1", name="issue"),
        CheckConstraint("(rendered_at IS NULL) = (path IS NULL)", name="rendered_has_path"),
        Index("ix_document_to_render", "due_at", postgresql_where=text("rendered_at IS NULL")),
    )

    id: Mapped[Key]
    report_version_id: Mapped[int] = mapped_column(ForeignKey("report_version.id"))
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    accession_number: Mapped[str] = mapped_column(Text, server_default="")
    issue: Mapped[int] = mapped_column(server_default="1")
    """1 at signature; the next one each time an identity is settled late."""
    form: Mapped[str] = mapped_column(Text)
    page: Mapped[int] = mapped_column(server_default="1")
    sop_class_uid: Mapped[str | None] = mapped_column(Text)
    series_instance_uid: Mapped[str | None] = mapped_column(Text)
    sop_instance_uid: Mapped[str | None] = mapped_column(Text, unique=True)
    due_at: Mapped[Instant]
    """When it is to be rendered: at signature, or later after a failure."""
    failure: Mapped[str | None] = mapped_column(Text)
    """Why it could not be rendered the last time."""
    rendered_at: Mapped[datetime | None]
    path: Mapped[str | None] = mapped_column(Text)
    digest: Mapped[bytes | None]
    size_bytes: Mapped[int | None]

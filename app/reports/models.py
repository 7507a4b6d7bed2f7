"""Tables of the report, its versions and the documents made of them."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key


class ReportVersion(Base):
    """One version of a case's report; the first is the report, the others are addenda.

    A trigger refuses any change of a signed one.
    """

    __tablename__ = "report_version"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        CheckConstraint("kind IN ('report','addendum')", name="kind"),
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


class Document(Base):
    """A form of a signed version for one study; its UIDs are drawn at signature, its bytes once."""

    __tablename__ = "document"
    __table_args__ = (
        UniqueConstraint("report_version_id", "study_id", "form"),
        CheckConstraint("form IN ('pdf','encapsulated_pdf','sr')", name="form"),
        CheckConstraint("(rendered_at IS NULL) = (path IS NULL)", name="rendered_has_path"),
        Index("ix_document_to_render", "due_at", postgresql_where=text("rendered_at IS NULL")),
    )

    id: Mapped[Key]
    report_version_id: Mapped[int] = mapped_column(ForeignKey("report_version.id"))
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    form: Mapped[str] = mapped_column(Text)
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

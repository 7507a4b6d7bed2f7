"""Tables of requests, their attachments and the decisions on them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key

_STANDING = text("state IN ('requested','validated','substituted')")


class Request(Base):
    """An order for an exam, by a hospital or typed by a reader during a call.

    A trigger copies each move into `request_event`, and notifies the channel `worklist`.
    """

    __tablename__ = "request"
    __table_args__ = (
        CheckConstraint(
            "state IN ('draft','requested','validated','substituted','refused','cancelled')",
            name="state",
        ),
        CheckConstraint("priority IN ('P1','P2','P3','P4')", name="priority"),
        CheckConstraint("sex IN ('M','F','O','')", name="sex"),
        CheckConstraint("pregnancy IN ('yes','no','unknown','not_applicable')", name="pregnancy"),
        CheckConstraint("expected_count > 0", name="expected_count"),
        Index("ix_request_standing", "requested_at", postgresql_where=_STANDING),
        Index("ix_request_accession", "site_id", "accession_number"),
        Index("ix_request_patient", "site_id", "patient_id"),
        Index("ix_request_images_due", "images_due_at"),
        UniqueConstraint("requested_by", "submission_key"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    state: Mapped[str] = mapped_column(Text, server_default="requested")
    state_at: Mapped[Instant]
    state_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    state_reason: Mapped[str] = mapped_column(Text, server_default="")
    version: Mapped[int] = mapped_column(server_default="1")
    requested_at: Mapped[Instant]
    requested_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    priority: Mapped[str] = mapped_column(Text)
    patient_id: Mapped[str] = mapped_column(Text, server_default="")
    """As the site writes it; the site's own, and never unique beyond it."""
    family_name: Mapped[str] = mapped_column(Text)
    given_name: Mapped[str] = mapped_column(Text, server_default="")
    birth_date: Mapped[date | None]
    sex: Mapped[str] = mapped_column(Text, server_default="")
    accession_number: Mapped[str] = mapped_column(Text, server_default="")
    question: Mapped[str] = mapped_column(Text)
    """The finality: what the answer is wanted for."""
    context: Mapped[str] = mapped_column(Text, server_default="")
    """Clinical context and history."""
    region: Mapped[str] = mapped_column(Text)
    exam: Mapped[str] = mapped_column(Text)
    """The exam wished."""
    allergy: Mapped[str] = mapped_column(Text, server_default="")
    renal_function: Mapped[str] = mapped_column(Text, server_default="")
    pregnancy: Mapped[str] = mapped_column(Text, server_default="unknown")
    requester: Mapped[str] = mapped_column(Text)
    call_back_number: Mapped[str] = mapped_column(Text)
    patient_informed: Mapped[bool]
    expected_count: Mapped[int | None]
    """Instances announced, when the site knows."""
    protocol: Mapped[str] = mapped_column(Text, server_default="")
    """Of the decision in force."""
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"))
    images_due_at: Mapped[datetime | None]
    """When the site is asked where the images are; empty: they came, or it was asked."""
    images_at: Mapped[datetime | None]
    """When its first images had come: it can no longer be cancelled."""
    open_question: Mapped[str] = mapped_column(Text, server_default="")
    """What a radiologist wants to know before the decision; empty once the site has answered."""
    submission_key: Mapped[str | None] = mapped_column(Text)
    """Drawn by who submits, so that a submission that is sent twice makes one request."""


class RequestDecision(Base):
    """What a radiologist decided before the exam; rows are only added."""

    __tablename__ = "request_decision"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('validated','substituted','refused','more_information')", name="kind"
        ),
    )

    id: Mapped[Key]
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    kind: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]
    by_radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    protocol: Mapped[str] = mapped_column(Text, server_default="")
    exam: Mapped[str] = mapped_column(Text, server_default="")
    """The exam to be done instead, when it was substituted."""
    reason: Mapped[str] = mapped_column(Text, server_default="")


class RequestEvent(Base):
    """The history of a request, in order; rows are only added (trigger)."""

    __tablename__ = "request_event"
    __table_args__ = (Index(None, "request_id", "at"),)

    id: Mapped[Key]
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"))
    at: Mapped[Instant]
    kind: Mapped[str] = mapped_column(Text)
    by_user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    state_from: Mapped[str | None] = mapped_column(Text)
    state_to: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, server_default="")
    detail: Mapped[Json] = mapped_column(server_default="{}")


class RequestAttachment(Base):
    """A file that came with a request: a PDF or a picture, looked into before it was kept."""

    __tablename__ = "request_attachment"
    __table_args__ = (
        CheckConstraint(
            "media_type IN ('application/pdf','image/jpeg','image/png')", name="media_type"
        ),
    )

    id: Mapped[Key]
    request_id: Mapped[int] = mapped_column(ForeignKey("request.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    """As its sender named it, without a path; shown, never opened by."""
    media_type: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int]
    digest: Mapped[bytes]
    path: Mapped[str] = mapped_column(Text)
    """Relative to the data folder."""
    added_at: Mapped[Instant]
    added_by: Mapped[int] = mapped_column(ForeignKey("user.id"))

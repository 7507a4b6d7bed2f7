"""The outbox: what leaves the machine, and every try."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key

_WAITING = text("state IN ('waiting','sending')")
_UNACCEPTED = text("alarm_due_at IS NOT NULL")


class Delivery(Base):
    """One thing to one endpoint, at least once."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("kind IN ('report','images','notification')", name="kind"),
        CheckConstraint(
            "state IN ('waiting','sending','delivered','dead','cancelled')", name="state"
        ),
        CheckConstraint(
            "(kind = 'report') = (document_id IS NOT NULL)", name="report_has_document"
        ),
        CheckConstraint("(kind = 'images') = (study_id IS NOT NULL)", name="images_have_study"),
        CheckConstraint("NOT is_prior OR kind = 'images'", name="prior_is_images"),
        CheckConstraint(
            "(kind = 'notification') = (mail_to IS NOT NULL)", name="notification_has_address"
        ),
        CheckConstraint(
            "(kind = 'notification') <> (endpoint_id IS NOT NULL AND case_id IS NOT NULL)",
            name="images_and_reports_have_node",
        ),
        CheckConstraint("notice IN ('fallback','taken')", name="notice"),
        CheckConstraint(
            "(notice IS NOT NULL) <= (mail_to IS NOT NULL AND case_id IS NOT NULL)",
            name="notice_has_case",
        ),
        Index(
            "uq_delivery_notice",
            "case_id",
            "notice",
            "mail_to",
            unique=True,
            postgresql_where=text("notice IS NOT NULL"),
        ),
        UniqueConstraint("sheet_id", "mail_to"),
        UniqueConstraint("morning_list_id", "mail_to"),
        Index("ix_delivery_unaccepted", "alarm_due_at", postgresql_where=_UNACCEPTED),
        UniqueConstraint("document_id", "endpoint_id"),
        UniqueConstraint("study_id", "endpoint_id"),
        Index("ix_delivery_due", "due_at", postgresql_where=_WAITING),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(Text)
    case_id: Mapped[int | None] = mapped_column(ForeignKey("case.id"), index=True)
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"), index=True)
    mail_to: Mapped[str | None] = mapped_column(Text)
    """Of a notification: the address."""
    sheet_id: Mapped[int | None] = mapped_column(ForeignKey("on_call_sheet.id"))
    morning_list_id: Mapped[int | None] = mapped_column(ForeignKey("morning_list.id"))
    notice: Mapped[str | None] = mapped_column(Text)
    """Of a notification about a case: what it says (`app.delivery.domain.notices.Notice`)."""
    document_id: Mapped[int | None] = mapped_column(ForeignKey("document.id"))
    study_id: Mapped[int | None] = mapped_column(ForeignKey("study.id"))
    is_prior: Mapped[bool] = mapped_column(server_default=text("false"))
    """Of images: nobody is asked to read them here; they go after all that somebody is."""
    state: Mapped[str] = mapped_column(Text, server_default="waiting")
    created_at: Mapped[Instant]
    asked_at: Mapped[Instant]
    """When it was asked for, or asked for again: from then on it grows old."""
    due_at: Mapped[Instant]
    token: Mapped[uuid.UUID | None]
    claimed_until: Mapped[datetime | None]
    attempt_count: Mapped[int] = mapped_column(server_default="0")
    tries: Mapped[int] = mapped_column(server_default="0")
    """Attempts since it was asked for the last time."""
    node_was_away: Mapped[bool] = mapped_column(server_default=text("false"))
    """Its node could not be reached the last time: all that waits for it goes in order."""
    sent_count: Mapped[int] = mapped_column(server_default="0")
    """Images: how many of the study's instances the node has accepted."""
    delivered_at: Mapped[datetime | None]
    alarm_due_at: Mapped[datetime | None]
    """Of a report: when people are told to call the site; empty once accepted, or told."""
    last_error: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, slots=True)
class Route:
    """Of what goes to a node: for which case, and where."""

    case_id: int
    endpoint_id: int


def route_of(delivery: Delivery) -> Route:
    """Return for which case and to which node a report or images go.

    Raises
    ------
    ValueError
        If it is a notification: it has neither.
    """
    if delivery.case_id is None or delivery.endpoint_id is None:
        raise ValueError(f"delivery {delivery.id} is a notification: it goes to no node")
    return Route(delivery.case_id, delivery.endpoint_id)


class DeliveredInstance(Base):
    """An instance that a node has accepted."""

    __tablename__ = "delivered_instance"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"), primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"), primary_key=True)


class CasePrior(Base):
    """An earlier study of the patient that goes to the readers of a case."""

    __tablename__ = "case_prior"

    case_id: Mapped[int] = mapped_column(ForeignKey("case.id"), primary_key=True)
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), primary_key=True, index=True)
    chosen_at: Mapped[Instant]


class Attempt(Base):
    """One try of a delivery; rows are only added."""

    __tablename__ = "attempt"
    __table_args__ = (UniqueConstraint("delivery_id", "number"),)

    id: Mapped[Key]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id"))
    number: Mapped[int]
    started_at: Mapped[Instant]
    ended_at: Mapped[Instant]
    outcome: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None]
    """The status the peer gave (PS3.7 annex C), when it gave one."""
    detail: Mapped[str] = mapped_column(Text, server_default="")

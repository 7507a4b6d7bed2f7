"""Tables of what arrived by DICOM."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, INET
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key


class Association(Base):
    """One association with us, accepted or refused."""

    __tablename__ = "association"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("sender.id"), index=True)
    calling_ae_title: Mapped[str] = mapped_column(Text)
    called_ae_title: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(INET)
    opened_at: Mapped[Instant]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    """`released`, `aborted`, `lost` or `refused`; empty while it is open."""
    reason: Mapped[str | None] = mapped_column(Text)
    instance_count: Mapped[int] = mapped_column(server_default="0")
    clock_offset_ms: Mapped[int | None]
    """How far the gateway's clock, which gave the instants, was ahead of the database's."""


Index(None, Association.opened_at)


class Patient(Base):
    """An identity as received; two that differ in anything are two."""

    __tablename__ = "patient"
    __table_args__ = (
        UniqueConstraint(
            "domain_id",
            "patient_id",
            "issuer_of_patient_id",
            "patient_name",
            "patient_birth_date",
            "patient_sex",
            name="uq_patient_identity",
        ),
    )

    id: Mapped[Key]
    domain_id: Mapped[int] = mapped_column(ForeignKey("domain.id"))
    patient_id: Mapped[str] = mapped_column(Text, server_default="")
    issuer_of_patient_id: Mapped[str] = mapped_column(Text, server_default="")
    patient_name: Mapped[str] = mapped_column(Text, server_default="")
    patient_birth_date: Mapped[str] = mapped_column(Text, server_default="")
    """As received: DICOM's DA, `YYYYMMDD`, or whatever stood there."""
    patient_sex: Mapped[str] = mapped_column(Text, server_default="")


class Study(Base):
    """A study as received; its UID is unique inside its sender's domain only."""

    __tablename__ = "study"
    __table_args__ = (
        UniqueConstraint("domain_id", "study_instance_uid"),
        Index(
            "ix_study_news",
            "first_image_at",
            postgresql_where=text("instance_count <> announced_count"),
        ),
        Index("ix_study_due", "complete_due_at", postgresql_where=text("complete_at IS NULL")),
    )

    id: Mapped[Key]
    domain_id: Mapped[int] = mapped_column(ForeignKey("domain.id"))
    study_instance_uid: Mapped[str] = mapped_column(Text)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    sender_id: Mapped[int] = mapped_column(ForeignKey("sender.id"))
    called_ae_title: Mapped[str] = mapped_column(Text)
    """Of the association that brought the first image: `<title>_P1` and `_ANT` carry a meaning."""

    modalities: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    station_name: Mapped[str] = mapped_column(Text, server_default="")
    institution_name: Mapped[str] = mapped_column(Text, server_default="")
    study_date: Mapped[str] = mapped_column(Text, server_default="")
    study_time: Mapped[str] = mapped_column(Text, server_default="")
    study_id: Mapped[str] = mapped_column(Text, server_default="")
    study_description: Mapped[str] = mapped_column(Text, server_default="")
    accession_number: Mapped[str] = mapped_column(Text, server_default="")
    referring_physician_name: Mapped[str] = mapped_column(Text, server_default="")
    as_received: Mapped[Json] = mapped_column(server_default="{}")
    """Patient and study attributes in DICOM JSON, for the documents that copy them."""

    first_image_at: Mapped[Instant]
    last_image_at: Mapped[Instant]
    series_count: Mapped[int] = mapped_column(server_default="0")
    instance_count: Mapped[int] = mapped_column(server_default="0")
    announced_count: Mapped[int] = mapped_column(server_default="0")
    """How many of the instances the cases have been told of."""
    conflict_count: Mapped[int] = mapped_column(server_default="0")
    """Instances that came again with other content."""
    complete_due_at: Mapped[Instant]
    complete_at: Mapped[datetime | None]
    complete_reason: Mapped[str | None] = mapped_column(Text)


class Series(Base):
    """A series as received."""

    __tablename__ = "series"
    __table_args__ = (UniqueConstraint("study_id", "series_instance_uid"),)

    id: Mapped[Key]
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    series_instance_uid: Mapped[str] = mapped_column(Text)
    modality: Mapped[str] = mapped_column(Text, server_default="")
    series_number: Mapped[str] = mapped_column(Text, server_default="")
    series_description: Mapped[str] = mapped_column(Text, server_default="")
    body_part_examined: Mapped[str] = mapped_column(Text, server_default="")
    station_name: Mapped[str] = mapped_column(Text, server_default="")
    instance_count: Mapped[int] = mapped_column(server_default="0")


class Instance(Base):
    """One arrival that was kept; the same UID with other content is a second row."""

    __tablename__ = "instance"
    __table_args__ = (UniqueConstraint("series_id", "sop_instance_uid", "digest"),)

    id: Mapped[Key]
    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"))
    sop_instance_uid: Mapped[str] = mapped_column(Text, index=True)
    sop_class_uid: Mapped[str] = mapped_column(Text)
    transfer_syntax_uid: Mapped[str] = mapped_column(Text)
    instance_number: Mapped[str] = mapped_column(Text, server_default="")
    arrival_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    association_id: Mapped[uuid.UUID]
    arrived_at: Mapped[Instant]
    digest: Mapped[bytes]
    """SHA-256 of the data set as received."""
    size_bytes: Mapped[int]
    path: Mapped[str] = mapped_column(Text)
    """Relative to the data folder."""
    conflicting: Mapped[bool] = mapped_column(server_default=text("false"))

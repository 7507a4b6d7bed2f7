"""Tables of patients, studies, series and instances, as they arrived."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key


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


# As identifiers are compared, by those who look for the patient's other studies.
Index("ix_patient_folded", Patient.domain_id, func.lower(func.btrim(Patient.patient_id)))


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
        Index(
            "ix_study_no_case", "first_image_at", postgresql_where=text("intake_class <> 'case'")
        ),
        CheckConstraint(
            "intake_class IN ('case','prior','test','out_of_contract')", name="intake_class"
        ),
    )

    id: Mapped[Key]
    domain_id: Mapped[int] = mapped_column(ForeignKey("domain.id"))
    study_instance_uid: Mapped[str] = mapped_column(Text)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    sender_id: Mapped[int] = mapped_column(ForeignKey("sender.id"))
    called_ae_title: Mapped[str] = mapped_column(Text)
    """Of the association that brought the first image: `<title>_P1` and `_ANT` carry a meaning."""
    calling_ae_title: Mapped[str] = mapped_column(Text, server_default="")
    """Of the same association."""

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
    image_count: Mapped[int] = mapped_column(server_default="0")
    """Instances that are images: paper (SR, PR, KO, dose, scanned requests) is not counted."""
    paper_count: Mapped[int] = mapped_column(server_default="0")
    site_to_confirm: Mapped[bool] = mapped_column(server_default=text("false"))
    """The site is the sender's default, because none of its rules spoke."""
    site_reason: Mapped[str] = mapped_column(Text, server_default="")
    unknown_calling: Mapped[bool] = mapped_column(server_default=text("false"))
    """Some of it came by a calling AE title that the directory does not have."""
    identity_open: Mapped[bool] = mapped_column(server_default=text("false"))
    """It has several identities and nobody has chosen yet: no report is signed."""
    intake_class: Mapped[str | None] = mapped_column(Text)
    """`case`, `prior`, `test`, `out_of_contract`; empty: not looked at yet."""
    intake_reason: Mapped[str] = mapped_column(Text, server_default="")
    intake_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    """Who set the class by hand; empty: a rule."""
    intake_rule_set_id: Mapped[int | None] = mapped_column(ForeignKey("intake_rule_set.id"))
    expected_count: Mapped[int | None]
    """How many instances it will have, by the most trustworthy source that spoke."""
    expected_by: Mapped[str | None] = mapped_column(Text)
    """`commitment`, `mpps`, `c_find`, `request`, `hospital`."""
    counted_at: Mapped[datetime | None]
    """When its sender was last asked by C-FIND."""
    complete_due_at: Mapped[Instant]
    complete_at: Mapped[datetime | None]
    complete_reason: Mapped[str | None] = mapped_column(Text)


class StudyIdentity(Base):
    """An identity under which images of a study came; more than one must be settled by a person."""

    __tablename__ = "study_identity"
    __table_args__ = (UniqueConstraint("study_id", "patient_id"),)

    id: Mapped[Key]
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"))
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"), index=True)
    first_seen_at: Mapped[Instant]
    last_seen_at: Mapped[Instant]
    instance_count: Mapped[int] = mapped_column(server_default="0")
    is_correction: Mapped[bool] = mapped_column(server_default=text("false"))
    """It came with images that were known under another identity: the hospital corrected it."""
    as_received: Mapped[Json] = mapped_column(server_default="{}")
    """Patient and study attributes in DICOM JSON, under this identity."""
    news: Mapped[str | None] = mapped_column(Text)
    """`conflict` or `correction`: a person must choose, and the case has to be told."""
    told_at: Mapped[datetime | None]
    """When the case was told."""


Index(
    "ix_study_identity_news",
    StudyIdentity.id,
    postgresql_where=text("news IS NOT NULL AND told_at IS NULL"),
)


class IdentityChoice(Base):
    """Who settled whose images a study are; rows are only added."""

    __tablename__ = "identity_choice"

    id: Mapped[Key]
    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), index=True)
    patient_id: Mapped[int] = mapped_column(ForeignKey("patient.id"))
    chosen_at: Mapped[Instant]
    chosen_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    reason: Mapped[str] = mapped_column(Text)


class StudyAccession(Base):
    """An accession number that images of a study carry; the report answers each."""

    __tablename__ = "study_accession"

    study_id: Mapped[int] = mapped_column(ForeignKey("study.id"), primary_key=True)
    accession_number: Mapped[str] = mapped_column(Text, primary_key=True)
    first_seen_at: Mapped[Instant]


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
    """Relative to the data folder; empty once the file was removed."""
    conflicting: Mapped[bool] = mapped_column(server_default=text("false"))
    paper: Mapped[bool] = mapped_column(server_default=text("false"))
    """It describes images, or was scanned: it opens no case and rings nobody."""
    identity_id: Mapped[int | None] = mapped_column(ForeignKey("patient.id"))
    """The identity in its own header."""
    repeats_id: Mapped[int | None] = mapped_column(ForeignKey("instance.id"), index=True)
    """The instance whose UID it carries again, with other bytes."""
    repeat: Mapped[str | None] = mapped_column(Text)
    """`to_compare`, `same` (as an image: silent), `identity` (another patient), `pixels`."""
    purged_at: Mapped[datetime | None]
    """When its file was given up, to be removed then; digest and UIDs stay."""


Index("ix_instance_to_compare", Instance.id, postgresql_where=text("repeat = 'to_compare'"))
Index("ix_instance_kept", Instance.arrived_at, postgresql_where=text("purged_at IS NULL"))
Index(
    "ix_instance_to_remove",
    Instance.id,
    postgresql_where=text("purged_at IS NOT NULL AND path <> ''"),
)

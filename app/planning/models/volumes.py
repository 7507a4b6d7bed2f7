"""Tables of volumes: what each society brought, and what was frozen of it."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import (
    DATERANGE,
    ExcludeConstraint,
    Range,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key

_OVERLAPS = "&&"


class Volume(Base):
    """Weighted exams that a society brought in a reference period."""

    __tablename__ = "volume"
    __table_args__ = (
        UniqueConstraint("society_id", "period"),
        CheckConstraint("exams >= 0", name="exams"),
    )

    id: Mapped[Key]
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"))
    period: Mapped[Range[date]] = mapped_column(DATERANGE)
    exams: Mapped[int]
    source: Mapped[str] = mapped_column(Text)


class VolumeImport(Base):
    """A file of volumes or arrivals that was read whole, with who and when."""

    __tablename__ = "volume_import"
    __table_args__ = (CheckConstraint("kind IN ('volumes','arrivals')", name="kind"),)

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(Text)
    filename: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes]
    row_count: Mapped[int]
    imported_at: Mapped[Instant]
    imported_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class MonthlyVolume(Base):
    """What a society brought in a month inside the segments, measured or imported."""

    __tablename__ = "monthly_volume"
    __table_args__ = (
        UniqueConstraint("society_id", "month", "source", postgresql_nulls_not_distinct=True),
        CheckConstraint("source IN ('measured','imported')", name="source"),
        CheckConstraint("extract(day FROM month) = 1", name="month"),
        CheckConstraint(
            "least(exams, weighted, tests, resends, priors, refusals) >= 0",
            name="counts",
        ),
    )

    id: Mapped[Key]
    society_id: Mapped[int | None] = mapped_column(ForeignKey("society.id"))
    """Empty: the common pot."""
    month: Mapped[date]
    """Its first day."""
    source: Mapped[str] = mapped_column(Text)
    exams: Mapped[int]
    weighted: Mapped[int]
    """In thousandths of an exam."""
    tests: Mapped[int] = mapped_column(server_default="0")
    resends: Mapped[int] = mapped_column(server_default="0")
    priors: Mapped[int] = mapped_column(server_default="0")
    refusals: Mapped[int] = mapped_column(server_default="0")
    read_count: Mapped[int] = mapped_column(server_default="0")
    """Cases that its radiologists read, whoever brought them."""
    read_for_others: Mapped[int] = mapped_column(server_default="0")
    import_id: Mapped[int | None] = mapped_column(ForeignKey("volume_import.id"))
    written_at: Mapped[Instant]


class ExamWeight(Base):
    """What an exam of a modality and region weighs, from when to when."""

    __tablename__ = "exam_weight"
    __table_args__ = (
        UniqueConstraint("modality", "region", "valid_from", postgresql_nulls_not_distinct=True),
        CheckConstraint("weight >= 0", name="weight"),
    )

    id: Mapped[Key]
    modality: Mapped[str] = mapped_column(Text)
    """`CT`, `MR`, ... (PS3.3 C.7.3.1.1.1)."""
    region: Mapped[str | None] = mapped_column(Text)
    """BodyPartExamined; empty: all that have no row of their own."""
    weight: Mapped[int]
    """In thousandths of an exam."""
    valid_from: Mapped[date]
    """Until the next row of the same modality and region begins."""
    written_at: Mapped[Instant]
    written_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))


class SiteContract(Base):
    """For whom the exams of a contracted hospital count, from when to when."""

    __tablename__ = "site_contract"
    __table_args__ = (
        CheckConstraint("counts_for IN ('referent','common','split')", name="counts_for"),
        CheckConstraint("referent_share BETWEEN 0 AND 1000000", name="referent_share"),
        ExcludeConstraint(
            (text("int8range(site_id, site_id, '[]')"), _OVERLAPS),
            ("valid", _OVERLAPS),
            name="ex_site_contract_one_at_a_time",
        ),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    counts_for: Mapped[str] = mapped_column(Text)
    referent_share: Mapped[int] = mapped_column(server_default="1000000")
    """What of a split goes to the referent, in millionths; the rest to the common pot."""


class VolumeSnapshot(Base):
    """Volumes and shares as they stood when somebody froze them for a period to be shared."""

    __tablename__ = "volume_snapshot"

    id: Mapped[Key]
    period: Mapped[Range[date]] = mapped_column(DATERANGE)
    """The months counted (usually twelve)."""
    frozen_at: Mapped[Instant]
    frozen_by: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(Text, server_default="")


class SnapshotShare(Base):
    """A society in a snapshot."""

    __tablename__ = "snapshot_share"
    __table_args__ = (UniqueConstraint("snapshot_id", "society_id"),)

    id: Mapped[Key]
    snapshot_id: Mapped[int] = mapped_column(ForeignKey("volume_snapshot.id"))
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"))
    exams: Mapped[int]
    weighted: Mapped[int]
    """In thousandths of an exam."""
    common: Mapped[int] = mapped_column(server_default="0")
    """Of these, from the common pot."""
    tests: Mapped[int]
    resends: Mapped[int]
    priors: Mapped[int]
    refusals: Mapped[int]
    share: Mapped[int]
    """Of all, in millionths; all of a snapshot sum to one million."""

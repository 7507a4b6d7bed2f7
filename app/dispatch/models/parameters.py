"""Tables of what people set of the policy: parameters of the group, rings of a site."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key

_OVERLAPS = "&&"
_SITE = text("int8range(site_id, site_id, '[]')")


class DispatchParameters(Base):
    """A set of parameters, in force until the next one; rows are only added."""

    __tablename__ = "dispatch_parameters"

    id: Mapped[Key]
    set_at: Mapped[Instant]
    set_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    values: Mapped[Json]
    """`app.dispatch.domain.policy.parameters.Parameters`, in minutes."""
    note: Mapped[str] = mapped_column(Text, server_default="")


class SiteRing(Base):
    """How near a society or a named radiologist is to a site, from when to when."""

    __tablename__ = "site_ring"
    __table_args__ = (
        CheckConstraint("ring IN ('referent','territory','gcs','outside')", name="ring"),
        CheckConstraint("(society_id IS NULL) <> (radiologist_id IS NULL)", name="of_one"),
        ExcludeConstraint(
            (_SITE, _OVERLAPS),
            (text("int8range(society_id, society_id, '[]')"), _OVERLAPS),
            ("valid", _OVERLAPS),
            name="ex_site_ring_society_once",
            where=text("society_id IS NOT NULL"),
        ),
        ExcludeConstraint(
            (_SITE, _OVERLAPS),
            (text("int8range(radiologist_id, radiologist_id, '[]')"), _OVERLAPS),
            ("valid", _OVERLAPS),
            name="ex_site_ring_radiologist_once",
            where=text("radiologist_id IS NOT NULL"),
        ),
        Index(None, "site_id"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    society_id: Mapped[int | None] = mapped_column(ForeignKey("society.id"))
    radiologist_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"))
    ring: Mapped[str] = mapped_column(Text)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)
    set_at: Mapped[Instant]
    set_by: Mapped[int] = mapped_column(ForeignKey("user.id"))

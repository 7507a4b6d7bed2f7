"""Tables of radiologists."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Key

_OVERLAPS = "&&"


class Radiologist(Base):
    """Who reads."""

    __tablename__ = "radiologist"

    id: Mapped[Key]
    rpps: Mapped[str] = mapped_column(Text, unique=True)
    family_name: Mapped[str] = mapped_column(Text)
    given_name: Mapped[str] = mapped_column(Text)
    telephone: Mapped[str] = mapped_column(Text)
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    """Where they read from: their images go to this centre's node."""
    sub_specialties: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    statute: Mapped[str] = mapped_column(Text, server_default="liberal")
    hourly_cap: Mapped[int] = mapped_column(server_default="10")
    disabled_at: Mapped[datetime | None]


class RadiologistSociety(Base):
    """To which society a radiologist belongs, from when to when; one at a time."""

    __tablename__ = "radiologist_society"
    __table_args__ = (
        ExcludeConstraint(
            (text("int8range(radiologist_id, radiologist_id, '[]')"), _OVERLAPS),
            ("valid", _OVERLAPS),
            name="ex_radiologist_society_one_at_a_time",
        ),
    )

    id: Mapped[Key]
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"), index=True)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)


class RadiologistSite(Base):
    """Sites a radiologist may read for, from when to when."""

    __tablename__ = "radiologist_site"
    __table_args__ = (
        ExcludeConstraint(
            (text("int8range(radiologist_id, radiologist_id, '[]')"), _OVERLAPS),
            (text("int8range(site_id, site_id, '[]')"), _OVERLAPS),
            ("valid", _OVERLAPS),
            name="ex_radiologist_site_once",
        ),
    )

    id: Mapped[Key]
    radiologist_id: Mapped[int] = mapped_column(ForeignKey("radiologist.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    valid: Mapped[Range[date]] = mapped_column(DATERANGE)

"""Tables of societies, centres, sites and their nodes."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Json, Key


class Society(Base):
    """Member of the GCS; brings volume, has radiologists, centres and sites."""

    __tablename__ = "society"
    __table_args__ = (
        CheckConstraint("left_on IS NULL OR left_on > joined_on", name="left_after_joined"),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text, unique=True)
    short_name: Mapped[str] = mapped_column(Text, unique=True)
    joined_on: Mapped[date]
    left_on: Mapped[date | None]


class Endpoint(Base):
    """A DICOM node that we send to: a centre's, or a site's."""

    __tablename__ = "endpoint"
    __table_args__ = (CheckConstraint("port BETWEEN 1 AND 65535", name="port"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text)
    ae_title: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(Text)
    port: Mapped[int]
    forms: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """For a site: which documents it takes: `sr`, `encapsulated_pdf`, `secondary_capture`."""
    tls: Mapped[bool] = mapped_column(server_default=text("false"))
    """Does it listen with TLS?"""


class Centre(Base):
    """Reading centre of a society, with the node its readers' images go to."""

    __tablename__ = "centre"

    id: Mapped[Key]
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"), index=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    telephone: Mapped[str] = mapped_column(Text)
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"))
    disabled_at: Mapped[datetime | None]


class Domain(Base):
    """Who issues identifiers: those of patients, orders and studies are unique inside it only."""

    __tablename__ = "domain"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text, unique=True)


class Site(Base):
    """Requesting hospital or imaging site."""

    __tablename__ = "site"
    __table_args__ = (
        CheckConstraint("commitment_days > 0", name="commitment_days"),
        CheckConstraint("quota_gib > 0", name="quota_gib"),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text, unique=True)
    finess: Mapped[str] = mapped_column(Text, unique=True)
    society_id: Mapped[int] = mapped_column(ForeignKey("society.id"), index=True)
    """The referent society: the one of proximity."""
    territory: Mapped[str] = mapped_column(Text, server_default="")
    telephone_emergency: Mapped[str] = mapped_column(Text)
    telephone_ct: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text, server_default="Europe/Paris")
    language: Mapped[str] = mapped_column(Text, server_default="fr")
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"))
    """Where its reports go."""
    email: Mapped[str | None] = mapped_column(Text)
    """Where the on-call sheet goes."""
    prefix: Mapped[str] = mapped_column(
        Text,
        unique=True,
        server_default=text("('S'::text || nextval('site_prefix_seq'::regclass))"),
    )
    """Put before its identifiers on the way to a centre's node; 1 to 8 capital letters, digits."""
    commitment_days: Mapped[int | None]
    """How long we promise to keep what was committed; empty: storage commitment is off."""
    quota_gib: Mapped[int | None]
    """From so many stored GiB on there is an alarm; nothing is ever refused for it."""
    sla: Mapped[Json] = mapped_column(server_default="{}")
    """Minutes from first image to signature, by priority; absent: the platform's default."""
    escalation: Mapped[Json] = mapped_column(server_default="{}")
    """Steps and delays of its cases, by priority; absent: the platform's default."""
    disabled_at: Mapped[datetime | None]

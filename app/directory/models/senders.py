"""Tables of what opens associations with us, and of what is decided about it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, INET
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Key


class Sender(Base):
    """What opens associations with us: a site's modality or PACS, or a centre's node."""

    __tablename__ = "sender"
    __table_args__ = (
        CheckConstraint("unknown_calling IN ('accept','refuse')", name="unknown_calling"),
        CheckConstraint("most_associations > 0", name="most_associations"),
    )

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(Text)
    ae_title: Mapped[str] = mapped_column(Text, index=True)
    addresses: Mapped[list[str]] = mapped_column(ARRAY(Text))
    """Networks in CIDR notation that it may call from."""
    domain_id: Mapped[int] = mapped_column(ForeignKey("domain.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    """The site its studies belong to when no rule of the sender speaks."""
    unknown_calling: Mapped[str] = mapped_column(Text, server_default="accept")
    """What to do when one of its addresses calls by a title that nobody has: `accept` (marked, with
    an alarm) or `refuse`."""
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"), index=True)
    """Of a centre's node: what it sends comes back with our prefixes, which are taken off."""
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("endpoint.id"))
    """Where it answers: C-ECHO, C-FIND about its studies, our reports of storage commitment."""
    certificate_names: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Common names or DNS names of the client certificates that it calls with over TLS."""
    most_associations: Mapped[int | None]
    """At the same time; empty: only the limit of the whole gateway."""
    sop_classes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Storage classes that are taken from it; empty: every one, private and unknown ones too."""
    transfer_syntaxes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Taken from it, the first that it proposes of these, in this order; empty: all, in its own."""
    disabled_at: Mapped[datetime | None]


class SiteRule(Base):
    """Names the site of a sender's studies by their header; the lowest rank that matches wins."""

    __tablename__ = "site_rule"
    __table_args__ = (UniqueConstraint("sender_id", "rank"),)

    id: Mapped[Key]
    sender_id: Mapped[int] = mapped_column(ForeignKey("sender.id"))
    rank: Mapped[int]
    institution_name: Mapped[str | None] = mapped_column(Text)
    issuer_of_patient_id: Mapped[str | None] = mapped_column(Text)
    station_name: Mapped[str | None] = mapped_column(Text)
    calling_ae_title: Mapped[str | None] = mapped_column(Text)
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"), index=True)
    domain_id: Mapped[int | None] = mapped_column(ForeignKey("domain.id"))
    """Who issues the identifiers of this site; empty: as for the whole sender."""


class AdmissionPass(Base):
    """Lets a title of a known address in for some hours; rows are only added, `ended_at` is set."""

    __tablename__ = "admission_pass"
    __table_args__ = (CheckConstraint("until > given_at", name="until_after_given"),)

    id: Mapped[Key]
    sender_id: Mapped[int] = mapped_column(ForeignKey("sender.id"), index=True)
    calling_ae_title: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(INET)
    given_at: Mapped[Instant]
    given_by: Mapped[int] = mapped_column(ForeignKey("user.id"))
    until: Mapped[Instant]
    ended_at: Mapped[datetime | None]


class PriorityRule(Base):
    """Gives a priority to studies whose header matches; the lowest rank that matches wins."""

    __tablename__ = "priority_rule"
    __table_args__ = (CheckConstraint("priority IN ('P1','P2','P3','P4')", name="priority"),)

    id: Mapped[Key]
    rank: Mapped[int] = mapped_column(unique=True)
    sender_id: Mapped[int | None] = mapped_column(ForeignKey("sender.id"))
    modality: Mapped[str | None] = mapped_column(Text)
    station_name: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text)
    """Words of the study's description, any of them, separated by spaces; case is ignored."""
    priority: Mapped[str] = mapped_column(Text)

"""Tables of who takes part: societies, sites, senders, people and their access."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, DATERANGE, INET, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key

_OVERLAPS = "&&"


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
    sla: Mapped[Json] = mapped_column(server_default="{}")
    """Minutes from first image to signature, by priority; absent: the platform's default."""
    disabled_at: Mapped[datetime | None]


class Sender(Base):
    """What opens associations with us: a site's modality or PACS, or a centre's node."""

    __tablename__ = "sender"
    __table_args__ = (
        CheckConstraint("unknown_calling IN ('accept','refuse')", name="unknown_calling"),
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
    """Where it answers C-FIND about the studies that it sends; empty: it is not asked."""
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


class SettingValue(Base):
    """A value that a person set, with its history: the last row of a key and a site is in force."""

    __tablename__ = "setting_value"
    __table_args__ = (Index(None, "key", "site_id", "id"),)

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(Text)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    """Empty: for the whole group."""
    value: Mapped[Json]
    """`{"value": ...}`."""
    set_at: Mapped[Instant]
    set_by: Mapped[int] = mapped_column(ForeignKey("user.id"))


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


class User(Base):
    """A login."""

    __tablename__ = "user"

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(Text)
    display_name: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    password_hash: Mapped[str | None] = mapped_column(Text)
    totp_secret: Mapped[str | None] = mapped_column(Text)
    """Encrypted with a key derived from the platform's secret key."""
    totp_confirmed_at: Mapped[datetime | None]
    totp_last_step: Mapped[int | None]
    """The last 30 s step whose code was used: no code works twice."""
    second_factor_required: Mapped[bool] = mapped_column(server_default=text("true"))
    radiologist_id: Mapped[int | None] = mapped_column(ForeignKey("radiologist.id"), unique=True)
    locale: Mapped[str] = mapped_column(Text, server_default="fr")
    disabled_at: Mapped[datetime | None]


Index("uq_user_login", func.lower(User.login), unique=True)


class RoleGrant(Base):
    """A role of a user, everywhere or within one society or one site."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("society_id IS NULL OR site_id IS NULL", name="one_scope"),
        CheckConstraint("role <> 'site' OR site_id IS NOT NULL", name="site_has_site"),
        CheckConstraint(
            "role IN ('radiologist','planner','coordinator','society_admin','gcs_admin','site',"
            "'auditor')",
            name="role",
        ),
        UniqueConstraint(
            "user_id",
            "role",
            "society_id",
            "site_id",
            name="uq_role_grant_once",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(Text)
    society_id: Mapped[int | None] = mapped_column(ForeignKey("society.id"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))


class WebSession(Base):
    """A signed-in browser; only the digest of its cookie is kept."""

    __tablename__ = "web_session"

    id: Mapped[Key]
    token_digest: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    csrf_token: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Instant]
    seen_at: Mapped[Instant]
    expires_at: Mapped[Instant]


class SignInThrottle(Base):
    """Failed sign-ins in a row, by login, by address, and by the pair of both."""

    __tablename__ = "sign_in_throttle"

    key: Mapped[bytes] = mapped_column(primary_key=True)
    """SHA-256 of what is counted: people type passwords where the login goes."""
    failures: Mapped[int]
    failed_at: Mapped[Instant] = mapped_column(index=True)
    wait_until: Mapped[datetime | None]


class ApiToken(Base):
    """A bearer token of a program; only its digest is kept."""

    __tablename__ = "api_token"

    id: Mapped[Key]
    token_digest: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Instant]
    expires_at: Mapped[Instant]
    revoked_at: Mapped[datetime | None]


class AccessLog(Base):
    """Who looked at what; rows are only added."""

    __tablename__ = "access_log"
    __table_args__ = (Index(None, "subject", "subject_id", "at"),)

    id: Mapped[Key]
    at: Mapped[Instant]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int]
    address: Mapped[str | None] = mapped_column(INET)

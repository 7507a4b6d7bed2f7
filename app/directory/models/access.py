"""Tables of logins, their roles, and what they did."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import INET
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Base, Instant, Json, Key


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

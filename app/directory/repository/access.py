"""Queries of signing in: callers, sessions, tokens, and the log of who looked at what."""

from collections.abc import Collection
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    Date,
    LargeBinary,
    Row,
    Select,
    any_,
    bindparam,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.arrays import keys_named
from app.db.clock import NOW
from app.directory.domain import Actor, Grant, Role, Scope
from app.directory.models import (
    AccessLog,
    ApiToken,
    Radiologist,
    RadiologistSite,
    RoleGrant,
    User,
    WebSession,
)
from app.directory.repository.rows import inside

_GRANT = func.jsonb_build_array(RoleGrant.role, RoleGrant.society_id, RoleGrant.site_id)
_GRANTS = select(func.jsonb_agg(_GRANT)).where(RoleGrant.user_id == User.id).scalar_subquery()
_SITE_IDS = (
    select(func.array_agg(RadiologistSite.site_id))
    .join(Radiologist, Radiologist.id == RadiologistSite.radiologist_id)
    .where(
        Radiologist.disabled_at.is_(None),
        RadiologistSite.radiologist_id == User.radiologist_id,
        RadiologistSite.valid.contains(bindparam("today", type_=Date)),
    )
    .scalar_subquery()
)
_CALLERS: Select[Any] = select(User, _GRANTS.label("grants"), _SITE_IDS.label("site_ids")).where(
    User.disabled_at.is_(None)
)

_DIGEST = bindparam("digest", type_=LargeBinary)
_DIGESTS = bindparam("digests", type_=ARRAY(LargeBinary))
_BY_SESSION = _CALLERS.join(WebSession, WebSession.user_id == User.id).where(
    WebSession.expires_at > NOW
)
_BY_TOKEN = _CALLERS.join(ApiToken, ApiToken.user_id == User.id).where(
    ApiToken.expires_at > NOW, ApiToken.revoked_at.is_(None)
)
_SESSION = _BY_SESSION.add_columns(WebSession).where(WebSession.token_digest == _DIGEST)
_TOKEN = _BY_TOKEN.add_columns(ApiToken).where(ApiToken.token_digest == _DIGEST)
_SESSIONS, _TOKENS = (
    callers.add_columns(shown.token_digest).where(shown.token_digest == any_(_DIGESTS))
    for callers, shown in ((_BY_SESSION, WebSession), (_BY_TOKEN, ApiToken))
)
_LIVE_SESSION_IDS = _BY_SESSION.with_only_columns(WebSession.id, maintain_column_froms=True).where(
    WebSession.id == any_(keys_named("session_ids"))
)


async def find_user(session: AsyncSession, *, login: str) -> User | None:
    """Find an enabled user by login, in whatever case."""
    query = select(User).where(func.lower(User.login) == login.lower(), User.disabled_at.is_(None))
    return (await session.execute(query)).scalar_one_or_none()


async def find_session(
    session: AsyncSession, *, digest: bytes, now: datetime, today: date
) -> tuple[WebSession, User, Actor] | None:
    """Find a session of the browser that is not over, of an enabled user."""
    shown = {"digest": digest, "now": now, "today": today}
    row = (await session.execute(_SESSION, shown)).one_or_none()
    return None if row is None else (row.WebSession, row.User, _make_actor(row))


async def list_callers(
    session: AsyncSession, digests: Collection[bytes], *, tokens: bool, now: datetime, today: date
) -> dict[bytes, tuple[User, Actor]]:
    """List who shows these and may: tokens of programs, or sessions of browsers; by digest.

    Who holds a role that is unknown here is not among them, and takes nobody else along.
    """
    shown = {"digests": list(digests), "now": now, "today": today}
    rows = (await session.execute(_TOKENS if tokens else _SESSIONS, shown)).all()
    callers = {}
    for row in rows:
        with suppress(ValueError):
            callers[row.token_digest] = (row.User, _make_actor(row))
    return callers


async def list_live_sessions(
    session: AsyncSession, session_ids: Collection[int], *, now: datetime
) -> frozenset[int]:
    """List which of these sessions of browsers are not over, and of an enabled user."""
    wanted = {"session_ids": list(session_ids), "now": now}
    return frozenset(await session.scalars(_LIVE_SESSION_IDS, wanted))


async def find_token(
    session: AsyncSession, *, digest: bytes, now: datetime, today: date
) -> tuple[ApiToken, User, Actor] | None:
    """Find a program's token that is neither over nor revoked, of an enabled user."""
    shown = {"digest": digest, "now": now, "today": today}
    row = (await session.execute(_TOKEN, shown)).one_or_none()
    return None if row is None else (row.ApiToken, row.User, _make_actor(row))


def _make_actor(row: Row[Any]) -> Actor:
    user: User = row.User
    return Actor(
        user_id=user.id,
        name=user.display_name,
        radiologist_id=user.radiologist_id,
        grants=tuple(
            Grant(Role(role), society_id=society_id, site_id=site_id)
            for role, society_id, site_id in row.grants or ()
        ),
        readable_site_ids=frozenset(row.site_ids or ()),
    )


# Read once, as an expression of its own: what was changed meanwhile is not due any more.
_TO_EXTEND = (
    select(WebSession.id)
    .where(
        WebSession.id == bindparam("session_id", type_=BigInteger),
        WebSession.seen_at <= bindparam("due_since", type_=TIMESTAMP(timezone=True)),
    )
    .with_for_update(key_share=True, skip_locked=True)
    .cte("to_extend")
)
_EXTEND = (
    update(WebSession)
    .where(WebSession.id.in_(select(_TO_EXTEND.c.id)))
    .values(
        seen_at=NOW,
        expires_at=bindparam("until", type_=TIMESTAMP(timezone=True)),
    )
    .execution_options(synchronize_session=False)
)


async def extend_session(
    session: AsyncSession,
    *,
    session_id: int,
    due_since: datetime,
    seen_at: datetime,
    expires_at: datetime,
) -> None:
    """Note that somebody is still there.

    Nothing waits for another request that does the same, or ends the session, and has not ended
    itself; and what another has noted since stays.

    Parameters
    ----------
    due_since
        Who was seen later than that needs no note.
    """
    values = {"session_id": session_id, "due_since": due_since, "until": expires_at}
    await session.execute(_EXTEND, values | {"now": seen_at})


async def delete_session(session: AsyncSession, *, session_id: int) -> None:
    """End one session."""
    await session.execute(delete(WebSession).where(WebSession.id == session_id))


async def delete_sessions(
    session: AsyncSession, *, user_id: int, but_session_id: int | None = None
) -> None:
    """End all sessions of a user, but for the one named."""
    statement = delete(WebSession).where(WebSession.user_id == user_id)
    if but_session_id is not None:
        statement = statement.where(WebSession.id != but_session_id)
    await session.execute(statement)


async def delete_sessions_over(session: AsyncSession, *, now: datetime) -> None:
    """Forget the sessions that are over."""
    await session.execute(delete(WebSession).where(WebSession.expires_at <= now))


async def list_tokens(session: AsyncSession, *, user_id: int) -> list[ApiToken]:
    """List a user's tokens, newest first."""
    query = select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id.desc())
    return list((await session.execute(query)).scalars())


async def revoke_token(
    session: AsyncSession, *, token_id: int, user_id: int, now: datetime
) -> bool:
    """Revoke a user's token; tell whether there was one to revoke."""
    statement = (
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
        .returning(ApiToken.id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def revoke_tokens(session: AsyncSession, *, user_id: int, now: datetime) -> None:
    """Revoke all tokens of a user."""
    await session.execute(
        update(ApiToken)
        .where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def use_totp_step(session: AsyncSession, *, user_id: int, step: int) -> bool:
    """Use up a code's step and all before it; tell whether nobody else had used it meanwhile."""
    statement = (
        update(User)
        .where(
            User.id == user_id,
            func.coalesce(User.totp_last_step, -1) < step,
        )
        .values(totp_last_step=step)
        .returning(User.id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


def add_access(
    session: AsyncSession,
    *,
    user_id: int,
    action: str,
    subject: str,
    subject_id: int,
    address: str | None,
    at: datetime,
) -> None:
    """Add to the log of who looked at what."""
    session.add(
        AccessLog(
            at=at,
            user_id=user_id,
            action=action,
            subject=subject,
            subject_id=subject_id,
            address=address,
        )
    )


async def has_looked(
    session: AsyncSession, *, user_id: int, subject: str, subject_id: int, since: datetime
) -> bool:
    """Tell whether this user is in the log for this since an instant, whatever they did."""
    query = select(AccessLog.id).where(
        AccessLog.user_id == user_id,
        AccessLog.subject == subject,
        AccessLog.subject_id == subject_id,
        AccessLog.at >= since,
    )
    return await session.scalar(query.limit(1)) is not None


async def list_accesses(
    session: AsyncSession,
    *,
    scope: Scope,
    subject: str | None,
    subject_id: int | None,
    user_id: int | None,
    limit: int,
    before: int | None,
) -> list[AccessLog]:
    """List who looked at what, newest first, for the users who hold a role in scope."""
    query = select(AccessLog).order_by(AccessLog.id.desc()).limit(limit)
    if not scope.everything:
        held = inside(scope, society=RoleGrant.society_id, site=RoleGrant.site_id)
        query = query.where(AccessLog.user_id.in_(select(RoleGrant.user_id).where(held)))
    wanted = {
        AccessLog.subject: subject,
        AccessLog.subject_id: subject_id,
        AccessLog.user_id: user_id,
    }
    query = query.where(*(column == value for column, value in wanted.items() if value is not None))
    if before is not None:
        query = query.where(AccessLog.id < before)
    return list((await session.execute(query)).scalars())

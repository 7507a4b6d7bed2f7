"""Use cases of signing in, staying signed in, and signing out."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import try_lock
from app.directory.domain.sign_in import (
    ADDRESS_THROTTLE,
    LOGIN_THROTTLE,
    PAIR_THROTTLE,
    Lifetime,
    Refusal,
    SignInRefused,
    Throttle,
    choose_totp_step,
)
from app.directory.models import ApiToken, User, WebSession
from app.directory.repository import access, throttle
from app.directory.service.secrets import SecretBox, digest_token, verify_password
from app.directory.service.totp import matching_steps
from app.kit.ids import draw_token

_ONE_TRY = timedelta(seconds=1)
_LONGEST_TOKEN = timedelta(days=366)
_NOTE_PRESENCE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What somebody typed to sign in, and from where."""

    login: str
    password: str
    code: str | None
    address: str


@dataclass(frozen=True, slots=True)
class IssuedSession:
    """A session that has just begun; the token is shown this once."""

    token: str
    csrf_token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A program's token that was just issued; it is shown this once."""

    id: int
    token: str
    expires_at: datetime


def needs_enrolment(user: User) -> bool:
    """Must this user enrol a second factor before anything else?"""
    return user.second_factor_required and user.totp_confirmed_at is None


async def sign_in(
    session: AsyncSession, attempt: Attempt, *, now: datetime, box: SecretBox
) -> User | SignInRefused:
    """Check login, password and second factor, counting failures.

    The caller commits in both cases: a refusal that is rolled back would not be counted.
    """
    keys = _derive_keys(attempt)
    # Parallel guesses at one login would all see the same count: they are refused, not queued,
    # so that they hold no connection of the pool either.
    if not await try_lock(session, f"sign_in:{attempt.login.lower()}"):
        return SignInRefused(Refusal.TOO_MANY, wait=_ONE_TRY)
    wait_until = await throttle.find_wait_until(session, keys=list(keys))
    if wait_until is not None and wait_until > now:
        return SignInRefused(Refusal.TOO_MANY, wait=wait_until - now)
    user = await access.find_user(session, login=attempt.login)
    password_hash = None if user is None else user.password_hash
    if not await verify_password(attempt.password, password_hash=password_hash) or user is None:
        return await _refuse(session, keys, now=now)
    if user.totp_confirmed_at is not None:
        if not attempt.code:
            return SignInRefused(Refusal.CODE_NEEDED)
        if not await use_code(session, user, code=attempt.code, now=now, box=box):
            return await _refuse(session, keys, now=now)
    # The address is not forgiven: its other logins may be what is being guessed.
    forgiven = [key for key, rule in keys.items() if rule is not ADDRESS_THROTTLE]
    await throttle.forget(session, keys=forgiven, now=now)
    return user


async def use_code(
    session: AsyncSession, user: User, *, code: str, now: datetime, box: SecretBox
) -> bool:
    """Use up a code of the second factor; tell whether it was right, and not used before."""
    if user.totp_secret is None:
        return False
    steps = matching_steps(box.unseal(user.totp_secret), code=code, now=now)
    step = choose_totp_step(steps, last_used_step=user.totp_last_step)
    return step is not None and await access.use_totp_step(session, user_id=user.id, step=step)


def _derive_keys(attempt: Attempt) -> dict[bytes, Throttle]:
    login = attempt.login.lower()
    counted = {
        f"pair\0{login}\0{attempt.address}": PAIR_THROTTLE,
        f"login\0{login}": LOGIN_THROTTLE,
        f"address\0{attempt.address}": ADDRESS_THROTTLE,
    }
    return {hashlib.sha256(text.encode()).digest(): rule for text, rule in counted.items()}


async def _refuse(
    session: AsyncSession, keys: dict[bytes, Throttle], *, now: datetime
) -> SignInRefused:
    longest = timedelta(0)
    for key, rule in keys.items():
        wait = rule.wait_after(await throttle.add_failure(session, key=key, now=now))
        if wait > timedelta(0):
            await throttle.set_wait(session, key=key, until=now + wait)
        longest = max(longest, wait)
    return SignInRefused(Refusal.WRONG, wait=longest)


async def start_session(
    session: AsyncSession, *, user_id: int, lifetime: Lifetime, now: datetime
) -> IssuedSession:
    """Begin a session of the browser; sessions that are over are forgotten."""
    token, csrf_token = draw_token(), draw_token()
    expires_at = lifetime.end(started_at=now, seen_at=now)
    await access.delete_sessions_over(session, now=now)
    session.add(
        WebSession(
            token_digest=digest_token(token),
            user_id=user_id,
            csrf_token=csrf_token,
            created_at=now,
            seen_at=now,
            expires_at=expires_at,
        )
    )
    return IssuedSession(token=token, csrf_token=csrf_token, expires_at=expires_at)


async def note_presence(
    session: AsyncSession, web_session: WebSession, *, lifetime: Lifetime, now: datetime
) -> None:
    """Push the end of a session forward; at most once a minute, to spare the database.

    Of requests that come together one does, and none waits for it to end.
    """
    due_since = now - _NOTE_PRESENCE_EVERY
    if web_session.seen_at > due_since:
        return
    expires_at = lifetime.end(started_at=web_session.created_at, seen_at=now)
    await access.extend_session(
        session,
        session_id=web_session.id,
        due_since=due_since,
        seen_at=now,
        expires_at=expires_at,
    )


async def issue_token(
    session: AsyncSession, *, user_id: int, name: str, lasts: timedelta, now: datetime
) -> IssuedToken:
    """Issue a bearer token for a program; it acts as the user, for at most a year."""
    token = draw_token()
    row = ApiToken(
        token_digest=digest_token(token),
        user_id=user_id,
        name=name,
        created_at=now,
        expires_at=now + min(lasts, _LONGEST_TOKEN),
    )
    session.add(row)
    # The id is drawn by the database, and the answer needs it.
    await session.flush()
    return IssuedToken(id=row.id, token=token, expires_at=row.expires_at)

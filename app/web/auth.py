"""Who calls: a browser by its cookie, or a program by its bearer token."""

import hmac
import ipaddress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.directory.domain.sign_in import Lifetime
from app.directory.models import User
from app.directory.repository import access
from app.directory.service.secrets import digest_token
from app.directory.service.sign_in import IssuedSession, needs_enrolment, note_presence
from app.kit.errors import NotAllowed
from app.settings import Settings
from app.web.container import container_of

_COOKIE = "astreinte_session"
# RFC 6265bis §4.1.3.2: a browser lets no other host and no plain HTTP set a cookie named so.
_SECURE_COOKIE = f"__Host-{_COOKIE}"
CSRF_HEADER = "X-CSRF-Token"
CSRF_FIELD = "csrf_token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class CsrfTokenWrong(NotAllowed):
    """A browser sends a change without the token that our own pages know."""


class OriginWrong(NotAllowed):
    """A browser sends a change from a page that is not ours."""


class EnrolmentNeeded(NotAllowed):
    """The user must enrol a second factor before anything else."""


class Credential(NamedTuple):
    """What a caller shows, as the database knows it: a program's token, or a browser's cookie."""

    digest: bytes
    is_token: bool


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is signed in, and how.

    Parameters
    ----------
    session_id
        Of a browser's session; absent for a program.
    csrf_token
        For the forms of a browser's session; absent for a program.
    """

    actor: Actor
    user: User
    session_id: int | None = None
    csrf_token: str | None = None

    @property
    def user_id(self) -> int:
        """The user's id; a caller is always a user."""
        return self.user.id

    @property
    def needs_enrolment(self) -> bool:
        """Is a second factor required, and not enrolled yet?"""
        return needs_enrolment(self.user)


def lifetime_of(settings: Settings) -> Lifetime:
    """Return how long sessions of browsers last."""
    return Lifetime(idle=settings.session_idle, longest=settings.session_longest)


def address_of(request: Request) -> str | None:
    """Return the address of the peer, or nothing when it came by another way than IP."""
    if request.client is None:
        return None
    try:
        return str(ipaddress.ip_address(request.client.host))
    except ValueError:
        return None


def read_credential(request: Request) -> Credential | None:
    """Read what the caller shows, if anything; a bearer token goes before a cookie."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return Credential(digest_token(token.strip()), is_token=True)
    cookie = request.cookies.get(_SECURE_COOKIE if _is_secure(request) else _COOKIE)
    return Credential(digest_token(cookie), is_token=False) if cookie else None


async def find_caller(request: Request, *, session: AsyncSession, now: datetime) -> Caller | None:
    """Find who calls, or nobody.

    Raises
    ------
    CsrfTokenWrong, OriginWrong
        If a browser's cookie comes with a change that our own pages did not send.
    """
    settings = container_of(request).settings
    today = now.astimezone(ZoneInfo(settings.zone)).date()
    credential = read_credential(request)
    if credential is None:
        return None
    digest = credential.digest
    if credential.is_token:
        found = await access.find_token(session, digest=digest, now=now, today=today)
        return None if found is None else Caller(actor=found[2], user=found[1])
    row = await access.find_session(session, digest=digest, now=now, today=today)
    if row is None:
        return None
    web_session, user, actor = row
    await check_own_page(request, csrf_token=web_session.csrf_token)
    await note_presence(session, web_session, lifetime=lifetime_of(settings), now=now)
    return Caller(
        actor=actor, user=user, session_id=web_session.id, csrf_token=web_session.csrf_token
    )


async def check_own_page(request: Request, *, csrf_token: str) -> None:
    """Refuse a change that a browser sends from elsewhere than our own pages.

    Raises
    ------
    CsrfTokenWrong
        If neither the header nor the form holds the session's token.
    OriginWrong
        If the browser names another origin.
    """
    if request.method in _SAFE_METHODS:
        return
    check_origin(request)
    given = request.headers.get(CSRF_HEADER)
    if given is None and request.headers.get("Content-Type", "").startswith(_FORMS):
        field = (await request.form()).get(CSRF_FIELD)
        given = field if isinstance(field, str) else None
    if given is None or not hmac.compare_digest(given.encode(), csrf_token.encode()):
        message = f"a change needs the session's token: header {CSRF_HEADER}, or field {CSRF_FIELD}"
        raise CsrfTokenWrong(message)


def check_origin(request: Request) -> None:
    """Refuse a page of another origin; a program sends no origin and passes.

    Raises
    ------
    OriginWrong
        If the browser says that the request comes from another site.
    """
    origin = request.headers.get("Origin")
    cross_site = request.headers.get("Sec-Fetch-Site") == "cross-site"
    foreign = origin is not None and _host_of(origin) != request.headers.get("Host")
    if cross_site or foreign:
        raise OriginWrong("this request comes from a page of another site")


def _host_of(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        # No browser sends half an IPv6 address; whoever does is none of our pages.
        return ""


def set_session_cookie(request: Request, response: Response, issued: IssuedSession) -> None:
    """Give the browser its cookie; it ends with the browser, or by our own clock before."""
    secure = _is_secure(request)
    response.set_cookie(
        _SECURE_COOKIE if secure else _COOKIE,
        issued.token,
        httponly=True,
        secure=secure,
        samesite="lax",
        path="/",
    )


def clear_session_cookie(request: Request, response: Response) -> None:
    """Take the browser's cookie away."""
    secure = _is_secure(request)
    response.delete_cookie(
        _SECURE_COOKIE if secure else _COOKIE,
        httponly=True,
        secure=secure,
        samesite="lax",
        path="/",
    )


def _is_secure(request: Request) -> bool:
    return request.url.scheme == "https"

"""Signing in and out, and the tokens of programs."""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from app.directory.domain.sign_in import PASSWORD_LONGEST, Refusal, SignInRefused
from app.directory.models import User
from app.directory.repository import access
from app.directory.service.sign_in import (
    Attempt,
    issue_token,
    needs_enrolment,
    sign_in,
    start_session,
)
from app.kit.errors import NotAllowed, NotFound
from app.web.auth import (
    check_origin,
    clear_session_cookie,
    lifetime_of,
    set_session_cookie,
)
from app.web.dependencies import AnyonesUnit, EnrollingWork, SignedInWork, UnitOfWork
from app.web.errors import NotSignedIn, TooManyTries, answer, make_problem, raises, status_of
from app.web.schemas import Body, Key, Line, View

router = APIRouter(tags=["session"])

_DAYS_IN_YEAR = 366


class TokenUnknown(NotFound):
    """The user has no such token that is still good."""


class Credentials(Body):
    """Who wants to sign in."""

    login: Annotated[str, Field(min_length=1, max_length=200)]
    password: Annotated[str, Field(min_length=1, max_length=PASSWORD_LONGEST)]
    code: Annotated[
        str | None, Field(max_length=12, description="of the second factor, if there is one")
    ] = None
    credential: Annotated[
        Literal["cookie", "token"],
        Field(description="a session for a browser, or a bearer token that lasts as long"),
    ] = "cookie"


class SignedIn(View):
    """A session that has just begun."""

    user_id: int
    expires_at: datetime
    enrolment_needed: bool
    """A second factor has to be enrolled before anything else."""
    csrf_token: str | None = None
    """For the header of each change, with a cookie."""
    token: str | None = None
    """Shown this once, without a cookie."""


class TokenWish(Body):
    """A program's token that is wanted."""

    name: Line
    days: Annotated[int, Field(ge=1, le=_DAYS_IN_YEAR)] = 90


class NewToken(View):
    """A token that was just issued; it is shown this once."""

    id: int
    token: str
    expires_at: datetime


class TokenView(View):
    """What is kept of a token."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@router.post("/session", status_code=201, responses=raises(NotSignedIn, TooManyTries))
async def create_session(
    credentials: Credentials, request: Request, response: Response, unit: AnyonesUnit
) -> SignedIn:
    """Sign in, with a code of the second factor when the user has one.

    A refusal is returned and not raised: its count must be committed.
    """
    check_origin(request)
    attempt = Attempt(
        login=credentials.login,
        password=credentials.password,
        code=credentials.code,
        address=unit.address or "",
    )
    outcome = await sign_in(unit.session, attempt, now=unit.now, box=unit.container.box)
    if isinstance(outcome, SignInRefused):
        return await answer_refused(request, outcome)  # type: ignore[return-value]
    if credentials.credential == "token":
        return await _give_token(unit, outcome)
    issued = await start_session(
        unit.session,
        user_id=outcome.id,
        lifetime=lifetime_of(unit.container.settings),
        now=unit.now,
    )
    set_session_cookie(request, response, issued)
    return SignedIn(
        user_id=outcome.id,
        expires_at=issued.expires_at,
        enrolment_needed=needs_enrolment(outcome),
        csrf_token=issued.csrf_token,
    )


async def _give_token(unit: UnitOfWork, user: User) -> SignedIn:
    lasts = unit.container.settings.session_longest
    issued = await issue_token(
        unit.session, user_id=user.id, name="sign-in", lasts=lasts, now=unit.now
    )
    return SignedIn(
        user_id=user.id,
        expires_at=issued.expires_at,
        enrolment_needed=needs_enrolment(user),
        token=issued.token,
    )


REFUSALS = {
    Refusal.WRONG: "login, password or code is wrong",
    Refusal.CODE_NEEDED: "this user has a second factor: send its code too",
    Refusal.TOO_MANY: "too many tries; wait before the next one",
}


async def answer_refused(request: Request, refused: SignInRefused) -> Response:
    """Answer a sign-in that was refused."""
    message = REFUSALS[refused.reason]
    too_many = refused.reason is Refusal.TOO_MANY
    error = TooManyTries(message) if too_many else NotSignedIn(message)
    name = f"SignIn {refused.reason.replace('_', ' ')}"
    problem = make_problem(request, status=status_of(error), name=name, detail=message)
    wait_s = -(-refused.wait // timedelta(seconds=1))
    return await answer(request, problem, headers={"Retry-After": str(wait_s)} if wait_s else None)


@router.delete("/session", status_code=204)
async def delete_session(request: Request, response: Response, work: EnrollingWork) -> None:
    """Sign out the browser that asks; a program revokes its token instead."""
    if work.caller.session_id is not None:
        await access.delete_session(work.session, session_id=work.caller.session_id)
        clear_session_cookie(request, response)


@router.post("/tokens", status_code=201)
async def create_token(wish: TokenWish, work: SignedInWork) -> NewToken:
    """Issue a bearer token for a program that acts as the user who asks, signed in by a browser."""
    if work.caller.session_id is None:
        # Else a token that was stolen would outlive its own end and its revocation.
        raise NotAllowed("a token issues no other token: sign in with your password first")
    issued = await issue_token(
        work.session,
        user_id=work.caller.user_id,
        name=wish.name,
        lasts=timedelta(days=wish.days),
        now=work.now,
    )
    return NewToken(id=issued.id, token=issued.token, expires_at=issued.expires_at)


@router.get("/tokens")
async def list_tokens(work: SignedInWork) -> list[TokenView]:
    """List one's own tokens, newest first; never the tokens themselves."""
    rows = await access.list_tokens(work.session, user_id=work.caller.user_id)
    return [TokenView.model_validate(row) for row in rows]


@router.delete("/tokens/{token_id}", status_code=204, responses=raises(NotFound))
async def revoke_token(token_id: Key, work: SignedInWork) -> None:
    """Revoke one of one's own tokens."""
    revoked = await access.revoke_token(
        work.session, token_id=token_id, user_id=work.caller.user_id, now=work.now
    )
    if not revoked:
        raise TokenUnknown(f"you have no token {token_id} that is still good")

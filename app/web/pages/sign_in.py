"""Signing in, with the code of a second factor, and out."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

import segno
from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.directory.domain import InvalidField
from app.directory.domain.sign_in import PASSWORD_LONGEST, Refusal, SignInRefused
from app.directory.repository import access
from app.directory.service.own_account import confirm_enrolment, start_enrolment
from app.directory.service.sign_in import Attempt, needs_enrolment, sign_in, start_session
from app.web.auth import check_origin, clear_session_cookie, lifetime_of, set_session_cookie
from app.web.dependencies import AnyonesUnit
from app.web.pages.door import AnyonesFrame, StrangersFrame, Visit, visit
from app.web.pages.rendering import Frame, is_htmx, render_page, render_part

router = APIRouter()

Enrolling = Annotated[Visit, visit(before_enrolment=True)]
Next = Annotated[str, Query(max_length=500)]
_IN_PLACES = ":/%#?=@[]!$&'()*+,;"


@dataclass(frozen=True, slots=True)
class SignInPage:
    """What the form shows."""

    place: str
    login: str = ""
    code_needed: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class SecondFactorPage:
    """What the enrolment shows; the secret once only."""

    secret: str = ""
    picture: str = ""
    error: str = ""


def own_place(place: str) -> str:
    """Keep only places of ours: two slashes, of either kind, lead to another host."""
    ours = place.startswith("/") and not place.startswith(("//", "/\\"))
    return place if ours and place.isprintable() else "/"


@router.get("/sign-in")
async def show_sign_in(
    frame: AnyonesFrame, place: Annotated[Next, Query(alias="next")] = "/"
) -> HTMLResponse:
    """Show the form."""
    return render_page("sign_in/page.html", frame=frame, view=SignInPage(own_place(place)))


@router.post("/sign-in")
async def take_sign_in(
    request: Request,
    unit: AnyonesUnit,
    frame: StrangersFrame,
    login: Annotated[str, Form(min_length=1, max_length=200)],
    password: Annotated[str, Form(min_length=1, max_length=PASSWORD_LONGEST)],
    code: Annotated[str, Form(max_length=12)] = "",
    place: Annotated[str, Form(alias="next", max_length=500)] = "/",
) -> Response:
    """Sign in; a refusal is an answer and no error, since its count must be committed."""
    check_origin(request)
    attempt = Attempt(login=login, password=password, code=code or None, address=unit.address or "")
    outcome = await sign_in(unit.session, attempt, now=unit.now, box=unit.container.box)
    if isinstance(outcome, SignInRefused):
        return _show_refused(request, frame, outcome, login=login, place=own_place(place))
    issued = await start_session(
        unit.session,
        user_id=outcome.id,
        lifetime=lifetime_of(unit.container.settings),
        now=unit.now,
    )
    response = _lead(request, "/second-factor" if needs_enrolment(outcome) else own_place(place))
    set_session_cookie(request, response, issued)
    return response


def _show_refused(
    request: Request, frame: Frame, refused: SignInRefused, *, login: str, place: str
) -> Response:
    code_needed = refused.reason is Refusal.CODE_NEEDED
    view = SignInPage(place, login, code_needed, "" if code_needed else _explain(refused, frame))
    status = 429 if refused.reason is Refusal.TOO_MANY else 401
    if not is_htmx(request):
        return render_page("sign_in/page.html", frame=frame, view=view, status=status)
    # The password stays in the browser's form: it is never sent back.
    block = "code" if code_needed else "refusal"
    status = 200 if code_needed else status
    part = render_part("sign_in/page.html", block, frame=frame, view=view, status=status)
    if not code_needed:
        part.headers["HX-Retarget"] = "#refusal"
    return part


def _explain(refused: SignInRefused, frame: Frame) -> str:
    if refused.reason is Refusal.WRONG and not refused.wait:
        return frame.texts.gettext("Login, password or code is wrong.")
    wait = frame.texts.format_elapsed(max(refused.wait, timedelta(seconds=1)))
    return frame.texts.gettext("Too many tries: wait %(wait)s before the next one.", wait=wait)


def _lead(request: Request, place: str) -> Response:
    if is_htmx(request):
        # As RedirectResponse writes it: a header holds no letter beyond Latin-1.
        return Response(status_code=204, headers={"HX-Redirect": quote(place, safe=_IN_PLACES)})
    return RedirectResponse(place, 303)


@router.post("/sign-out")
async def sign_out(guest: Enrolling) -> Response:
    """End the session of this browser."""
    response = RedirectResponse("/sign-in", 303)
    if guest.work.caller.session_id is not None:
        await access.delete_session(guest.session, session_id=guest.work.caller.session_id)
        clear_session_cookie(guest.request, response)
    return response


@router.get("/second-factor")
async def show_second_factor(guest: Enrolling) -> Response:
    """Show how to enrol a second factor."""
    if guest.work.caller.user.totp_confirmed_at is not None:
        return RedirectResponse("/", 303)
    enrolment = await start_enrolment(
        guest.session, guest.work.caller.user, box=guest.work.container.box
    )
    # As an image of its own: the markup of another library is never put into a page.
    picture = segno.make(enrolment.otpauth_uri, error="m").svg_data_uri(
        scale=4, border=2, dark="#000", light="#fff"
    )
    view = SecondFactorPage(secret=enrolment.secret, picture=picture)
    return render_page("sign_in/second_factor.html", frame=guest.frame, view=view)


@router.post("/second-factor")
async def confirm_second_factor(
    guest: Enrolling, code: Annotated[str, Form(min_length=1, max_length=12)]
) -> Response:
    """Confirm the second factor by a first code."""
    try:
        await confirm_enrolment(
            guest.session,
            guest.work.caller.user,
            code=code,
            session_id=guest.work.caller.session_id,
            now=guest.work.now,
            box=guest.work.container.box,
        )
    except InvalidField:
        # The secret stands: a mistyped code must not make the telephone's entry useless.
        error = guest.frame.texts.gettext("The code is wrong: wait for the next one, then type it.")
        view = SecondFactorPage(error=error)
        return render_page("sign_in/second_factor.html", frame=guest.frame, view=view, status=422)
    return RedirectResponse("/", 303)

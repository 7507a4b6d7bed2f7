"""What went wrong, for a person: a page, or a notice inside the page; never patient data."""

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from app.dispatch.repository import CaseAlreadyClaimed
from app.kit.errors import AppError
from app.reports.domain.versions import DraftChanged, ImagesNotSeen
from app.requests.service import AlreadyDecided
from app.web.auth import EnrolmentNeeded
from app.web.errors import NotSignedIn, Problem
from app.web.pages.rendering import Frame, frame_of, is_htmx, render_page, render_part
from app.web.pages.texts import N_, Texts

_TITLES: Mapping[int, str] = {
    400: N_("This request cannot be read"),
    403: N_("You may not do this"),
    404: N_("There is no such page for you"),
    405: N_("This cannot be done here"),
    409: N_("Somebody or something came first"),
    413: N_("This is too large"),
    422: N_("Something you typed cannot be taken"),
    429: N_("Too many tries"),
    500: N_("Something went wrong on our side"),
    503: N_("The platform does not answer now"),
}
_OUR_FAULT = 500
_WORDS: Mapping[str, str] = {
    "permission-denied": N_("Your role does not allow this for this site or society."),
    "case-not-found": N_("There is no such case, or you may not see it."),
    "csrf-token-wrong": N_("This page is too old: load it again, then try once more."),
    "origin-wrong": N_("This request comes from a page of another site."),
    "move-refused": N_("The case has been moved meanwhile: look at it again."),
    "not-nominated": N_("This case is no longer offered to you."),
    "not-yours": N_("Nobody reads this case now: claim it if you do."),
    "another-active": N_(
        "You have put a case aside for one that you read now: sign it, give it back, or put it "
        "aside too."
    ),
    "claim-move-refused": N_("The claim of this case has been moved meanwhile: look at it again."),
    "bad-escalation": N_("These steps would call people out of order, or at no time at all."),
    "not-the-reader": N_("You no longer read this case: claim it first."),
    "request-not-found": N_("There is no such request, or you may not see it."),
    "request-changed": N_("The request was changed after you opened it: look at it again."),
    "request-move-refused": N_("The request has been moved meanwhile: look at it again."),
    "decided-content-fixed": N_(
        "A radiologist decided on this request as it is: cancel it and make another, or call."
    ),
    "images-came": N_("Images of this request have come: it can no longer be cancelled."),
    "not-on-guard": N_("Only a radiologist who is on guard now decides."),
    "submission-key-used": N_("This form was sent before with other content: look at your list."),
    "too-many-attachments": N_("This request has ten files already."),
    "too-large": N_("A file has at most 10 MB. Go back: what you typed is still there."),
    "identity-open": N_(
        "It is not settled whose images these are: choose one, or split the case, then sign."
    ),
    "identity-moved": N_("Somebody chose another identity meanwhile: look again."),
    "case-closed": N_("Only cases that nobody has signed are joined or split."),
    "two-drafts": N_("A report was begun in both cases: empty one of them, then join."),
    "swap-move-refused": N_("This swap was moved meanwhile: look at it again."),
    "swap-offered": N_("This seat is offered already: take that offer back first."),
    "swap-too-late": N_("The guard has begun: a planner looks for a replacement instead."),
    "seat-changed": N_("The seat has another holder meanwhile: look at it again."),
    "seats-over": N_(
        "This draft gives guards that are over to somebody else: undo these changes, or make "
        "another draft."
    ),
    "draft-is-stale": N_(
        "Something else was published since this draft was made: make another one."
    ),
    "draft-changed": N_("The draft was changed after you opened it: look at it again."),
    "already-published": N_("This is published already: make a new draft to change it."),
    "rules-broken": N_(
        "This breaks a rule that was not accepted: look at what is broken, then change it or "
        "accept it with a reason."
    ),
    "radiologist-busy": N_("Somebody would be in two guards at once: look at both months again."),
    "run-under-way": N_("A roster of this planning is being computed: wait for it, or stop it."),
    "nothing-to-undo": N_("There is no change left to undo or to do again."),
    "nothing-to-share": N_(
        "These guards cannot be shared: look at the volumes of the societies first."
    ),
    "planning-overlaps": N_("Another planning has this name, or a part of this period."),
    "seat-closed": N_("This seat was taken out of its guard: look at the month again."),
    "guard-cancelled": N_("This guard was cancelled: look at the month again."),
    "seat-shared": N_("Its planning was shared and published: seats are opened before."),
    "nobody-holds": N_("Nobody holds this seat any more: look at it again."),
    "shared-already": N_(
        "A planning that it concerns was shared and published: choose a later date."
    ),
    "cession-withdrawn": N_("This agreement was withdrawn already."),
    "segments-in-use": N_("Guards were laid out by these segments: choose a later date."),
    "task-settled": N_("Somebody else has done this already."),
    "settled-elsewhere": N_("Nobody's word is enough for this: log the call that settles it."),
    "already-withdrawn": N_("This report was withdrawn: nothing is added to it."),
    "invalid-fields": N_("A field is missing or breaks its rule."),
    "unavailable": N_("Try again in a moment; what you saved is safe."),
    "internal": N_("Nothing was changed. Try again; if it happens twice, call the coordinator."),
}


async def render_problem(request: Request, problem: Problem) -> Response:
    """Show a problem to a person; who is not signed in is led to the sign-in."""
    error = getattr(request.state, "error", None)
    if isinstance(error, NotSignedIn):
        return _lead(request, f"/sign-in?next={quote(_page_of(request))}")
    if isinstance(error, EnrolmentNeeded):
        return _lead(request, "/second-factor")
    frame: Frame | None = getattr(request.state, "frame", None)
    if frame is None:
        frame = frame_of(request, caller=None, now=None)
    title = _TITLES.get(problem.status, _TITLES[500])
    view = {
        "status": problem.status,
        "title": frame.texts.gettext(title),
        "text": explain(error, problem=problem, frame=frame),
        "request_id": problem.request_id,
    }
    if is_htmx(request):
        response: Response = render_part(
            "errors/page.html", "notice", frame=frame, view=view, status=problem.status
        )
        response.headers["HX-Retarget"] = "#notice"
        response.headers["HX-Reswap"] = "innerHTML"
        if problem.status < _OUR_FAULT:
            # Whatever came first is shown beside the notice. Nothing else lets a page look again: a
            # look that the platform had no time for would ask for the next one at once.
            response.headers["HX-Trigger"] = "worklist-changed"
        return response
    return render_page("errors/page.html", frame=frame, view=view, status=problem.status)


def explain(error: AppError | None, *, problem: Problem, frame: Frame) -> str:
    """Say what happened, as exactly as we can, in the reader's language."""
    texts = frame.texts

    def time(at: datetime) -> str:
        return texts.format_instant(at, zone=frame.zone, now=frame.now, seconds=True)

    if isinstance(error, CaseAlreadyClaimed):
        return texts.gettext("Taken by %(name)s at %(time)s.", name=error.name, time=time(error.at))
    if isinstance(error, AlreadyDecided) and error.name:
        return texts.gettext(
            "Decided by %(name)s at %(time)s.", name=error.name, time=time(error.at)
        )
    if isinstance(error, DraftChanged):
        return texts.gettext(
            "This report was saved by %(name)s at %(time)s after you opened it. Your text was not "
            "saved and theirs still stands: open the case in another tab, compare, save again.",
            name=error.by,
            time=time(error.at),
        )
    if isinstance(error, ImagesNotSeen):
        return texts.gettext(
            "The case has %(count)s images, but you were shown %(shown)s: look at the new ones.",
            count=error.count,
            shown=error.shown,
        )
    return _explain_kind(problem, texts)


def _explain_kind(problem: Problem, texts: Texts) -> str:
    message = _WORDS.get(problem.type.rpartition(":")[2])
    if message is not None:
        return texts.gettext(message)
    return problem.detail if problem.status in {409, 422} else ""


def _lead(request: Request, place: str) -> Response:
    if is_htmx(request):
        return Response(status_code=401, headers={"HX-Redirect": place})
    return RedirectResponse(place, 303)


def _page_of(request: Request) -> str:
    """Name the page to come back to: never one that changes something."""
    return request.url.path if request.method == "GET" and not is_htmx(request) else "/"

"""Use cases of the one who asks: submit, amend, cancel."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.directory.models import Site
from app.kit.errors import Conflict, Invalid, NotAllowed
from app.requests.domain.content import (
    Pregnancy,
    RequestContent,
    RequestPriority,
    Sex,
    check_change,
    check_content,
    find_changes,
)
from app.requests.domain.states import (
    ACCEPTED,
    RequestAction,
    RequestState,
    next_state,
)
from app.requests.events import RequestCancelled, RequestSubmitted
from app.requests.models import Request
from app.requests.repository import requests as repository

_LONGEST_KEY = 100
_LONGEST_REASON = 500


class SubmissionKeyUsed(Conflict):
    """Another request was submitted under the same key."""

    def __init__(self, request_id: int) -> None:
        super().__init__(
            f"this form was sent before, as request {request_id}, with other content: "
            "amend that request, or begin a new one"
        )
        self.request_id = request_id


class RequestChanged(Conflict):
    """The request changed after it was shown."""

    def __init__(self, request_id: int) -> None:
        super().__init__(f"request {request_id} was changed after you opened it: look at it again")
        self.request_id = request_id


class ImagesCame(Conflict):
    """Images of the request have come: the exam was made."""

    def __init__(self, request_id: int) -> None:
        super().__init__(
            f"images of request {request_id} have come: it can no longer be cancelled; "
            "ask the coordinator to set the case aside"
        )
        self.request_id = request_id


async def submit(
    session: AsyncSession,
    *,
    site_id: int,
    content: RequestContent,
    actor: Actor,
    now: datetime,
    submission_key: str | None = None,
) -> RequestSubmitted:
    """Submit a request; a radiologist is then to decide.

    A submission that is sent twice under one key, by a double click, makes one request.

    Raises
    ------
    ContentRefused
        If the request does not hold what it must.
    Conflict
        If the same person used the key for another content or site, or the site is disabled.
    """
    by_user_id = user_of(actor)
    _check_key(submission_key)
    site = await session.get_one(Site, site_id)
    if site.disabled_at is not None:
        raise Conflict("this site is disabled: it sends no requests")
    kept = check_content(content, today=_today(site, now=now))
    values = {
        "site_id": site_id,
        "state": next_state(RequestState.DRAFT, RequestAction.SUBMIT).value,
        **dict.fromkeys(("state_at", "requested_at"), now),
        **dict.fromkeys(("state_by", "requested_by"), by_user_id),
        "submission_key": submission_key,
    }
    request_id = await repository.add_request(session, {**values, **_columns(kept)})
    if request_id is not None:
        return RequestSubmitted(request_id, is_new=True)
    before = await repository.get_by_key(session, requested_by=by_user_id, key=submission_key or "")
    if before.site_id != site_id or find_changes(content_of(before), kept):
        raise SubmissionKeyUsed(before.id)
    return RequestSubmitted(before.id, is_new=False)


def _check_key(submission_key: str | None) -> None:
    if submission_key is not None and not 0 < len(submission_key) <= _LONGEST_KEY:
        message = f"a submission key has 1 to {_LONGEST_KEY} characters"
        raise Invalid(message)


async def amend(
    session: AsyncSession,
    request_id: int,
    *,
    content: RequestContent,
    version: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Change what a request says; an open question of a radiologist is answered by it.

    Parameters
    ----------
    content
        All of it, the unchanged too.
    version
        The one that was shown.

    Raises
    ------
    RequestChanged, RequestMoveRefused
        If it has another version now, or was refused or cancelled.
    DecidedContentFixed
        If it was decided and the change is about more than identities and telephones.
    ContentRefused
        If it would no longer hold what it must.
    """
    request = await repository.lock_request(session, request_id)
    state = RequestState(request.state)
    next_state(state, RequestAction.AMEND)
    check_version(request, version=version)
    site = await session.get_one(Site, request.site_id)
    kept = check_content(content, today=_today(site, now=now))
    before = find_changes(content_of(request), kept)
    if not before and not request.open_question:
        return
    check_change(frozenset(before), decided=state in ACCEPTED)
    await repository.change(session, request_id, open_question="", **_columns(kept))
    await _note_change(session, request, before=before, by_user_id=user_of(actor), now=now)


async def _note_change(
    session: AsyncSession,
    request: Request,
    *,
    before: Mapping[str, object],
    by_user_id: int,
    now: datetime,
) -> None:
    await repository.add_event(
        session,
        request_id=request.id,
        kind="amended",
        now=now,
        by_user_id=by_user_id,
        detail={
            "before": {name: _plain(value) for name, value in before.items()},
            # The row as it was read, before the change.
            "answers": bool(request.open_question),
        },
    )


async def cancel(
    session: AsyncSession, request_id: int, *, reason: str, actor: Actor, now: datetime
) -> RequestCancelled:
    """Withdraw a request whose exam was not made.

    Raises
    ------
    ImagesCame
        If images of it have come.
    RequestMoveRefused
        If it was refused or cancelled before.
    Invalid
        If no reason is given.
    """
    if not reason.strip() or len(reason) > _LONGEST_REASON or "\x00" in reason:
        message = f"say why, in 1 to {_LONGEST_REASON} characters: the history keeps it"
        raise Invalid(message)
    request = await repository.lock_request(session, request_id)
    if request.images_at is not None:
        raise ImagesCame(request_id)
    await repository.move(
        session,
        request_id,
        action=RequestAction.CANCEL,
        now=now,
        by_user_id=user_of(actor),
        reason=reason.strip(),
        images_due_at=None,
        open_question="",
    )
    return RequestCancelled(request_id)


def subject_of(request_id: int) -> str:
    """Name a request as the subject of a task."""
    return f"request:{request_id}"


def content_of(request: Request) -> RequestContent:
    """Read what a request says."""
    values = {each.name: getattr(request, each.name) for each in fields(RequestContent)}
    values["sex"] = Sex(request.sex)
    values["priority"] = RequestPriority(request.priority)
    values["pregnancy"] = Pregnancy(request.pregnancy)
    return RequestContent(**values)


def check_version(request: Request, *, version: int) -> None:
    """Refuse what was decided on an older version of a request.

    Raises
    ------
    RequestChanged
        If it has another version now.
    """
    if request.version != version:
        raise RequestChanged(request.id)


def user_of(actor: Actor) -> int:
    """Name the person who acts.

    Raises
    ------
    NotAllowed
        If it is the platform itself.
    """
    if actor.user_id is None:
        raise NotAllowed("this is done by a person, never by the platform itself")
    return actor.user_id


def _columns(content: RequestContent) -> Mapping[str, object]:
    return {name: getattr(value, "value", value) for name, value in asdict(content).items()}


def _today(site: Site, *, now: datetime) -> date:
    return now.astimezone(ZoneInfo(site.zone)).date()


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value

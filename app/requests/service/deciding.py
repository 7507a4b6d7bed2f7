"""Use case of the radiologist on guard: decide before the exam."""

from datetime import datetime, timedelta
from typing import NamedTuple, TypeAlias

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import read_value
from app.kit.errors import Conflict, NotAllowed
from app.requests.domain.decisions import ACTIONS, Decision, DecisionKind, check_decision
from app.requests.domain.states import ACCEPTED, RequestAction, RequestState, next_state
from app.requests.events import InformationWanted, RequestRefused, RequestValidated
from app.requests.models import Request, RequestDecision
from app.requests.repository import requests as repository
from app.requests.service.writing import check_version, user_of

Decided: TypeAlias = RequestValidated | RequestRefused | InformationWanted


class NotOnGuard(NotAllowed):
    """Who decides is known to be awake: only radiologists on guard decide."""


class AlreadyDecided(Conflict):
    """Somebody else has decided on the request.

    Parameters
    ----------
    name
        Of the radiologist; empty when the site has cancelled it.
    at
        Aware.
    """

    def __init__(self, request_id: int, *, state: RequestState, name: str, at: datetime) -> None:
        by = f" by {name}" if name else ""
        super().__init__(f"request {request_id} is {state.value} already{by}: look at it again")
        self.request_id = request_id
        self.state = state
        self.name = name
        self.at = at


class Decider(NamedTuple):
    """Who decides, as a radiologist and as a user."""

    radiologist_id: int
    user_id: int


async def decide(
    session: AsyncSession,
    request_id: int,
    *,
    decision: Decision,
    version: int,
    actor: Actor,
    on_guard: bool,
    now: datetime,
) -> Decided:
    """Decide on a request before its exam; of two who decide at once, one wins.

    Parameters
    ----------
    version
        Of the request that the radiologist read.
    on_guard
        Whether the actor holds a seat now; the caller knows the planning.

    Raises
    ------
    NotOnGuard, AlreadyDecided
        If the actor is no radiologist on guard, or the request no longer waits.
    RequestChanged
        If the site has changed it since.
    ContentRefused
        If the decision lacks its protocol or reason.
    """
    if actor.radiologist_id is None or not on_guard:
        raise NotOnGuard("only a radiologist who is on guard now decides on a request")
    kept = check_decision(decision)
    request = await repository.lock_request(session, request_id)
    await _check_waits(session, request)
    check_version(request, version=version)
    by = Decider(actor.radiologist_id, user_of(actor))
    await _keep(session, request, kept, by=by, now=now)
    if kept.kind is DecisionKind.MORE_INFORMATION:
        return await _ask(session, request, kept, by=by, now=now)
    return await _settle(session, request, kept, by=by, now=now)


async def _keep(
    session: AsyncSession, request: Request, decision: Decision, *, by: Decider, now: datetime
) -> None:
    await repository.add_decision(
        session,
        RequestDecision(
            request_id=request.id,
            kind=decision.kind.value,
            at=now,
            by_radiologist_id=by.radiologist_id,
            protocol=decision.protocol,
            exam=decision.exam,
            reason=decision.reason,
        ),
    )


async def _check_waits(session: AsyncSession, request: Request) -> None:
    state = RequestState(request.state)
    if state is RequestState.REQUESTED:
        return
    by = request.decided_by
    names = {} if by is None else await repository.load_radiologist_names(session, [by])
    raise AlreadyDecided(request.id, state=state, name=names.get(by or 0, ""), at=request.state_at)


async def _ask(
    session: AsyncSession, request: Request, decision: Decision, *, by: Decider, now: datetime
) -> InformationWanted:
    next_state(RequestState(request.state), RequestAction.ASK)
    await repository.change(session, request.id, open_question=decision.reason)
    await repository.add_event(
        session,
        request_id=request.id,
        kind="asked",
        now=now,
        by_user_id=by.user_id,
        reason=decision.reason,
    )
    return InformationWanted(request.id, radiologist_id=by.radiologist_id)


async def _settle(
    session: AsyncSession, request: Request, decision: Decision, *, by: Decider, now: datetime
) -> RequestValidated | RequestRefused:
    action = ACTIONS[decision.kind]
    accepted = next_state(RequestState(request.state), action) in ACCEPTED
    waits = accepted and request.images_at is None
    due_at = await find_images_due(session, request, now=now) if waits else None
    await repository.move(
        session,
        request.id,
        action=action,
        now=now,
        by_user_id=by.user_id,
        reason=decision.reason,
        protocol=decision.protocol,
        decided_at=now,
        decided_by=by.radiologist_id,
        images_due_at=due_at,
        open_question="",
    )
    if not accepted:
        return RequestRefused(request.id, radiologist_id=by.radiologist_id)
    return RequestValidated(request.id, radiologist_id=by.radiologist_id, images_due_at=due_at)


async def find_images_due(session: AsyncSession, request: Request, *, now: datetime) -> datetime:
    """Say until when the site may take to send the images of an accepted request."""
    minutes = await read_value(session, SettingKey.REQUEST_IMAGES_MINUTES, site_id=request.site_id)
    return now + timedelta(minutes=minutes)

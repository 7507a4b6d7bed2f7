"""Queries on requests: one of them, and what changes it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import any_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.arrays import keys_named, texts_named
from app.directory.domain import Scope
from app.directory.models import Radiologist, Site, User
from app.directory.repository.rows import inside, list_rows
from app.kit.errors import NotFound
from app.requests.domain.states import (
    ACCEPTED,
    STANDING,
    TRANSITIONS,
    RequestAction,
    RequestMoveRefused,
    RequestState,
    next_state,
)
from app.requests.models import Request, RequestDecision, RequestEvent


class RequestNotFound(NotFound):
    """There is no such request for this caller."""

    def __init__(self, request_id: int) -> None:
        super().__init__(f"there is no request {request_id} here")
        self.request_id = request_id


async def get_request(session: AsyncSession, request_id: int) -> Request:
    """Read a request as it is now.

    Raises
    ------
    RequestNotFound
        If there is none.
    """
    return await _one(session, request_id, lock=False)


async def lock_request(session: AsyncSession, request_id: int) -> Request:
    """Read a request and keep every other writer waiting until the transaction ends.

    Raises
    ------
    RequestNotFound
        If there is none.
    """
    return await _one(session, request_id, lock=True)


async def _one(session: AsyncSession, request_id: int, *, lock: bool) -> Request:
    query = select(Request).where(Request.id == request_id)
    query = query.execution_options(populate_existing=True)
    found = await session.scalar(query.with_for_update(key_share=True) if lock else query)
    if found is None:
        raise RequestNotFound(request_id)
    return found


async def add_request(session: AsyncSession, values: Mapping[str, object]) -> int | None:
    """Insert a request; nothing when its submitter has used its key before."""
    return await session.scalar(
        insert(Request)
        .values(dict(values))
        .on_conflict_do_nothing(constraint="uq_request_requested_by_submission_key")
        .returning(Request.id)
    )


async def get_by_key(session: AsyncSession, *, requested_by: int, key: str) -> Request:
    """Read the request that somebody submitted under this key; there is one."""
    query = select(Request).where(
        Request.requested_by == requested_by, Request.submission_key == key
    )
    return (await session.execute(query)).scalar_one()


async def move(
    session: AsyncSession,
    request_id: int,
    *,
    action: RequestAction,
    now: datetime,
    by_user_id: int,
    reason: str = "",
    **columns: object,
) -> None:
    """Move a request by a guarded UPDATE; a trigger writes its history.

    Parameters
    ----------
    columns
        Other columns of the request that change with the move.

    Raises
    ------
    RequestMoveRefused
        If the request stands where the action is not possible; nothing changed.
    """
    sources = {state for state, each in TRANSITIONS if each is action}
    (target,) = {next_state(state, action) for state in sources}
    moved = await session.scalar(
        update(Request)
        .where(Request.id == request_id, Request.state.in_(sources))
        .values(
            state=target.value, state_at=now, state_by=by_user_id, state_reason=reason, **columns
        )
        .returning(Request.id)
        .execution_options(synchronize_session=False)
    )
    if moved is None:
        standing = await get_request(session, request_id)
        raise RequestMoveRefused(RequestState(standing.state), action)


async def change(session: AsyncSession, request_id: int, **columns: object) -> None:
    """Change facts beside the state; with none of them, only the version rises."""
    values: dict[str, Any] = columns or {"version": Request.version}
    await session.execute(
        update(Request)
        .where(Request.id == request_id)
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def add_decision(session: AsyncSession, decision: RequestDecision) -> None:
    """Insert a decision; it is never changed."""
    session.add(decision)
    await session.flush()


async def list_decisions(
    session: AsyncSession, request_ids: Collection[int]
) -> Sequence[RequestDecision]:
    """List what was decided on requests, oldest first."""
    query = select(RequestDecision).where(RequestDecision.request_id.in_(request_ids))
    return (await session.scalars(query.order_by(RequestDecision.id))).all()


async def add_event(
    session: AsyncSession,
    *,
    request_id: int,
    kind: str,
    now: datetime,
    by_user_id: int | None,
    reason: str = "",
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write a fact that is no move into the history of a request."""
    session.add(
        RequestEvent(
            request_id=request_id,
            at=now,
            kind=kind,
            by_user_id=by_user_id,
            reason=reason,
            detail=dict(detail or {}),
        )
    )
    await session.flush()


async def list_events(
    session: AsyncSession, request_id: int
) -> Sequence[tuple[RequestEvent, str | None]]:
    """List the history of a request with the names of those who made it, oldest first."""
    query = (
        select(RequestEvent, User.display_name)
        .outerjoin(User, User.id == RequestEvent.by_user_id)
        .where(RequestEvent.request_id == request_id)
        .order_by(RequestEvent.at, RequestEvent.id)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def list_requests(
    session: AsyncSession,
    *,
    scope: Scope,
    states: Collection[RequestState] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
    after: int | None = None,
) -> Sequence[Request]:
    """List requests in the order of their submission.

    Parameters
    ----------
    states
        Only those in one of them; none named: in any.
    since, until
        Only those requested from the first instant on, and before the second.
    """
    query = (
        select(Request)
        .join(Site, Site.id == Request.site_id)
        .where(inside(scope, society=Site.society_id, site=Site.id))
    )
    if states:
        query = query.where(Request.state.in_(states))
    if since is not None:
        query = query.where(Request.requested_at >= since)
    if until is not None:
        query = query.where(Request.requested_at < until)
    return await list_rows(session, query, key=Request.id, limit=limit, after=after)


async def count_to_decide(session: AsyncSession, *, scope: Scope) -> int:
    """Count the requests in scope that wait for a decision."""
    query = (
        select(func.count())
        .select_from(Request)
        .join(Site, Site.id == Request.site_id)
        .where(
            Request.state == RequestState.REQUESTED.value,
            inside(scope, society=Site.society_id, site=Site.id),
        )
    )
    return (await session.execute(query)).scalar_one()


async def find_place(session: AsyncSession, request_id: int) -> tuple[int, int]:
    """Find the site of a request and its referent society: what permissions are judged by.

    Raises
    ------
    RequestNotFound
        If there is none.
    """
    query = (
        select(Site.id, Site.society_id)
        .join(Request, Request.site_id == Site.id)
        .where(Request.id == request_id)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise RequestNotFound(request_id)
    return found[0], found[1]


async def list_by_ids(session: AsyncSession, request_ids: Collection[int]) -> Sequence[Request]:
    """List requests in the order of their submission."""
    query = select(Request).where(Request.id.in_(request_ids)).order_by(Request.id)
    return (await session.scalars(query)).all()


async def list_candidates(
    session: AsyncSession,
    *,
    site_ids: Collection[int],
    accession_numbers: Collection[str],
    patient_ids: Collection[str],
) -> Sequence[Request]:
    """List the standing requests of some sites that an accession number or a PatientID may name."""
    wanted = {
        "site_ids": list(site_ids),
        "accession_numbers": [each.strip().upper() for each in accession_numbers],
        "patient_ids": [each.strip().upper() for each in patient_ids],
    }
    return (await session.scalars(_CANDIDATES, wanted)).all()


_CANDIDATES = (
    select(Request)
    .where(
        Request.site_id == any_(keys_named("site_ids")),
        Request.state.in_(STANDING),
        or_(
            func.upper(Request.accession_number) == any_(texts_named("accession_numbers")),
            func.upper(Request.patient_id) == any_(texts_named("patient_ids")),
        ),
    )
    .order_by(Request.id)
)


_WAITS = (Request.state.in_(ACCEPTED), Request.images_due_at.is_not(None))


async def lock_images_due(
    session: AsyncSession, *, now: datetime, limit: int
) -> Sequence[tuple[Request, Site]]:
    """Lock accepted requests whose images should have come; those that another locks are left."""
    query = (
        select(Request, Site)
        .join(Site, Site.id == Request.site_id)
        .where(*_WAITS, Request.images_due_at <= now)
        .order_by(Request.images_due_at)
        .limit(limit)
        .with_for_update(of=Request, key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find when the next site is to be asked for its images."""
    return await session.scalar(select(func.min(Request.images_due_at)).where(*_WAITS))


async def load_radiologist_names(
    session: AsyncSession, radiologist_ids: Collection[int]
) -> dict[int, str]:
    """Read the names of radiologists."""
    query = select(Radiologist).where(Radiologist.id.in_(radiologist_ids))
    return {
        each.id: f"{each.given_name} {each.family_name}".strip()
        for each in await session.scalars(query)
    }


async def load_user_names(session: AsyncSession, user_ids: Collection[int]) -> dict[int, str]:
    """Read the names of users."""
    query = select(User.id, User.display_name).where(User.id.in_(user_ids))
    return {row[0]: row[1] for row in await session.execute(query)}

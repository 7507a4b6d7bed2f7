"""What a route asks for: a unit of work, and the right to do it.

A route takes one argument `work: Annotated[Work, needs(Permission.X)]`. It gets an open
transaction, the instant, and who acts; what it did is committed when the function returns and
before the answer is sent, and rolled back when it raises. Nothing else in the web commits.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.session import unit_of_work
from app.directory.domain import (
    Actor,
    Permission,
    PermissionDenied,
    Scope,
    holds,
    require,
    scope_of,
)
from app.directory.repository import access
from app.web.auth import Caller, EnrolmentNeeded, address_of, find_caller
from app.web.container import Container, container_of
from app.web.errors import NotSignedIn

AfterCommit = Callable[[], Awaitable[None]]

_PAGE_STAYS_OPEN = timedelta(hours=1)
"""For so long the refreshes of a page are the view that was logged when it was opened."""


@dataclass(frozen=True, slots=True)
class UnitOfWork:
    """An open transaction of a request, and its instant.

    Parameters
    ----------
    now
        The database's clock, read once; aware.
    address
        Of the peer.
    after_commit
        What to do once the transaction has been committed, in order.
    """

    session: AsyncSession
    now: datetime
    container: Container
    address: str | None
    after_commit: list[AfterCommit] = field(default_factory=list)

    @property
    def today(self) -> date:
        """The day in the platform's zone."""
        return self.now.astimezone(ZoneInfo(self.container.settings.zone)).date()


@dataclass(frozen=True, slots=True)
class Work:
    """A unit of work of somebody who is signed in."""

    unit: UnitOfWork
    caller: Caller

    @property
    def session(self) -> AsyncSession:
        """The session of the transaction."""
        return self.unit.session

    @property
    def now(self) -> datetime:
        """The instant of the unit of work, aware."""
        return self.unit.now

    @property
    def today(self) -> date:
        """The day in the platform's zone."""
        return self.unit.today

    @property
    def actor(self) -> Actor:
        """Who acts."""
        return self.caller.actor

    @property
    def container(self) -> Container:
        """The parts that requests share."""
        return self.unit.container

    def scope(self, permission: Permission) -> Scope:
        """Return what a query has to be limited to."""
        return scope_of(self.actor, permission)

    def require(
        self,
        permission: Permission,
        *,
        society_id: int | None = None,
        site_id: int | None = None,
    ) -> None:
        """Refuse what the actor may not do to something of that society or site."""
        require(self.actor, permission, society_id=society_id, site_id=site_id)

    def note_access(self, action: str, *, subject: str, subject_id: int) -> None:
        """Log who looked at what; every view of a case calls it.

        Parameters
        ----------
        action
            `view`, `list`, `export`...
        subject
            The noun: `case`, `study`, `report`.
        """
        access.add_access(
            self.session,
            user_id=self.caller.user_id,
            action=action,
            subject=subject,
            subject_id=subject_id,
            address=self.unit.address,
            at=self.now,
        )

    async def note_refresh(self, action: str, *, subject: str, subject_id: int) -> None:
        """Log a look at what an open page shows anew, once an hour: also of who never opened it."""
        if not await access.has_looked(
            self.session,
            user_id=self.caller.user_id,
            subject=subject,
            subject_id=subject_id,
            since=self.now - _PAGE_STAYS_OPEN,
        ):
            self.note_access(action, subject=subject, subject_id=subject_id)


async def open_unit(request: Request) -> AsyncIterator[UnitOfWork]:
    """Open the transaction of a request; committed when the route returns."""
    container = container_of(request)
    async with unit_of_work(container.sessions) as session:
        now = await container.clock.now(session)
        unit = UnitOfWork(
            session=session, now=now, container=container, address=address_of(request)
        )
        yield unit
    for step in unit.after_commit:
        await step()


async def find_before(request: Request) -> tuple[Caller | None, datetime]:
    """Find who calls, and when, in a short transaction of its own.

    It changes nothing but when the caller's session was seen last. For a dependency that works for
    long before the transaction of its route is opened; the route asks again.
    """
    container = container_of(request)
    async with unit_of_work(container.sessions) as session:
        now = await container.clock.now(session)
        return await find_caller(request, session=session, now=now), now


def let_in(
    caller: Caller | None, *, permission: Permission | None, before_enrolment: bool = False
) -> Caller:
    """Return a caller who may enter.

    Raises
    ------
    NotSignedIn, EnrolmentNeeded, PermissionDenied
        If it is nobody, or the second factor or the permission is missing.
    """
    if caller is None:
        raise NotSignedIn("sign in first, or send a bearer token that is still good")
    if caller.needs_enrolment and not before_enrolment:
        raise EnrolmentNeeded("enrol a second factor first: POST /api/v1/me/second-factor")
    if permission is not None and not holds(caller.actor, permission):
        raise PermissionDenied(permission)
    return caller


AnyonesUnit = Annotated[UnitOfWork, Depends(open_unit, scope="function")]
"""For the few routes that are open to everybody."""


async def _find_caller(request: Request, unit: AnyonesUnit) -> Caller | None:
    caller = await find_caller(request, session=unit.session, now=unit.now)
    if caller is not None:
        request.scope["astreinte.user_id"] = caller.user_id
    return caller


FoundCaller = Annotated[Caller | None, Depends(_find_caller, scope="function")]
"""Who is signed in, or nobody."""


class Needs:
    """Opens the door of a route to those who hold a permission in whatever scope.

    Parameters
    ----------
    permission
        What the route does; absent: being signed in is enough.
    before_enrolment
        Also open to those who have yet to enrol their second factor.
    """

    def __init__(
        self, permission: Permission | None = None, *, before_enrolment: bool = False
    ) -> None:
        self.permission = permission
        self.before_enrolment = before_enrolment

    async def __call__(self, unit: AnyonesUnit, caller: FoundCaller) -> Work:
        """Open the door, or refuse."""
        found = let_in(caller, permission=self.permission, before_enrolment=self.before_enrolment)
        return Work(unit=unit, caller=found)


def needs(permission: Permission) -> Any:  # noqa: ANN401 - what FastAPI's Depends returns
    """Ask for a unit of work of somebody who holds the permission in whatever scope.

    The route then limits queries by `work.scope(...)`, and calls `work.require(...)` for what it
    reads or changes by id.
    """
    return Depends(Needs(permission), scope="function")


SignedInWork = Annotated[Work, Depends(Needs(), scope="function")]
"""A unit of work of anybody who is signed in, with the second factor they need."""

EnrollingWork = Annotated[Work, Depends(Needs(before_enrolment=True), scope="function")]
"""A unit of work of anybody who is signed in, perhaps without the second factor they need."""

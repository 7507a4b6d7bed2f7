"""Use cases of the on-site line: its holder is called to the site, and comes back."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor, Permission, PermissionDenied
from app.kit.errors import Conflict, Invalid
from app.planning.domain.seats import GuardLine, Placement
from app.planning.events import CalledToSite
from app.planning.models import OnSiteCall
from app.planning.repository import assignments, on_site_calls, plannings
from app.planning.service.oneself import may_for


class NobodyOnSite(Conflict):
    """Nobody holds the seat as it is published, so that nobody can be called."""

    def __init__(self, seat_id: int) -> None:
        super().__init__(f"nobody holds seat {seat_id} as it is published: put somebody into it")
        self.seat_id = seat_id


class CalledAlready(Conflict):
    """The holder of the seat is at the site."""

    def __init__(self, seat_id: int) -> None:
        super().__init__(f"the holder of seat {seat_id} is called to the site already")
        self.seat_id = seat_id


class NotCalled(Conflict):
    """The holder of the seat is not called to the site."""

    def __init__(self, seat_id: int) -> None:
        super().__init__(f"the holder of seat {seat_id} is not called to the site: nobody is back")
        self.seat_id = seat_id


async def call_to_site(
    session: AsyncSession, *, seat_id: int, actor: Actor, now: datetime
) -> tuple[OnSiteCall, CalledToSite]:
    """Note that the holder of an on-site seat is called there: they are offered no case meanwhile.

    What they have claimed stays theirs. The call ends when they are back, and with the seat at the
    latest.

    Raises
    ------
    NoSuchPlanning
        If there is no such seat.
    PermissionDenied
        If the actor neither holds it nor coordinates nor plans for the society that owes it.
    Invalid
        If it is none of a site, or not held now.
    NobodyOnSite, CalledAlready
        As the names say.
    """
    held = await _find_held(session, seat_id)
    holder = _require_holder(held, actor=actor)
    if held.seat.line is not GuardLine.ON_SITE:
        raise Invalid(f"seat {seat_id} is read at a distance: nobody is called to a site from it")
    if not held.seat.interval.contains(now):
        hours = held.seat.interval
        raise Invalid(
            f"seat {seat_id} is held from {hours.start:%Y-%m-%d %H:%M} to "
            f"{hours.end:%Y-%m-%d %H:%M} UTC, not now"
        )
    # Whoever held the seat before is at the site no more.
    await on_site_calls.end_calls(session, seat_id=seat_id, now=now, except_of=holder)
    call = await on_site_calls.add_call(
        session, seat_id=seat_id, radiologist_id=holder, written_by=actor.user_id, now=now
    )
    if call is None:
        raise CalledAlready(seat_id)
    return call, CalledToSite(radiologist_id=holder, at=now)


async def come_back(
    session: AsyncSession, *, seat_id: int, actor: Actor, now: datetime
) -> OnSiteCall:
    """Note that the holder of an on-site seat is back: cases are offered to them again.

    Raises
    ------
    NoSuchPlanning, PermissionDenied, NobodyOnSite
        As `call_to_site`.
    NotCalled
        If they were not called.
    """
    _require_holder(await _find_held(session, seat_id), actor=actor)
    call = await on_site_calls.end_calls(session, seat_id=seat_id, now=now)
    if call is None:
        raise NotCalled(seat_id)
    return call


async def _find_held(session: AsyncSession, seat_id: int) -> Placement:
    await plannings.find_seat(session, seat_id)
    found = await assignments.list_in_force_of(session, seat_ids=[seat_id])
    if not found:
        raise NobodyOnSite(seat_id)
    return found[0]


def _require_holder(held: Placement, *, actor: Actor) -> int:
    if held.radiologist is None:
        raise NobodyOnSite(held.seat.id)
    allowed = may_for(
        actor, Permission.SWAP_WRITE, radiologist_id=held.radiologist, society_id=held.society
    )
    if not allowed:
        raise PermissionDenied(Permission.SWAP_WRITE)
    return held.radiologist

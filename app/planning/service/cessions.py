"""Use cases of societies that cede guards to each other, or exchange kinds.

A cession holds for each period that begins within its dates. What was shared and published stays as
it is, and is proved again at any time: so a cession begins, and is withdrawn, behind it. A row is
never changed: one that is withdrawn from a later date is followed by one that ends there.
"""

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require
from app.directory.service.societies import load_society
from app.kit.errors import Conflict, Invalid, NotFound
from app.planning.domain.calendar import instant_of
from app.planning.domain.seats import GuardLine, KindOfSeat
from app.planning.models import Cession
from app.planning.repository import cessions as repository
from app.planning.repository import segments
from app.planning.service.judging import find_zone
from app.planning.service.publishing import LOCK


class CessionUnknown(NotFound):
    """There is no such cession."""


class CessionWithdrawn(Conflict):
    """The cession was withdrawn."""


class SharedAlready(Conflict):
    """A planning that the cession concerns was shared and published."""

    def __init__(self, *, name: str, start: date) -> None:
        super().__init__(
            f"planning {name!r}, which begins on {start}, was shared and published as it was "
            f"agreed then: choose a date after {start}"
        )
        self.start = start


@dataclass(frozen=True, slots=True)
class Agreed:
    """What two societies agree on.

    Parameters
    ----------
    of, seats
        What the giver cedes in each period that begins within the dates.
    start, end
        First day, and first day no longer; absent: open.
    returned, returned_seats
        An exchange: the segment of which the taker gives seats back, of the same line and kind of
        seat, and how many.
    """

    giver: int
    taker: int
    of: KindOfSeat
    seats: int
    start: date
    end: date | None = None
    returned: str | None = None
    returned_seats: int | None = None
    note: str = ""


async def agree_cession(
    session: AsyncSession, agreed: Agreed, *, actor: Actor, now: datetime
) -> Cession:
    """Write what two societies agree on.

    Raises
    ------
    PermissionDenied
        If the actor may not plan for both societies.
    SocietyUnknown, Invalid
        If one does not exist or is no member on the first day, both are one, the kind is unknown
        or never shared, nothing is given or given back, or it ends before it begins.
    SharedAlready
        If a planning that begins within the dates was shared and published.
    """
    _require(actor, agreed.giver, agreed.taker)
    _check_terms(agreed)
    for society_id in (agreed.giver, agreed.taker):
        await _check_member(session, society_id, on=agreed.start)
    await _check_kinds(session, agreed)
    await wait_for_lock(session, LOCK)
    await _check_not_shared(session, start=agreed.start, end=agreed.end)
    cession = Cession(
        giver_id=agreed.giver,
        taker_id=agreed.taker,
        segment_code=agreed.of.segment,
        line=agreed.of.line.value,
        kind=agreed.of.kind.value,
        seats=agreed.seats,
        returned_segment=agreed.returned,
        returned_seats=agreed.returned_seats,
        valid=Range(agreed.start, agreed.end),
        agreed_at=now,
        agreed_by=actor.user_id,
        note=agreed.note,
    )
    session.add(cession)
    await session.flush()
    return cession


async def withdraw_cession(
    session: AsyncSession, cession_id: int, *, since: date, actor: Actor, now: datetime
) -> tuple[Cession, Cession | None]:
    """Let a cession hold no longer for periods that begin from a date on.

    Returns
    -------
    tuple
        The withdrawn row; and the one that holds for the periods before the date, if it began by
        then.

    Raises
    ------
    CessionUnknown, PermissionDenied
        If there is none, or the actor may not plan for both its societies.
    CessionWithdrawn, SharedAlready, Invalid
        If it was withdrawn, a planning it was shared by begins from that date on, or it ends
        before.
    """
    await wait_for_lock(session, LOCK)
    cession = await repository.find_cession(session, cession_id)
    if cession is None:
        raise CessionUnknown(f"there is no cession {cession_id}")
    _require(actor, cession.giver_id, cession.taker_id)
    first, end = cession.valid.lower or since, cession.valid.upper
    if end is not None and end <= since:
        raise Invalid(f"cession {cession_id} ends on {end}, before {since}")
    await _check_not_shared(session, start=max(first, since), end=end)
    if not await repository.mark_withdrawn(session, cession_id, now=now):
        raise CessionWithdrawn(f"cession {cession_id} was withdrawn before")
    left = _shorten(cession, since=since, actor=actor, now=now) if first < since else None
    if left is not None:
        session.add(left)
        await session.flush()
    await session.refresh(cession)
    return cession, left


def _shorten(cession: Cession, *, since: date, actor: Actor, now: datetime) -> Cession:
    """Make the row that follows a withdrawn one, for the periods before the date."""
    return Cession(
        giver_id=cession.giver_id,
        taker_id=cession.taker_id,
        segment_code=cession.segment_code,
        line=cession.line,
        kind=cession.kind,
        seats=cession.seats,
        returned_segment=cession.returned_segment,
        returned_seats=cession.returned_seats,
        valid=Range(cession.valid.lower, since),
        agreed_at=now,
        agreed_by=actor.user_id,
        note=cession.note,
    )


def _require(actor: Actor, *society_ids: int) -> None:
    for society_id in society_ids:
        require(actor, Permission.PLANNING_WRITE, society_id=society_id)


def _check_terms(agreed: Agreed) -> None:
    if agreed.giver == agreed.taker:
        raise Invalid("a society cedes nothing to itself: name two societies")
    if agreed.of.line is GuardLine.ON_SITE:
        raise Invalid("guards on site are not shared, but owed by the referent of the site")
    if agreed.seats <= 0:
        raise Invalid("nothing is ceded: name one seat or more")
    if (agreed.returned is None) != (agreed.returned_seats is None):
        raise Invalid("an exchange names both what is given back, and how many seats of it")
    if agreed.returned_seats is not None and agreed.returned_seats <= 0:
        raise Invalid("nothing is given back: name one seat or more, or no exchange at all")
    if agreed.returned == agreed.of.segment:
        raise Invalid(f"{agreed.returned} is exchanged for itself: name another kind to give back")
    if agreed.end is not None and agreed.end <= agreed.start:
        raise Invalid(f"a cession that begins on {agreed.start} must end after it")


async def _check_member(session: AsyncSession, society_id: int, *, on: date) -> None:
    society = await load_society(session, society_id=society_id)
    if on < society.joined_on or (society.left_on is not None and society.left_on <= on):
        raise Invalid(f"society {society_id} is no member on {on}")


async def _check_kinds(session: AsyncSession, agreed: Agreed) -> None:
    known = {rule.segment for rule in await segments.list_rules(session)}
    for segment in (agreed.of.segment, agreed.returned):
        if segment is not None and segment not in known:
            raise Invalid(f"there is no segment {segment!r}; there are {', '.join(sorted(known))}")


async def _check_not_shared(session: AsyncSession, *, start: date, end: date | None) -> None:
    zone = await find_zone(session)

    def midnight(day: date) -> datetime:
        return instant_of(datetime.combine(day, time(0)), zone=zone)

    found = await repository.find_shared_planning(
        session, since=midnight(start), until=None if end is None else midnight(end)
    )
    if found is not None:
        begins = found.period.lower
        raise SharedAlready(
            name=found.name, start=start if begins is None else begins.astimezone(zone).date()
        )

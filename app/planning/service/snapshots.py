"""Use cases: twelve months of volumes, frozen with who and when, and held against people."""

from asyncio import to_thread
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require
from app.directory.domain.actor import EVERYTHING
from app.kit.errors import Invalid
from app.kit.interval import Interval
from app.planning.domain.errors import NothingToShare
from app.planning.domain.volumes.months import month_of, twelve_months_before
from app.planning.domain.volumes.reference import (
    FrozenShare,
    Reference,
    compute_shares,
    sum_up,
)
from app.planning.domain.volumes.staffing import Shortage, find_shortages
from app.planning.models import VolumeSnapshot
from app.planning.repository import people, snapshots
from app.planning.repository import volumes_monthly as monthly
from app.planning.service.segments import lay_calendar
from app.planning.service.volumes_measured import LOCK

_MILLION = 1_000_000
_LOOKED_AHEAD = timedelta(weeks=13)


@dataclass(frozen=True, slots=True)
class Shares:
    """What the months that count give each society, not frozen yet.

    Parameters
    ----------
    shares
        Empty when nobody brought anything: `reason` says so.
    names
        Of the societies, by id.
    """

    reference: Reference
    names: dict[int, str]
    shares: tuple[FrozenShare, ...]
    reason: str = ""


async def compute(session: AsyncSession, *, today: date, until: date | None = None) -> Shares:
    """Compute the shares of the twelve whole months before a date.

    Parameters
    ----------
    today
        Its members share.
    until
        The first day of the month after the last that counts; else the month of `today`.

    Raises
    ------
    Invalid
        If that month is not over before `today`, or the date does not begin a month.
    """
    if until is not None and (until.day != 1 or until > month_of(today)):
        raise Invalid(f"the months counted end with a month that is over, not with {until}")
    since, end = twelve_months_before(until or today)
    members = await monthly.list_members(session, on=today)
    names = {each.id: each.name for each in members}
    rows = await monthly.list_months(session, since=since, until=end, scope=EVERYTHING)
    reference = sum_up(map(monthly.read_count, rows), since=since, until=end, societies=list(names))
    try:
        shares = compute_shares(reference, names=names)
    except ValueError as error:
        return Shares(reference, names, (), reason=str(error))
    return Shares(reference, names, shares)


async def freeze(
    session: AsyncSession,
    *,
    actor: Actor,
    now: datetime,
    zone: ZoneInfo,
    until: date | None = None,
    note: str = "",
) -> VolumeSnapshot:
    """Freeze the volumes and shares of twelve months.

    Raises
    ------
    PermissionDenied
        If the actor may not write the volumes of the whole group.
    Invalid
        As `compute`.
    NothingToShare
        If nobody brought anything.
    """
    require(actor, Permission.VOLUME_WRITE)
    await wait_for_lock(session, LOCK)
    found = await compute(session, today=now.astimezone(zone).date(), until=until)
    if not found.shares:
        raise NothingToShare(found.reason)
    return await snapshots.add_snapshot(
        session,
        found.shares,
        period=Range(found.reference.since, found.reference.until),
        user_id=actor.user_id,
        note=note,
        now=now,
    )


async def warn_of_shortages(
    session: AsyncSession, shares: dict[int, int], *, first: date, zone: ZoneInfo
) -> list[Shortage]:
    """Find the societies whose people cannot hold their share of the next thirteen weeks.

    Parameters
    ----------
    shares
        In millionths, by society.
    first
        The first date looked at.
    """
    last = first + _LOOKED_AHEAD
    laid = await lay_calendar(session, first=first, last=last)
    guards: defaultdict[str, list[Interval]] = defaultdict(list)
    seats: defaultdict[str, int] = defaultdict(int)
    for each in laid.stretches:
        if first <= each.day < last:
            needed = each.rule.needed
            guards[each.segment].append(each.interval)
            seats[each.segment] += needed.readers + needed.backups + needed.coordinators
    owed = {
        society: {
            segment: int(Fraction(share * number, _MILLION)) for segment, number in seats.items()
        }
        for society, share in shares.items()
    }
    if not laid.stretches:
        return []
    period = Interval(laid.stretches[0].interval.start, laid.stretches[-1].interval.end)
    readers = await people.list_readers(session, period=period, zone=zone)
    # Most of a second for a large group: others are served meanwhile.
    return await to_thread(find_shortages, owed, guards=guards, readers=readers, zone=zone)

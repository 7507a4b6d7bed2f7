"""Use case: count what our own cases brought inside the segments of the group."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid
from app.planning.domain.volumes.counting import Measured, MonthlyCount, Received, Rules, count
from app.planning.domain.volumes.months import find_last_measuring, list_months, month_of
from app.planning.domain.volumes.weights import WeightTable
from app.planning.repository import volumes_monthly as monthly
from app.planning.repository import volumes_rules
from app.planning.service.segments import lay_calendar

LOCK = "volumes"
"""Held by who writes volumes of months, and by who freezes them."""

MOST_MONTHS = 36


@dataclass(frozen=True, slots=True)
class ReadCase:
    """A case that was signed: when, for which site, and by somebody of which society."""

    at: datetime
    site: int
    society: int | None


@dataclass(frozen=True, slots=True)
class Flow:
    """What our own cases say of some months.

    Parameters
    ----------
    began
        When the first study of all came: months before it cannot be measured.
    """

    received: Sequence[Received]
    read: Sequence[ReadCase]
    began: datetime | None


def check_months(since: date, until: date, *, today: date) -> None:
    """Refuse months that cannot be measured.

    Raises
    ------
    Invalid
        If they are no whole months that are over, in order, or more than 36.
    """
    if since.day != 1 or until.day != 1:
        raise Invalid("volumes are measured by whole months: name the first day of each end")
    if not 0 < len(list_months(since, until)) <= MOST_MONTHS:
        raise Invalid(f"volumes of 1 to {MOST_MONTHS} months are measured at a time")
    if until > month_of(today):
        raise Invalid(f"the months until {until} are not over: choose {month_of(today)} at most")


async def find_month_to_measure(
    session: AsyncSession, *, began: datetime | None, zone: ZoneInfo, now: datetime
) -> date | None:
    """Find the month that is to be measured now; nothing when it was, or cannot be.

    Parameters
    ----------
    began
        When the first study of all came; aware.
    """
    month, due = find_last_measuring(now, zone=zone)
    if began is None or month < month_of(began.astimezone(zone).date()):
        return None
    if not await monthly.list_members(session, on=month):
        return None
    measured_at = await monthly.find_measured_at(session, month)
    return month if measured_at is None or measured_at < due else None


async def keep_measured(
    session: AsyncSession,
    flow: Flow,
    *,
    since: date,
    until: date,
    zone: ZoneInfo,
    actor: Actor,
    now: datetime,
) -> Measured:
    """Count a flow by month and society, and keep that instead of what was measured before.

    A month in which the platform stood has a row for each society that was a member, also when it
    brought nothing; the first one may be a part of a month only.

    Raises
    ------
    PermissionDenied
        If the actor may not write the volumes of the whole group.
    Invalid
        As `check_months`.
    """
    require(actor, Permission.VOLUME_WRITE)
    check_months(since, until, today=now.astimezone(zone).date())
    await wait_for_lock(session, LOCK)
    rules = await load_rules(session, since=since, until=until, zone=zone)
    measured = count(flow.received, rules=rules)
    began = None if flow.began is None else month_of(flow.began.astimezone(zone).date())
    months = [month for month in list_months(since, until) if began and month >= began]
    counts = [*measured.counts, *await _list_empty(session, measured.counts, months=months)]
    await monthly.replace_measured(
        session,
        counts,
        reads=count_reads(flow.read, referents=rules.referents, zone=zone),
        since=since,
        until=until,
        now=now,
    )
    return measured


async def load_rules(session: AsyncSession, *, since: date, until: date, zone: ZoneInfo) -> Rules:
    """Load by what is counted: segments, weights, contracts and referents."""
    margin = timedelta(days=1)
    return Rules(
        segments=await lay_calendar(session, first=since - margin, last=until + margin),
        zone=zone,
        referents=await monthly.list_referents(session),
        contracts=[
            volumes_rules.read_contract(row) for row in await volumes_rules.list_contracts(session)
        ],
        weights=WeightTable(
            [volumes_rules.read_weight(row) for row in await volumes_rules.list_weights(session)]
        ),
    )


async def _list_empty(
    session: AsyncSession, counts: Iterable[MonthlyCount], *, months: Iterable[date]
) -> list[MonthlyCount]:
    known = {(each.society, each.month) for each in counts}
    return [
        MonthlyCount(society.id, month)
        for month in months
        for society in await monthly.list_members(session, on=month)
        if (society.id, month) not in known
    ]


def count_reads(
    read: Iterable[ReadCase], *, referents: Mapping[int, int], zone: ZoneInfo
) -> dict[tuple[int, date], tuple[int, int]]:
    """Count, by society and month, the cases that its people read, and those for others."""
    every: Counter[tuple[int, date]] = Counter()
    for_others: Counter[tuple[int, date]] = Counter()
    for each in read:
        if each.society is None:
            continue
        key = (each.society, month_of(each.at.astimezone(zone).date()))
        every[key] += 1
        for_others[key] += referents[each.site] != each.society
    return {key: (number, for_others[key]) for key, number in every.items()}

"""Use cases of plannings: lay out the guards of a period."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.locks import wait_for_lock
from app.directory.domain import Actor, Permission, require
from app.kit.errors import Invalid
from app.kit.interval import Interval
from app.planning.domain.calendar import midnight_of, occurrences
from app.planning.domain.errors import PlanningOverlaps, SegmentsDoNotFit
from app.planning.domain.guards import PlannedGuard, lay_out, lay_out_on_site
from app.planning.domain.segments import SeatsNeeded, SegmentRule
from app.planning.repository import plannings, segments
from app.planning.repository.rights import list_sites
from app.planning.service.holidays import list_holidays
from app.planning.service.segments import LOCK

LONGEST = timedelta(days=400)
MOST_SEATS = 10_000
"""More than a year of the largest group: a mistake in the numbers."""

_AROUND_NOW = timedelta(weeks=4)


@dataclass(frozen=True, slots=True)
class Period:
    """The dates from `first` up to, but not including, `last`, where the group is."""

    first: date
    last: date

    @property
    def name(self) -> str:
        """A name for the planning of the period: both dates, the last one included."""
        return f"{self.first.isoformat()} - {(self.last - timedelta(days=1)).isoformat()}"


def period_around(day: date) -> Period:
    """Return four weeks around a date: from the Monday before its own week."""
    first = day - timedelta(days=day.weekday(), weeks=1)
    return Period(first, first + _AROUND_NOW)


async def find_free_period(session: AsyncSession, *, today: date, zone: tzinfo) -> Period:
    """Find the next four weeks to plan: around a date, but behind what is laid out already."""
    around = period_around(today)
    end = await plannings.find_planned_end(session)
    if end is None or end.astimezone(zone).date() <= around.first:
        return around
    first = end.astimezone(zone).date()
    return Period(first, first + _AROUND_NOW)


async def create_planning(
    session: AsyncSession,
    period: Period,
    *,
    actor: Actor,
    now: datetime,
    name: str | None = None,
    needs: Mapping[str, SeatsNeeded] | None = None,
) -> int:
    """Lay out the guards and seats of a period, and return the id of the planning.

    The lines of the sites stand beside them, by the rules of their own calendars.

    Parameters
    ----------
    period
        At most 400 days and 10 000 seats; a guard belongs to the period in which it begins.
    name, needs
        Else both dates, and the seats that the rules ask for; `needs` is by segment of the group.

    Raises
    ------
    PermissionDenied
        If the actor may not plan for the whole group.
    Invalid, SegmentsDoNotFit
        If the period is empty or too large, or has no guard of a segment that `needs` names; two
        calendars of a site ask for the same guard; or no rules are valid throughout it.
    PlanningOverlaps
        If another planning has this name or a part of this period.
    """
    require(actor, Permission.PLANNING_WRITE)
    await wait_for_lock(session, LOCK)
    interval, guards = await _lay_out_all(session, period, needs=needs or {})
    name = name or period.name
    planning_id = await plannings.add_planning(session, name=name, period=interval, now=now)
    if planning_id is None:
        raise PlanningOverlaps(name=name, first=period.first, last=period.last)
    await plannings.add_guards(session, planning_id=planning_id, guards=guards)
    return planning_id


async def _lay_out_all(
    session: AsyncSession, period: Period, *, needs: Mapping[str, SeatsNeeded]
) -> tuple[Interval, list[PlannedGuard]]:
    rules = await segments.list_rules(session)
    alsace_moselle = await segments.keeps_alsace_moselle(session)
    interval, guards = _lay_out(period, rules, needs=needs, alsace_moselle=alsace_moselle)
    guards += await _lay_out_sites(session, period)
    count = sum(len(guard.kinds) for guard in guards)
    if count > MOST_SEATS:
        raise Invalid(f"{count} seats are more than {MOST_SEATS}: plan a shorter period")
    return interval, guards


def _lay_out(
    period: Period,
    rules: list[SegmentRule],
    *,
    needs: Mapping[str, SeatsNeeded],
    alsace_moselle: bool,
) -> tuple[Interval, list[PlannedGuard]]:
    first, last = period.first, period.last
    if not timedelta(0) < last - first <= LONGEST:
        raise Invalid(f"a planning lasts 1 to {LONGEST.days} days, not from {first} to {last}")
    interval = _measure(period, rules)
    holidays = list_holidays(first, last, alsace_moselle=alsace_moselle)
    found = occurrences(rules, first=first, last=last, holidays=holidays)
    unknown = sorted(set(needs) - {each.segment for each in found})
    if unknown:
        raise Invalid(f"no guard of {', '.join(unknown)} begins in this period")
    return interval, lay_out(found, needs=needs)


async def _lay_out_sites(session: AsyncSession, period: Period) -> list[PlannedGuard]:
    """Lay out the lines of all sites that are not disabled, by calendar, then start."""
    planned: dict[tuple[int, str, Interval], PlannedGuard] = {}
    sites = set(await list_sites(session))
    for calendar in await segments.list_calendars(session):
        site = calendar.site_id
        if site is None or site not in sites:
            continue
        found = occurrences(
            await segments.list_rules(session, calendar=calendar.code),
            first=period.first,
            last=period.last,
            holidays=list_holidays(
                period.first, period.last, alsace_moselle=calendar.alsace_moselle
            ),
        )
        for guard in lay_out_on_site(found, site=site):
            key = (site, guard.segment, guard.interval)
            if key in planned:
                raise Invalid(
                    f"two calendars of site {site} have {guard.segment} from "
                    f"{guard.interval.start.isoformat()}: ask one of them for all its seats"
                )
            planned[key] = guard
    return list(planned.values())


async def find_planning_id(session: AsyncSession, period: Period) -> int | None:
    """Find the planning of exactly this period."""
    rules = await segments.list_rules(session)
    found = await plannings.find_planning_of(session, _measure(period, rules))
    return None if found is None else found.id


def _measure(period: Period, rules: list[SegmentRule]) -> Interval:
    begun = [rule for rule in rules if rule.valid_from <= period.first]
    if not begun:
        raise SegmentsDoNotFit(f"none is valid on {period.first}")
    start, end = (midnight_of(day, zone=begun[0].zone) for day in (period.first, period.last))
    return Interval(start, end)

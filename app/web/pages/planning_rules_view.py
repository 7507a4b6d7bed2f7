"""What the pages of rules show: sets of rules by calendar, counters, how societies swap."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.directory.domain import EVERYTHING, Permission
from app.directory.repository.organisations import list_sites
from app.planning.domain.calendars import CalendarKind
from app.planning.domain.segments import SegmentRule
from app.planning.domain.special_days import SpecialDay
from app.planning.domain.swap_rules import SwapRules
from app.planning.models import Calendar
from app.planning.repository import plannings, segments, swap_rules
from app.planning.repository.guards import find_end_on_site
from app.planning.repository.people import name_radiologists
from app.planning.repository.swap_rules import PastSwapRules
from app.planning.repository.volumes_monthly import list_all_societies
from app.planning.service.holidays import list_holidays
from app.planning.service.segments import find_calendar
from app.planning.service.special_days import count_special_seats
from app.web.pages.door import Visit
from app.web.pages.planning_rules_typed import BLANK_ROWS, Row, show_rule
from app.web.pages.rule_words import CALENDARS, HOURS, write_days
from app.web.pages.volumes_words import write_thousandths
from app.web.pages.words import name

_DAY = timedelta(days=1)
_MOST_SITES, _MOST_PAST, _YEAR_DAYS = 1000, 20, 366


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleShown:
    """A rule in words; `ends_next_day`: it reaches into the day after."""

    name: str
    days: str
    rule: SegmentRule
    points: str
    ends_next_day: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Rules that stand between the same dates; no last day: until others take over."""

    since: date
    last: date | None
    rules: Sequence[RuleShown]
    in_force: bool
    is_past: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarShown:
    """A calendar with its sets of rules, the newest first."""

    code: str
    name: str
    kind: CalendarKind
    site: str | None
    site_id: int | None
    alsace_moselle: bool
    sets: Sequence[RuleSet]


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapRulesShown:
    """How a society swaps, and what it had set before."""

    society_id: int
    name: str
    rules: SwapRules
    past: Sequence[PastSwapRules]
    may_write: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecialSeatsShown:
    """Seats held on special days since a date, by society and by radiologist."""

    since: date
    societies: Mapping[str, Mapping[SpecialDay, int]]
    radiologists: Mapping[str, Mapping[SpecialDay, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesPage:
    """All rules of the planning."""

    calendars: Sequence[CalendarShown]
    sites: Mapping[int, str]
    holidays: Sequence[date]
    special: SpecialSeatsShown
    swaps: Sequence[SwapRulesShown]
    typed: Mapping[str, str]
    refused: str | None
    may_write: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPage:
    """One calendar, and the set that shall follow as it is typed.

    Parameters
    ----------
    rows
        With some that are blank.
    since
        When it shall take over, as typed; at first the earliest day that no laid-out guard forbids.
    """

    calendar: CalendarShown
    rows: Sequence[Row]
    since: str
    flaws: Sequence[str]
    may_write: bool


async def load_rules_page(
    guest: Visit, *, typed: Mapping[str, str] | None, refused: str | None
) -> RulesPage:
    """Load all rules of the planning."""
    work = guest.work
    sites = await _map_sites(guest)
    rows = await segments.list_calendars(guest.session)
    # Guards come first: the others only say what an instant is.
    ordered = sorted(rows, key=lambda each: (each.kind != CalendarKind.GUARD, each.code))
    regional = any(each.alsace_moselle for each in rows if each.kind == CalendarKind.GUARD)
    horizon = work.today + timedelta(days=_YEAR_DAYS)
    known = list_holidays(work.today, horizon, alsace_moselle=regional)
    return RulesPage(
        calendars=[await _show_calendar(guest, each, sites=sites) for each in ordered],
        sites=sites,
        holidays=sorted(each for each in known if work.today <= each < horizon),
        special=await _load_special(guest),
        swaps=await _load_swap_rules(guest),
        typed=typed or {},
        refused=refused,
        may_write=work.scope(Permission.PLANNING_WRITE).everything,
    )


async def load_calendar_page(
    guest: Visit, code: str, *, rows: Sequence[Row] | None, since: str, flaws: Sequence[str]
) -> CalendarPage:
    """Load a calendar with the form of its next rules: as typed, else those that stand last.

    Raises
    ------
    CalendarUnknown
        If there is none.
    """
    row = await find_calendar(guest.session, code)
    if rows is None:
        rules = await segments.list_rules(guest.session, calendar=code)
        turn = max([guest.work.today, *(each.valid_from for each in rules)])
        rows = [show_rule(each) for each in rules if each.is_valid(turn)]
    return CalendarPage(
        calendar=await _show_calendar(guest, row, sites=await _map_sites(guest)),
        rows=[*rows, *({} for _ in range(BLANK_ROWS))],
        since=since or (await _find_first(guest, row)).isoformat(),
        flaws=flaws,
        may_write=guest.work.scope(Permission.PLANNING_WRITE).everything,
    )


async def _find_first(guest: Visit, row: Calendar) -> date:
    end = None
    if row.kind == CalendarKind.GUARD:
        end = await plannings.find_planned_end(guest.session)
    elif row.site_id is not None:
        end = await find_end_on_site(guest.session, site_id=row.site_id)
    planned = guest.work.today if end is None else end.astimezone(guest.frame.zone).date()
    return max(planned, guest.work.today)


async def _map_sites(guest: Visit) -> dict[int, str]:
    rows = await list_sites(guest.session, scope=EVERYTHING, limit=_MOST_SITES, after=None)
    return {each.id: each.name for each in sorted(rows, key=lambda each: each.name)}


async def _show_calendar(guest: Visit, row: Calendar, *, sites: Mapping[int, str]) -> CalendarShown:
    by_dates: dict[tuple[date, date | None], list[SegmentRule]] = {}
    for rule in await segments.list_rules(guest.session, calendar=row.code):
        by_dates.setdefault((rule.valid_from, rule.valid_until), []).append(rule)
    today, texts = guest.work.today, guest.frame.texts
    sets = [
        RuleSet(
            since=since,
            last=None if until is None else until - _DAY,
            rules=[_show_rule(guest, each) for each in rules],
            in_force=since <= today and (until is None or today < until),
            is_past=until is not None and until <= today,
        )
        for (since, until), rules in by_dates.items()
    ]
    return CalendarShown(
        code=row.code,
        name=row.name if row.name != row.code else name(row.code, CALENDARS, texts=texts),
        kind=CalendarKind(row.kind),
        site=None if row.site_id is None else sites[row.site_id],
        site_id=row.site_id,
        alsace_moselle=row.alsace_moselle,
        sets=sorted(sets, key=lambda each: each.since, reverse=True),
    )


def _show_rule(guest: Visit, rule: SegmentRule) -> RuleShown:
    texts = guest.frame.texts
    return RuleShown(
        name=name(rule.segment, HOURS, texts=texts),
        days=write_days(rule.days, texts=texts),
        rule=rule,
        points=write_thousandths(rule.points, texts=texts),
        ends_next_day=rule.end <= rule.start,
    )


async def _load_special(guest: Visit) -> SpecialSeatsShown:
    zone = ZoneInfo(guest.work.container.settings.zone)
    found = await count_special_seats(guest.session, until=guest.work.today, zone=zone)
    societies = {each.id: each.name for each in await list_all_societies(guest.session)}
    held = {each for counter in found.radiologists.values() for each in counter}
    people = await name_radiologists(guest.session, held)
    return SpecialSeatsShown(
        since=found.since,
        societies=_turn(found.societies, names=societies),
        radiologists=_turn(found.radiologists, names=people),
    )


def _turn(
    counters: Mapping[SpecialDay, Counter[int]], *, names: Mapping[int, str]
) -> dict[str, Mapping[SpecialDay, int]]:
    """Turn counters by day into rows by name, in the order of the names."""
    return {
        each: {day: counter[key] for day, counter in counters.items()}
        for key, each in sorted(names.items(), key=lambda pair: pair[1].casefold())
    }


async def _load_swap_rules(guest: Visit) -> list[SwapRulesShown]:
    rules = await swap_rules.map_rules(guest.session)
    scope = guest.work.scope(Permission.PLANNING_WRITE)
    return [
        SwapRulesShown(
            society_id=each.id,
            name=each.name,
            rules=rules.get(each.id, SwapRules()),
            past=await swap_rules.list_past(guest.session, society_id=each.id, limit=_MOST_PAST),
            may_write=scope.covers(society_id=each.id),
        )
        for each in await list_all_societies(guest.session)
    ]

"""Can a society's people hold what its share gives them? A bound, without any search.

What is computed is an upper bound: each person by themselves, on the hours that they are members
and not away, with rest, longest duty, hours and nights of their statute. A society that owes more
than the sum of these cannot hold it, whatever the roster; one that owes less may still not.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import lru_cache, partial

from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of
from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.profile import Profile, Rule

_WEEK, _DAY, _NIGHTS_OVER = timedelta(weeks=1), timedelta(days=1), 28
_NIGHT_BEGINS, _NIGHT_ENDS = time(21), time(6)


@dataclass(frozen=True, slots=True)
class Shortage:
    """A society that owes more seats of a segment than its people can hold.

    Parameters
    ----------
    segment
        `None`: seats of all segments together.
    owed, most
        Whole seats: the fewest that the share gives, and the most that its people can hold.
    people
        How many radiologists it has in the period.
    """

    society: int
    segment: str | None
    owed: int
    most: int
    people: int


def find_shortages(
    owed: Mapping[int, Mapping[str, int]],
    *,
    guards: Mapping[str, Sequence[Interval]],
    readers: Iterable[Reader],
    zone: tzinfo,
) -> list[Shortage]:
    """Find the societies that cannot hold what they owe.

    Parameters
    ----------
    owed
        Whole seats by society and segment, rounded down from the entitlement.
    guards
        The hours of the guards of the period by segment; seats of one guard count once, as nobody
        holds two of them.
    readers
        Everybody; those of no society of `owed` do not matter.
    zone
        Where nights are counted.

    Returns
    -------
    list
        In the order of `owed`: each segment that is short, else all together when they are.
    """
    everybody = list(readers)
    found: list[Shortage] = []
    for society, by_segment in owed.items():
        people = [each for each in everybody if any(m.society == society for m in each.memberships)]
        judge = partial(_judge, society, people=people, zone=zone)
        short = [
            judge(segment, owed=seats, spans=guards[segment])
            for segment, seats in by_segment.items()
        ]
        if not any(short):
            spans = [each for segment in by_segment for each in guards[segment]]
            short = [judge(None, owed=sum(by_segment.values()), spans=spans)]
        found += [each for each in short if each is not None]
    return found


def _judge(
    society: int,
    segment: str | None,
    *,
    owed: int,
    spans: Sequence[Interval],
    people: Sequence[Reader],
    zone: tzinfo,
) -> Shortage | None:
    if owed == 0:
        return None
    most = sum(bound_seats(each, society=society, spans=spans, zone=zone) for each in people)
    return Shortage(society, segment, owed, most, len(people)) if owed > most else None


def bound_seats(reader: Reader, *, society: int, spans: Iterable[Interval], zone: tzinfo) -> int:
    """Bound how many seats of these hours one person can hold for a society.

    Parameters
    ----------
    spans
        Hours of guards; equal ones count once.

    Returns
    -------
    int
        The least of: the most that rest and the longest duty allow, exactly; how many of the
        shortest fit into the hours of the statute; and the most by day plus the nights that the
        statute allows. Rules that a roster only pays for do not bound it.
    """
    held = sorted({each for each in spans if _may_hold(reader, society, each)})
    if not held:
        return 0
    profile, length = reader.profile, held[-1].end - held[0].start
    by_night: defaultdict[date, list[Interval]] = defaultdict(list)
    by_day: list[Interval] = []
    for each in held:
        night = find_night(each, night_hours=profile.night_hours, zone=zone)
        (by_day if night is None else by_night[night]).append(each)
    # An evening and the deep night behind it are one night of two seats.
    largest = sorted(map(len, by_night.values()), reverse=True)
    nights = sum(largest[: _most_nights(profile, length)])
    return min(
        _most_by_rest(held, profile),
        _most_by_hours(held, profile, length),
        _most_by_rest(by_day, profile) + nights,
    )


def _may_hold(reader: Reader, society: int, interval: Interval) -> bool:
    return (
        reader.is_member(society, at=interval.start)
        and not reader.is_absent(interval)
        and not any(each.overlaps(interval) for each in reader.busy)
    )


@lru_cache(maxsize=4096)
def find_night(interval: Interval, *, night_hours: timedelta, zone: tzinfo) -> date | None:
    """Find the first date of whose night these hours hold as much as the statute counts.

    The night of a date lasts from 21:00 to 06:00 of the next. Kept, because the same guards are
    asked about for everybody.
    """
    first = interval.start.astimezone(zone).date() - _DAY
    last = interval.end.astimezone(zone).date()
    for day in (first + number * _DAY for number in range((last - first).days + 1)):
        begin = datetime.combine(day, _NIGHT_BEGINS)
        end = datetime.combine(day + _DAY, _NIGHT_ENDS)
        night = Interval(instant_of(begin, zone=zone), instant_of(end, zone=zone))
        common = night.meet(interval)
        if common is not None and common.duration >= night_hours:
            return day
    return None


def _most_nights(profile: Profile, length: timedelta) -> int | None:
    if profile.most_nights_in_28_days is None or Rule.NIGHTS in profile.soft:
        return None
    return profile.most_nights_in_28_days * -(-length // (_NIGHTS_OVER * _DAY))


def _most_by_hours(held: Sequence[Interval], profile: Profile, length: timedelta) -> int:
    windows = -(-length // (profile.over_weeks * _WEEK))
    budgets = []
    if Rule.HOURS not in profile.soft:
        budgets.append(profile.most_hours * profile.over_weeks * windows)
    if profile.most_hours_in_7_days is not None and Rule.WEEK_HOURS not in profile.soft:
        budgets.append(profile.most_hours_in_7_days * -(-length // _WEEK))
    if not budgets:
        return len(held)
    left, count = min(budgets), 0
    for duration in sorted(each.duration for each in held):
        left -= duration
        if left < timedelta(0):
            break
        count += 1
    return count


@dataclass(frozen=True, slots=True)
class _Duty:
    """Seats that touch, held one after the other."""

    start: datetime
    free_at: datetime
    """When the rest after it is over."""
    seats: int


def _most_by_rest(held: Sequence[Interval], profile: Profile) -> int:
    """Solve it exactly: the best set of duties that leave the rest between them."""
    duties = sorted(_duties(held, profile), key=lambda duty: duty.free_at)
    ends = [duty.free_at for duty in duties]
    best = [0]
    for number, duty in enumerate(duties):
        before = best[bisect_right(ends, duty.start, hi=number)]
        best.append(max(best[-1], before + duty.seats))
    return best[-1]


def _duties(held: Sequence[Interval], profile: Profile) -> Iterable[_Duty]:
    by_start: dict[datetime, list[Interval]] = {}
    for each in held:
        by_start.setdefault(each.start, []).append(each)
    hard = Rule.LONG_DUTY not in profile.soft
    for first in held:
        reached = {first.end: 1}
        while reached:
            end, seats = reached.popitem()
            yield _Duty(first.start, end + _rest_after(end - first.start, profile), seats)
            for later in by_start.get(end, ()):
                if not hard or later.end - first.start <= profile.longest_duty:
                    reached[later.end] = max(reached.get(later.end, 0), seats + 1)


def _rest_after(duration: timedelta, profile: Profile) -> timedelta:
    if duration > profile.long_duty and Rule.LONG_DUTY not in profile.soft:
        return profile.rest_after_long
    return timedelta(0) if Rule.REST in profile.soft else profile.rest

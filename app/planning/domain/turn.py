"""Put radiologists on the seats of their society, each in turn.

The first roster: greedy, by date. It never fails; what cannot be covered stays visibly empty. It
keeps every rule that a statute has, some of them more strictly than it must: nobody gets seats that
touch, nor one in a site beside one at a distance, and what is soft is kept too where it is a matter
of one person's time.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, tzinfo

from app.kit.interval import Interval
from app.planning.domain.calendar import instant_of
from app.planning.domain.roster.people import Reader
from app.planning.domain.seats import AssignmentReason, Placement, Seat

_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_FOUR_WEEKS = 28
_NIGHT_STARTS, _NIGHT_ENDS = time(21), time(6)


def take_turns(
    seats: Sequence[Seat],
    *,
    societies: Mapping[int, int],
    readers: Sequence[Reader],
    held: Mapping[int, Sequence[Interval]],
    zone: tzinfo,
) -> list[Placement]:
    """Give every seat to a radiologist of the society that owes it.

    The one with the fewest seats so far comes first, ties by id. When nobody of the society may
    hold the seat, a radiologist of another society does, by the same order, and the placement says
    `loan`. When nobody at all may, the seat stays without a radiologist.

    Parameters
    ----------
    seats
        Seats to fill, in any order; they are filled by start, then id.
    societies
        The society that owes each seat, by seat id.
    readers
        Everybody who may hold seats.
    held
        Seats that people hold already and keep, by radiologist id; they count as turns taken and
        must be rested from and before.
    zone
        Where nights begin.

    Returns
    -------
    list
        One placement per seat, by start, then id.
    """
    turns = _Turns(readers, held, zone)
    in_order = sorted(seats, key=lambda each: (each.interval.start, each.id))
    return [turns.fill(seat, society=societies[seat.id]) for seat in in_order]


def may_hold(reader: Reader, seat: Seat, *, taken: Iterable[Interval], zone: tzinfo) -> bool:
    """May this radiologist hold the seat, beside those taken?

    They must belong to a society when it begins, have its skills and site, be present throughout,
    and with it keep the rest, the hours and the nights of their statute.
    """
    if not reader.has_society(at=seat.interval.start) or not _suits(reader, seat):
        return False
    if reader.is_absent(seat.interval) or not _leaves_mornings(reader, seat.interval):
        return False
    beside = [*taken, *(work.interval for work in reader.past)]
    return (
        all(_is_rested(reader, seat.interval, other) for other in beside)
        and _keeps_hours(reader, seat.interval, beside)
        and _keeps_nights(reader, seat.interval, beside, zone)
    )


def _suits(reader: Reader, seat: Seat) -> bool:
    has_site = seat.site is None or reader.sites is None or seat.site in reader.sites
    return has_site and seat.skills <= reader.skills


def _leaves_mornings(reader: Reader, wanted: Interval) -> bool:
    """Is there no session elsewhere meanwhile, nor before the holder has rested?"""
    kept = Interval(wanted.start, wanted.end + _rest_after(reader, wanted))
    return not any(kept.overlaps(session) for session in reader.busy)


def _rest_after(reader: Reader, duty: Interval) -> timedelta:
    is_long = duty.duration > reader.profile.long_duty
    return reader.profile.rest_after_long if is_long else reader.profile.rest


def _is_rested(reader: Reader, wanted: Interval, other: Interval) -> bool:
    first, last = sorted((wanted, other))
    return first.end + _rest_after(reader, first) <= last.start


def _keeps_hours(reader: Reader, wanted: Interval, beside: list[Interval]) -> bool:
    profile = reader.profile
    if wanted.duration > profile.longest_duty:
        return False
    weeks = profile.over_weeks
    limits = [(weeks * _WEEK, weeks * profile.most_hours)]
    if profile.most_hours_in_7_days is not None:
        limits.append((_WEEK, profile.most_hours_in_7_days))
    return all(_fits(wanted, beside, length=length, most=most) for length, most in limits)


def _fits(wanted: Interval, beside: list[Interval], *, length: timedelta, most: timedelta) -> bool:
    around = Interval(wanted.start - length, wanted.end + length)
    near = {wanted, *(each for each in beside if each.overlaps(around))}
    if sum((each.duration for each in near), timedelta(0)) <= most:
        return True
    starts = {each.start for each in near} | {each.end - length for each in near}
    for window in (Interval(start, start + length) for start in starts):
        shared = (each.meet(window) for each in near)
        if sum((each.duration for each in shared if each), timedelta(0)) > most:
            return False
    return True


def _keeps_nights(reader: Reader, wanted: Interval, beside: list[Interval], zone: tzinfo) -> bool:
    profile = reader.profile
    day = _night_of(wanted, least=profile.night_hours, zone=zone)
    if day is None:
        return True
    nights = {_night_of(each, least=profile.night_hours, zone=zone) for each in beside} | {day}
    if profile.most_consecutive_nights is not None:
        first = last = day
        while first - _DAY in nights:
            first -= _DAY
        while last + _DAY in nights:
            last += _DAY
        if (last - first).days >= profile.most_consecutive_nights:
            return False
    if profile.most_nights_in_28_days is None:
        return True
    ordinals = [each.toordinal() for each in nights if each is not None]
    starts = range(day.toordinal() - _FOUR_WEEKS + 1, day.toordinal() + 1)
    fullest = max(sum(start <= each < start + _FOUR_WEEKS for each in ordinals) for start in starts)
    return fullest <= profile.most_nights_in_28_days


def _night_of(held: Interval, *, least: timedelta, zone: tzinfo) -> date | None:
    """Find the date whose night is held for so long; the first of two."""
    day = held.start.astimezone(zone).date() - _DAY
    while day <= held.end.astimezone(zone).date():
        night = Interval(
            instant_of(datetime.combine(day, _NIGHT_STARTS), zone=zone),
            instant_of(datetime.combine(day + _DAY, _NIGHT_ENDS), zone=zone),
        )
        shared = night.meet(held)
        if shared is not None and shared.duration >= least:
            return day
        day += _DAY
    return None


class _Turns:
    """Who has taken how many turns, while seats are filled in the order of their start."""

    def __init__(
        self, readers: Sequence[Reader], held: Mapping[int, Sequence[Interval]], zone: tzinfo
    ) -> None:
        self._readers = readers
        self._zone = zone
        self._turns = {reader.id: len(held.get(reader.id, ())) for reader in readers}
        self._near = {reader.id: list(held.get(reader.id, ())) for reader in readers}

    def fill(self, seat: Seat, *, society: int) -> Placement:
        """Give the seat to whoever is next."""
        in_turn = sorted(self._readers, key=lambda each: (self._turns[each.id], each.id))
        own = [each for each in in_turn if each.is_member(society, at=seat.interval.start)]
        chosen = next((each for each in own if self._is_free(each, seat)), None)
        if chosen is not None:
            return self._give(seat, society=society, to=chosen, reason=AssignmentReason.QUOTA)
        chosen = next((each for each in in_turn if self._is_free(each, seat)), None)
        if chosen is not None:
            return self._give(seat, society=society, to=chosen, reason=AssignmentReason.LOAN)
        return Placement(seat, society, None, AssignmentReason.QUOTA)

    def _give(self, seat: Seat, *, society: int, to: Reader, reason: AssignmentReason) -> Placement:
        self._turns[to.id] += 1
        self._near[to.id].append(seat.interval)
        return Placement(seat, society, to.id, reason)

    def _is_free(self, reader: Reader, seat: Seat) -> bool:
        # What no rule looks back to, none of a later seat does: a year stays linear.
        since = seat.interval.start - max(reader.profile.over_weeks, 5) * _WEEK
        near = [each for each in self._near[reader.id] if each.end > since]
        self._near[reader.id] = near
        return may_hold(reader, seat, taken=near, zone=self._zone)

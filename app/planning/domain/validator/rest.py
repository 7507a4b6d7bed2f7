"""Rest between duties, and duties that are too long."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import Seat
from app.planning.domain.validator.stretches import Duty, Held, find_duties
from app.planning.domain.validator.violation import Violation, find
from app.planning.domain.validator.words import name_duration, name_instant, name_seats


def judge_rest(held: Held) -> Iterator[Violation]:
    """Find duties that are too long, and those that leave too little rest.

    Rest is elapsed time from the end of a duty, or from its last real act where that is known, to
    the next duty; and to the next session elsewhere, which nobody works in the morning after a
    guard. A guard may follow a session of the same day.
    """
    duties = find_duties(held)
    for duty in duties:
        if duty.seats and duty.interval.duration > held.reader.profile.longest_duty:
            yield _too_long(held, duty)
    for duty, later in pairwise(duties):
        if duty.seats or later.seats:
            seats = (*duty.seats, *later.seats)
            before = name_seats(later.seats, zone=held.zone) if later.seats else "other work"
            yield from _too_soon(held, duty, until=later.interval.start, seats=seats, before=before)
    for duty in duties:
        following = [each.start for each in held.reader.busy if each.start >= duty.interval.end]
        if duty.seats and following:
            start = min(following)
            before = f"a session elsewhere at {name_instant(start, zone=held.zone)}"
            yield from _too_soon(held, duty, until=start, seats=duty.seats, before=before)


def _too_long(held: Held, duty: Duty) -> Violation:
    profile = held.reader.profile
    text = (
        f"{held.who} would be on duty for {name_duration(duty.interval.duration)} without a pause, "
        f"not {name_duration(profile.longest_duty)} at most: "
        f"{name_seats(duty.seats, zone=held.zone)}"
    )
    return find(Rule.LONG_DUTY, duty.seats, text=text, reader=held.reader)


def _too_soon(
    held: Held, duty: Duty, *, until: datetime, seats: tuple[Seat, ...], before: str
) -> Iterator[Violation]:
    profile = held.reader.profile
    is_long = duty.interval.duration > profile.long_duty
    rest = until - duty.rested_from
    needed = profile.rest_after_long if is_long else profile.rest
    if rest >= needed:
        return
    # Whoever has not even the daily rest breaks that rule, however long the duty was; but where
    # that one may be bought, nobody buys with it the longer rest that they have not either.
    is_bought = is_long and Rule.REST in profile.soft
    rule = Rule.REST if rest < profile.rest and not is_bought else Rule.LONG_DUTY
    after = name_seats(duty.seats, zone=held.zone) if duty.seats else "other work"
    since = "" if duty.rested_from == duty.interval.end else ", counted from the last act"
    length = f" of {name_duration(duty.interval.duration)}" if is_long else ""
    text = (
        f"{held.who} has {name_duration(max(rest, timedelta(0)))} of rest, "
        f"not {name_duration(needed)}, after a duty{length}{since}: between {after} and {before}"
    )
    yield find(rule, seats, text=text, reader=held.reader)

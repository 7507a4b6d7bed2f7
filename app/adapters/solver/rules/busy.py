"""Scheduled sessions elsewhere: nobody sits meanwhile, nor comes to one without having rested.

The rest lies between a seat and the next session; a seat may follow a session at once.
"""

from app.planning.domain.roster.people import Reader
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import Seat


def allows(reader: Reader, seat: Seat) -> bool:
    """Leave sessions untouched, and the daily rest before the next one whole where it is asked."""
    if any(session.overlaps(seat.interval) for session in reader.busy):
        return False
    end = int(seat.interval.end.timestamp())
    return Rule.REST in reader.profile.soft or not is_soon_after(reader, end, end=end)


def is_soon_after(reader: Reader, rest_from: int, *, end: int) -> bool:
    """Say whether a session begins before the daily rest after a duty is over.

    Parameters
    ----------
    rest_from, end
        Of the duty, in seconds since the epoch.
    """
    return _begins_within(reader, end, rested=rest_from + reader.profile.rest.total_seconds())


def is_too_soon(reader: Reader, rest_from: int, *, end: int) -> bool:
    """Say whether a session begins before the rest after a long duty is over; as above."""
    rested = rest_from + reader.profile.rest_after_long.total_seconds()
    return _begins_within(reader, end, rested=rested)


def _begins_within(reader: Reader, end: int, *, rested: float) -> bool:
    return any(end <= session.start.timestamp() < rested for session in reader.busy)

"""Nobody sits while they are absent."""

from app.planning.domain.roster.people import Reader
from app.planning.domain.seats import Seat


def allows(reader: Reader, seat: Seat) -> bool:
    """Is the reader present throughout the seat?"""
    return not reader.is_absent(seat.interval)

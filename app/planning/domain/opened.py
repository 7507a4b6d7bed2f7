"""Seats that no society was given by sharing: who owes them once somebody holds them."""

from app.planning.domain.roster.people import Reader
from app.planning.domain.seats import Seat


def find_owing(reader: Reader, seat: Seat) -> int | None:
    """Find the society that owes a seat which no sharing gave away, by who holds it.

    Of an opened seat it is the host of the outside reader or hospital radiologist: the society
    under whose name they are in the directory. Nobody else knows them, and an opened seat is never
    posted to the account, so that the choice moves no balance. Of a seat that was added before its
    planning was published it is the holder's own society.

    Returns
    -------
    int or None
        By the membership that holds when the seat begins, outside ones first for an opened seat and
        own ones first for others, then by society; else by the one that began last, so that a
        refusal can name it; nothing for somebody without any.
    """
    current = [each for each in reader.memberships if each.covers(seat.interval.start)]
    if current:
        return min(current, key=lambda each: (each.outside != seat.opened, each.society)).society
    latest = max(reader.memberships, key=lambda each: each.start, default=None)
    return None if latest is None else latest.society

"""A seat that asks for sub-specialties is for those who have each of them."""

from app.planning.domain.roster.people import Reader
from app.planning.domain.seats import Seat


def allows(reader: Reader, seat: Seat) -> bool:
    """Has the reader every skill that the seat asks for?"""
    return seat.skills <= reader.skills

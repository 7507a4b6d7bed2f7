"""An on-site seat is for those who may read for its site."""

from app.planning.domain.roster.people import Reader
from app.planning.domain.seats import Seat


def allows(reader: Reader, seat: Seat) -> bool:
    """May the reader stand at the seat's site, if it has one?"""
    return seat.site is None or reader.sites is None or seat.site in reader.sites

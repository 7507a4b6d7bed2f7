"""Only members of a society sit, and outside readers only on seats that are opened to them."""

from datetime import datetime

from app.adapters.solver.rows import Row
from app.planning.domain.roster.people import Membership, Reader


def find_membership(reader: Reader, *, at: datetime) -> Membership | None:
    """Find as whose member a reader would sit; a society's own members come before outsiders."""
    current = [each for each in reader.memberships if each.covers(at)]
    return min(current, key=lambda each: (each.outside, each.society), default=None)


def allows(belongs: Membership, row: Row) -> bool:
    """May a holder of this membership sit in the row at all, lent or not?"""
    return not belongs.outside or row.owed.get(belongs.society, 0) > 0

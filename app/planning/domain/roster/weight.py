"""What part of their society's work a radiologist owes: by full-time equivalent and time."""

from app.kit.interval import Interval
from app.planning.domain.roster.people import Membership, Reader

LONG_LEAVE_DAYS = 28
"""Whoever is away at least so long owes nothing meanwhile; a shorter holiday changes nothing."""


def weigh(reader: Reader, *, society: int, period: Interval) -> int:
    """Weigh a radiologist among the members of a society in a period.

    Returns
    -------
    int
        Thousandths of a full time times seconds of membership, without long leave; 0 for who is no
        member, or an outside reader. Members on leave have next to no part, yet what they do
        counts.
    """
    seconds = sum(
        max(1, _present_seconds(reader, membership, period))
        for membership in reader.memberships
        if membership.society == society
        and not membership.outside
        and membership.start < period.end
        and (membership.end is None or period.start < membership.end)
    )
    return reader.fte * seconds


def _present_seconds(reader: Reader, membership: Membership, period: Interval) -> int:
    end = period.end if membership.end is None else min(membership.end, period.end)
    member = Interval(max(membership.start, period.start), end)
    away = sum(
        int(shared.duration.total_seconds())
        for absence in reader.absences
        if absence.duration.days >= LONG_LEAVE_DAYS and (shared := absence.meet(member)) is not None
    )
    return int(member.duration.total_seconds()) - away

"""What a published planning has to stand in the account, and what is missing there.

The account only grows: to be right after a change, what should stand is computed anew, and the
difference to what stands is posted. Doing it twice posts nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.planning.domain.seats import AssignmentReason, Seat
from app.planning.domain.sharing.ledger import Entry, EntryKind, Posting
from app.planning.domain.sharing.postings import (
    count_also,
    credit_of,
    post_cancelled,
    post_loan,
    post_reinforcement,
)
from app.planning.domain.sharing.shares import MILLION

OF_SEATS = frozenset({EntryKind.LOAN, EntryKind.CANCELLED, EntryKind.REINFORCEMENT})
"""What follows from how a seat stands; what is posted for a swap is the swap's."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A published seat as the account sees it.

    Parameters
    ----------
    owing
        The society that the seat is allotted to.
    holding
        The society of who holds it; the same where nobody does, or an outside reader.
    is_added
        A reinforcement or relief that no sharing knew.
    is_closed
        Taken out of its guard, or the guard was cancelled.
    counters
        The special day and class of days that it counts in too.
    """

    seat: Seat
    owing: int
    holding: int
    reason: AssignmentReason
    is_added: bool = False
    is_closed: bool = False
    counters: tuple[str, ...] = ()


def post_seat(standing: Standing, *, shares: Mapping[int, int]) -> list[Posting]:
    """Say what has to stand in the account for a seat, beside what its sharing posted.

    A seat with its own hours is worth its part of the guard: what is missing from a shared one was
    cancelled, all of an added one is a reinforcement. Whoever holds what another society owes, lent
    somebody, unless a swap has its own rule.

    Parameters
    ----------
    shares
        Of the seat's kind, in millionths by society; they sum to a million.
    """
    seat = standing.seat
    worth = 0 if standing.is_closed else credit_of(seat.interval, guard=seat.guard)
    found: list[Posting] = []
    if standing.is_added and worth:
        found += post_reinforcement(
            seat.of, holder=standing.owing, shares=shares, seat=seat.interval, guard=seat.guard
        )
    if not standing.is_added and worth < MILLION:
        found += post_cancelled(
            seat.of, holder=standing.owing, shares=shares, millionths=MILLION - worth
        )
    is_lent = standing.holding != standing.owing and standing.reason is not AssignmentReason.SWAP
    if worth and is_lent:
        found += post_loan(
            seat.of, owing=standing.owing, lending=standing.holding, millionths=worth
        )
    return count_also(found, counters=standing.counters)


def find_missing(wanted: Iterable[Posting], posted: Iterable[Entry]) -> list[Posting]:
    """Say what must be posted so that what was posted becomes what is wanted.

    Returns
    -------
    list
        By kind of entry, society, kind of seat and counter; nothing when all stands.
    """
    left: Counter[tuple[EntryKind, int, object, str]] = Counter()
    kinds = {}
    for each in wanted:
        left[each.entry, each.society, each.of, each.counter] += each.millionths
        kinds[each.of] = each.of
    for entry in posted:
        left[entry.entry, entry.society, entry.of, entry.counter] -= entry.millionths
        kinds[entry.of] = entry.of
    return [
        Posting(kind, society, of, millionths, counter)
        for of in sorted(kinds)
        for (kind, society, each, counter), millionths in sorted(
            left.items(), key=lambda item: (item[0][0], item[0][1], item[0][3])
        )
        if each == of and millionths
    ]

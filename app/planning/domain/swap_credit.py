"""Whose society is said to have done a seat that was swapped, and what the account says of it."""

from collections import Counter
from collections.abc import Iterable

from app.planning.domain.seats import Seat
from app.planning.domain.sharing.ledger import GUARDS, Entry, EntryKind, Posting
from app.planning.domain.sharing.postings import CreditRule, count_also, credit_of, post_swap


def find_credited(posted: Iterable[Entry], *, owing: int) -> int:
    """Find whose seat a swapped one is in the account: the last taker's, else who owes it.

    Parameters
    ----------
    posted
        All entries of the seat.
    """
    sums: Counter[int] = Counter()
    for each in posted:
        if each.entry is EntryKind.SWAP and each.counter == GUARDS:
            sums[each.society] += each.millionths
    return next((society for society in sorted(sums) if sums[society] < 0), owing)


def post_credit(
    seat: Seat, *, owing: int, credited: int, counters: Iterable[str] = ()
) -> list[Posting]:
    """Say what has to stand in the account for a swapped seat; nothing where both are one.

    A seat with its own hours is worth its part of the guard, in millionths.
    """
    worth = credit_of(seat.interval, guard=seat.guard)
    found = post_swap(seat.of, giver=owing, taker=credited, rule=CreditRule.TAKER, millionths=worth)
    return count_also(found, counters=counters)

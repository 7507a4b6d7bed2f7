"""What is posted for what happens: each gives and takes the same, to the last millionth."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from fractions import Fraction

from app.kit.interval import Interval
from app.planning.domain.seats import KindOfSeat
from app.planning.domain.sharing.ledger import GUARDS, EntryKind, Posting
from app.planning.domain.sharing.period import Cession
from app.planning.domain.sharing.rights import Sharing
from app.planning.domain.sharing.shares import MILLION, spread_amount

_TICK = timedelta(microseconds=1)


class CreditRule(StrEnum):
    """Who gets the credit of a seat that changed hands in a swap."""

    GIVER = "giver"
    TAKER = "taker"


def post_period(sharing: Sharing) -> list[Posting]:
    """Post what each society was entitled to and what it was allotted, without cessions.

    Only what the period adds: the balance before stands in the account. Special days and classes
    of days are posted to counters of their own.
    """
    postings = []
    for cell in sharing.cells:
        due = cell.entitled - cell.opening - cell.ceded
        postings += _due_and_got(cell.society, cell.of, due, cell.seats, GUARDS)
    for right in sharing.classes:
        postings += _due_and_got(right.society, right.of, right.due, right.seats, right.days)
    for special in sharing.special:
        for part in special.parts:
            postings += _due_and_got(special.society, part.of, part.due, part.seats, special.day)
    return postings


def _due_and_got(society: int, of: KindOfSeat, due: int, seats: int, counter: str) -> list[Posting]:
    return [
        Posting(EntryKind.ENTITLED, society, of, due, counter),
        Posting(EntryKind.ALLOTTED, society, of, -seats * MILLION, counter),
    ]


def post_cession(cession: Cession) -> list[Posting]:
    """Post a cession, or both sides of an exchange of kinds."""
    if cession.returned is None:
        return _hand_over(EntryKind.CEDED, cession.giver, cession.taker, cession.of, cession.seats)
    return [
        *_hand_over(EntryKind.EXCHANGED, cession.giver, cession.taker, cession.of, cession.seats),
        *_hand_over(
            EntryKind.EXCHANGED,
            cession.taker,
            cession.giver,
            cession.returned,
            cession.returned_seats,
        ),
    ]


def _hand_over(
    entry: EntryKind, giver: int, taker: int, of: KindOfSeat, seats: int
) -> list[Posting]:
    return [
        Posting(entry, giver, of, -seats * MILLION),
        Posting(entry, taker, of, seats * MILLION),
    ]


def post_loan(
    of: KindOfSeat, *, owing: int, lending: int, millionths: int = MILLION
) -> list[Posting]:
    """Post a seat that a society owed and another one held: the first owes it from now on.

    The society that owed the seat had it counted as allotted; it gets that back, and the one that
    lent somebody is counted instead.
    """
    return _credit(EntryKind.LOAN, of, was=owing, becomes=lending, millionths=millionths)


def post_swap(
    of: KindOfSeat, *, giver: int, taker: int, rule: CreditRule, millionths: int = MILLION
) -> list[Posting]:
    """Post a seat that changed hands between societies.

    `giver`: the credit stays with who gave the seat away, and nothing is posted; `taker`: it goes
    to who holds it. Inside one society nothing is posted.
    """
    if rule == CreditRule.GIVER or giver == taker:
        return []
    return _credit(EntryKind.SWAP, of, was=giver, becomes=taker, millionths=millionths)


def _credit(
    entry: EntryKind, of: KindOfSeat, *, was: int, becomes: int, millionths: int
) -> list[Posting]:
    """Count a seat for another society."""
    return [Posting(entry, was, of, millionths), Posting(entry, becomes, of, -millionths)]


def post_reinforcement(
    of: KindOfSeat, *, holder: int, shares: Mapping[int, int], seat: Interval, guard: Interval
) -> list[Posting]:
    """Post a seat that was added: its part of a guard, which all were entitled to by their shares.

    A seat added for the whole guard counts as one.
    """
    worth = credit_of(seat, guard=guard)
    return _all_against_one(
        EntryKind.REINFORCEMENT, of, holder=holder, shares=shares, millionths=worth
    )


def post_cancelled(
    of: KindOfSeat, *, holder: int, shares: Mapping[int, int], millionths: int = MILLION
) -> list[Posting]:
    """Post a seat that will not be held: its holder did not have it, and nobody was entitled."""
    return _all_against_one(
        EntryKind.CANCELLED, of, holder=holder, shares=shares, millionths=-millionths
    )


def _all_against_one(
    entry: EntryKind,
    of: KindOfSeat,
    *,
    holder: int,
    shares: Mapping[int, int],
    millionths: int,
) -> list[Posting]:
    due = spread_amount(millionths, weights=_by_name(shares))
    return [
        *(Posting(entry, int(society), of, part) for society, part in due.items()),
        Posting(entry, holder, of, -millionths),
    ]


def credit_of(seat: Interval, *, guard: Interval) -> int:
    """Say what a seat with its own hours is worth, in millionths of its guard.

    In proportion of elapsed time, rounded to the nearest millionth (halves to the even one); what
    one society is credited, the others are debited to the same millionth.
    """
    return round(Fraction(MILLION * (seat.duration // _TICK), guard.duration // _TICK))


def post_correction(
    of: KindOfSeat,
    *,
    seats: int,
    before: Mapping[int, int],
    after: Mapping[int, int],
) -> list[Posting]:
    """Post what a late correction of volumes changes for seats that were shared.

    Parameters
    ----------
    seats
        Of the kind, in the period that was shared.
    before, after
        Shares in millionths, by society; each sums to one million. The period stays as it was.
    """
    return [
        Posting(
            EntryKind.CORRECTION,
            society,
            of,
            (after.get(society, 0) - before.get(society, 0)) * seats,
        )
        for society in sorted({*before, *after})
    ]


def post_opening(
    of: KindOfSeat, *, balances: Mapping[int, int], counter: str = GUARDS
) -> list[Posting]:
    """Post what societies bring with them when the account opens; the sum has to be zero."""
    return [
        Posting(EntryKind.OPENING, society, of, millionths, counter)
        for society, millionths in sorted(balances.items())
    ]


def post_settlement(
    of: KindOfSeat,
    *,
    leaving: int,
    balance: int,
    shares: Mapping[int, int],
    counter: str = GUARDS,
) -> list[Posting]:
    """Post the end of an account: what a society was owed or owed passes to those that stay.

    What it is settled with (money, or nothing) is their affair; the column stays level.

    Parameters
    ----------
    shares
        Of the societies that stay.
    counter
        Special days and classes of days are settled each by itself, like the guards.
    """
    parts = spread_amount(balance, weights=_by_name(shares))
    passed = [(leaving, -balance), *((int(society), part) for society, part in parts.items())]
    return [
        Posting(EntryKind.SETTLED, society, of, millionths, counter)
        for society, millionths in passed
    ]


def count_also(postings: Iterable[Posting], *, counters: Iterable[str]) -> list[Posting]:
    """Give postings for a seat, and the same again for the special day and class it counts in."""
    given = list(postings)
    return given + [replace(each, counter=counter) for counter in counters for each in given]


def _by_name(shares: Mapping[int, int]) -> dict[str, int]:
    # Ties go by id, whatever its number of digits.
    return {f"{society:020}": share for society, share in sorted(shares.items())}

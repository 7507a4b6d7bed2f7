"""The account between societies: entries that are only added, balances folded from them.

An entry is an exact integer of millionths of a guard of one kind for one society: positive, the
society is owed; negative, it owes. What one society is given, others give: the entries of every
cause sum to zero for each kind, and so does every column of balances, by construction.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from app.planning.domain.seats import KindOfSeat
from app.planning.domain.sharing.period import WeekdayClass

GUARDS = "guard"
"""The counter of all guards of a kind; others count its special days or classes of days."""

_CLASSES = frozenset(WeekdayClass)


class EntryKind(StrEnum):
    """Why an entry was written."""

    OPENING = "opening"
    ENTITLED = "entitled"
    ALLOTTED = "allotted"
    CEDED = "ceded"
    EXCHANGED = "exchanged"
    LOAN = "loan"
    SWAP = "swap"
    CORRECTION = "correction"
    CANCELLED = "cancelled"
    REINFORCEMENT = "reinforcement"
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the account.

    Parameters
    ----------
    number
        Its place: entries are folded in this order, though the order changes no sum.
    counter
        `GUARDS`, or the code of the special day or class of days that it counts.
    millionths
        Of a guard, not 0.
    on
        The date from which it counts.
    cause
        What it was written for, once for all that balance each other: `period 12`, `swap 7`.
    """

    number: int
    entry: EntryKind
    society: int
    of: KindOfSeat
    millionths: int
    on: date
    cause: str
    counter: str = GUARDS


@dataclass(frozen=True, slots=True)
class Posting:
    """An entry before it is numbered: whose, of which kind, how much."""

    entry: EntryKind
    society: int
    of: KindOfSeat
    millionths: int
    counter: str = GUARDS


@dataclass(frozen=True, slots=True)
class Fault:
    """Entries of a cause that do not sum to zero.

    Parameters
    ----------
    number
        The last entry of the cause: from there on the column is wrong.
    left
        What is left over, in millionths.
    """

    cause: str
    of: KindOfSeat
    counter: str
    number: int
    left: int


Account = tuple[int, KindOfSeat, str]
"""Society, kind, counter."""


def fold(
    entries: Iterable[Entry], *, since: date | None = None, before: date | None = None
) -> dict[Account, int]:
    """Sum the entries into balances: all, or those that count from a date on, before another one.

    Returns
    -------
    dict
        Millionths by account; an account that is level is kept when it has entries.
    """
    balances: Counter[Account] = Counter()
    for each in entries:
        if (since is None or since <= each.on) and (before is None or each.on < before):
            balances[each.society, each.of, each.counter] += each.millionths
    return dict(balances)


def balances_of_classes(
    balances: Mapping[Account, int],
) -> dict[tuple[int, KindOfSeat, WeekdayClass], int]:
    """Give the balances of classes of days as the sharing of the next period takes them."""
    return {
        (society, of, WeekdayClass(counter)): millionths
        for (society, of, counter), millionths in balances.items()
        if counter in _CLASSES
    }


def balances_of_special_days(balances: Mapping[Account, int]) -> dict[tuple[int, str], int]:
    """Give the balances of special days, over all kinds, as the next period takes them."""
    found: Counter[tuple[int, str]] = Counter()
    for (society, _, counter), millionths in balances.items():
        if counter != GUARDS and counter not in _CLASSES:
            found[society, counter] += millionths
    return dict(found)


def fold_by_entry(
    entries: Iterable[Entry], *, since: date, until: date
) -> dict[Account, dict[EntryKind, int]]:
    """Sum the entries that count from `since` until before `until`, by their kind."""
    found: defaultdict[Account, Counter[EntryKind]] = defaultdict(Counter)
    for each in entries:
        if since <= each.on < until:
            found[each.society, each.of, each.counter][each.entry] += each.millionths
    return {account: dict(sums) for account, sums in found.items()}


def balances_of_guards(balances: Mapping[Account, int]) -> dict[tuple[int, KindOfSeat], int]:
    """Give the balances as the sharing of the next period takes them."""
    return {
        (society, of): millionths
        for (society, of, counter), millionths in balances.items()
        if counter == GUARDS
    }


def find_faults(entries: Iterable[Entry]) -> list[Fault]:
    """List the causes whose entries do not sum to zero, in the order of their last entries."""
    sums: Counter[tuple[str, KindOfSeat, str]] = Counter()
    last: dict[tuple[str, KindOfSeat, str], int] = {}
    for each in sorted(entries, key=lambda entry: entry.number):
        key = (each.cause, each.of, each.counter)
        sums[key] += each.millionths
        last[key] = each.number
    return sorted(
        (
            Fault(cause, of, counter, last[cause, of, counter], left)
            for (cause, of, counter), left in sums.items()
            if left
        ),
        key=lambda fault: (fault.number, fault.cause),
    )


def write(postings: Sequence[Posting], *, first: int, on: date, cause: str) -> tuple[Entry, ...]:
    """Write the postings of one cause as entries.

    Raises
    ------
    ValueError
        If they do not sum to zero for each kind and counter: nothing is written then.
    """
    entries = tuple(
        Entry(
            number=number,
            entry=each.entry,
            society=each.society,
            of=each.of,
            millionths=each.millionths,
            on=on,
            cause=cause,
            counter=each.counter,
        )
        for number, each in enumerate((each for each in postings if each.millionths), start=first)
    )
    faults = find_faults(entries)
    if faults:
        fault = faults[0]
        msg = (
            f"the entries of {cause} leave {fault.left} millionths of {fault.of.segment}: "
            f"post the other side too"
        )
        raise ValueError(msg)
    return entries

"""Too much within some stretch of time: windows that slide over what somebody holds."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Generic, TypeVar

from app.planning.domain.seats import Seat

Amount = TypeVar("Amount", int, timedelta)


@dataclass(frozen=True, slots=True)
class Window(Generic[Amount]):
    """A stretch of time in which somebody holds too much.

    Parameters
    ----------
    first, last
        Its ends, as numbers that grow with time: windows that share one are told as one.
    label
        Its ends, for people.
    """

    first: int
    last: int
    label: str
    amount: Amount
    seats: frozenset[Seat]


def join_windows(windows: Iterable[Window[Amount]]) -> list[Window[Amount]]:
    """Tell windows that overlap as one: the fullest (then the earliest), with the seats of all.

    Those without a seat (past work only) are left out: nothing can be done about them.
    """
    joined: list[Window[Amount]] = []
    end = 0
    for each in sorted(windows, key=lambda window: (window.first, window.last)):
        if not each.seats:
            continue
        if joined and each.first <= end:
            before = joined.pop()
            fuller = each if each.amount > before.amount else before
            joined.append(replace(fuller, seats=before.seats | each.seats))
        else:
            joined.append(each)
        end = max(end, each.last)
    return joined

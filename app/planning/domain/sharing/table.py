"""From a period to exact entitlements: shares by day, balances, cessions."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.planning.domain.seats import KindOfSeat
from app.planning.domain.sharing.period import Member, Period, SharedSeat
from app.planning.domain.sharing.shares import MILLION, shares


@dataclass(frozen=True, slots=True)
class Row:
    """What a society brings into the period for one kind, in millionths.

    Parameters
    ----------
    shares
        Of each seat of the kind, in their order.
    opening
        Balance before the period.
    ceded
        What cessions and exchanges bring it (negative: take from it).
    """

    shares: tuple[int, ...]
    opening: int
    ceded: int

    @property
    def is_even(self) -> bool:
        """Is the share of all seats the same?"""
        return self.shares.count(self.shares[0]) == len(self.shares)

    @property
    def entitled(self) -> int:
        """The exact entitlement."""
        return sum(self.shares) + self.opening + self.ceded


@dataclass(frozen=True, slots=True)
class Table:
    """The period in order.

    Parameters
    ----------
    members
        By name, then id.
    kinds
        In their order, only those with seats to share.
    seats
        By kind, in the order of the prefixes.
    rows
        By kind: a row for each member.
    """

    members: tuple[Member, ...]
    kinds: tuple[KindOfSeat, ...]
    seats: Mapping[KindOfSeat, tuple[SharedSeat, ...]]
    rows: Mapping[KindOfSeat, tuple[Row, ...]]


def lay_table(period: Period) -> Table:
    """Compute the exact entitlements of a period.

    Raises
    ------
    ValueError
        If a society is named twice, the members of a day have no volume, a seat is kept by or ceded
        to a stranger, or the balances of a kind do not sum to zero.
    """
    members = tuple(sorted(period.members, key=lambda each: (each.name, each.id)))
    _check(period, members)
    grouped: defaultdict[KindOfSeat, list[SharedSeat]] = defaultdict(list)
    for seat in sorted(period.seats, key=lambda each: (each.starts_at, each.id)):
        if not seat.outside:
            grouped[seat.of].append(seat)
    kinds = tuple(sorted(grouped))
    seats = {of: tuple(grouped[of]) for of in kinds}
    ceded = _resolve_cessions(period)
    by_day = _Shares(members)
    rows = {}
    for of in kinds:
        daily = [by_day.on(seat.on) for seat in seats[of]]
        rows[of] = tuple(
            Row(
                shares=tuple(each[number] for each in daily),
                opening=period.balances.get((member.id, of), 0),
                ceded=ceded[member.id, of],
            )
            for number, member in enumerate(members)
        )
    return Table(members, kinds, seats, rows)


class _Shares:
    """The shares of the members of each day."""

    def __init__(self, members: Sequence[Member]) -> None:
        self._members = members
        self._known: dict[tuple[bool, ...], tuple[int, ...]] = {}

    def on(self, day: date) -> tuple[int, ...]:
        present = tuple(each.is_member(day) for each in self._members)
        if present not in self._known:
            # Ties go by the place in the order of names, also when two have one name.
            volumes = {
                f"{number:06}": each.volume if here else 0
                for number, (each, here) in enumerate(zip(self._members, present, strict=True))
            }
            self._known[present] = tuple(shares(volumes).values())
        return self._known[present]


def _resolve_cessions(period: Period) -> defaultdict[tuple[int, KindOfSeat], int]:
    found: defaultdict[tuple[int, KindOfSeat], int] = defaultdict(int)
    for each in period.cessions:
        if not each.is_in_force(period.start):
            continue
        found[each.giver, each.of] -= each.seats * MILLION
        found[each.taker, each.of] += each.seats * MILLION
        if each.returned is not None:
            found[each.taker, each.returned] -= each.returned_seats * MILLION
            found[each.giver, each.returned] += each.returned_seats * MILLION
    return found


def _check(period: Period, members: Sequence[Member]) -> None:
    ids = {member.id for member in members}
    if len(ids) < len(members):
        msg = "a society takes part twice: give each member once"
        raise ValueError(msg)
    strangers = {seat.holder for seat in period.seats if seat.holder is not None} - ids
    strangers |= {
        each for cession in period.cessions for each in (cession.giver, cession.taker)
    } - ids
    strangers |= {society for society, _ in period.balances} - ids
    if strangers:
        named = ", ".join(map(str, sorted(strangers)))
        msg = f"no member of the period: {named}; settle or remove what is theirs first"
        raise ValueError(msg)
    sums: defaultdict[KindOfSeat, int] = defaultdict(int)
    for (_, of), millionths in period.balances.items():
        sums[of] += millionths
    for of, left in sorted(sums.items()):
        if left:
            msg = f"the balances of {of.segment} sum to {left} millionths, not to zero"
            raise ValueError(msg)

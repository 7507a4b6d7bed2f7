"""A small world for these tests: societies by volume, kinds by their seats on each day."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import strategies as st

from app.planning.domain.seats import GuardLine, KindOfSeat, SeatKind
from app.planning.domain.sharing.period import Member, Period, SharedSeat
from app.planning.domain.sharing.rights import Sharing
from app.planning.domain.sharing.shares import MILLION

MONDAY = date(2026, 1, 5)
EVERY_DAY = range(7)
SATURDAY_SUNDAY = (5, 6)


def kind(segment: str) -> KindOfSeat:
    return KindOfSeat(segment, GuardLine.FIRST, SeatKind.READER)


EVENING, NIGHT = kind("evening"), kind("night")


def make_members(volumes: Sequence[int]) -> list[Member]:
    return [
        Member(number, f"society {number:02}", volume)
        for number, volume in enumerate(volumes, start=1)
    ]


def make_seats(
    of: KindOfSeat,
    count: int,
    *,
    first: int = 1,
    start: date = MONDAY,
    on: Collection[int] = EVERY_DAY,
    a_day: int = 1,
    special: Mapping[date, str] | None = None,
) -> list[SharedSeat]:
    """Lay seats of a kind on the days of the week that are asked for, from a day on."""
    days = (start + timedelta(days=number) for number in range(10_000))
    chosen = [day for day in days if day.weekday() in on][: -(-count // a_day)]
    return [
        SharedSeat(
            id=first + number,
            of=of,
            starts_at=datetime.combine(day, time(20), tzinfo=UTC),
            on=day,
            special=(special or {}).get(day),
        )
        for number, day in enumerate(day for day in chosen for _ in range(a_day))
    ][:count]


def make_period(
    volumes: Sequence[int],
    counts: Mapping[KindOfSeat, int],
    *,
    balances: Mapping[tuple[int, KindOfSeat], int] | None = None,
    start: date = MONDAY,
) -> Period:
    seats: list[SharedSeat] = []
    for of, count in counts.items():
        seats += make_seats(of, count, first=len(seats) + 1, start=start)
    return Period(start=start, members=make_members(volumes), seats=seats, balances=balances or {})


def closing(sharing: Sharing) -> dict[tuple[int, KindOfSeat], int]:
    return {(cell.society, cell.of): cell.closing for cell in sharing.cells}


def totals(sharing: Sharing) -> dict[int, tuple[int, int]]:
    """Give what each society is entitled to and gets over all kinds."""
    found: dict[int, tuple[int, int]] = {}
    for cell in sharing.cells:
        entitled, seats = found.get(cell.society, (0, 0))
        found[cell.society] = (entitled + cell.entitled, seats + cell.seats)
    return found


def is_rounded(millionths: int, seats: int) -> bool:
    """Is it the exact right, rounded down or up?"""
    return millionths // MILLION <= seats <= -(-millionths // MILLION)


some_volumes = st.lists(st.integers(0, 10**6), min_size=1, max_size=11).filter(any)
some_counts = st.dictionaries(
    st.sampled_from([EVENING, NIGHT, kind("day")]), st.integers(1, 25), min_size=1
)

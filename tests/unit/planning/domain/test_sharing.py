"""Which society owes which seat."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.apportion import MILLION
from app.planning.domain.seats import GuardLine, Seat, SeatKind
from app.planning.domain.sharing import KindOfSeat, share_out

MONDAY = datetime(2026, 3, 23, tzinfo=UTC)
EVENING = KindOfSeat("evening", GuardLine.FIRST, SeatKind.READER)


def make_seats(count: int, *, of: KindOfSeat = EVENING, first: int = 1) -> list[Seat]:
    return [
        Seat(
            id=first + number,
            segment=of.segment,
            line=of.line,
            kind=of.kind,
            interval=Interval(
                MONDAY + timedelta(days=number), MONDAY + timedelta(days=number, hours=6)
            ),
            guard=Interval(
                MONDAY + timedelta(days=number), MONDAY + timedelta(days=number, hours=6)
            ),
        )
        for number in range(count)
    ]


def test_each_kind_of_seat_is_shared_on_its_own() -> None:
    coordinator = KindOfSeat("evening", GuardLine.FIRST, SeatKind.COORDINATOR)
    backup = KindOfSeat("evening", GuardLine.BACKUP, SeatKind.READER)
    seats = (
        make_seats(4) + make_seats(4, of=coordinator, first=11) + make_seats(2, of=backup, first=21)
    )

    owed, rights = share_out(seats, volumes={"a": 3, "b": 1})

    assert [owed[each.id] for each in seats[:4]] == ["a", "a", "b", "a"]
    assert Counter(owed[each.id] for each in seats[4:8]) == {"a": 3, "b": 1}
    assert [(right.of, right.society, right.seats) for right in rights] == [
        (backup, "a", 2),
        (backup, "b", 0),
        (coordinator, "a", 3),
        (coordinator, "b", 1),
        (EVENING, "a", 3),
        (EVENING, "b", 1),
    ]


def test_a_right_tells_the_sum_that_it_comes_from() -> None:
    _, (first, second) = share_out(make_seats(7), volumes={"a": 2, "b": 1})

    assert (first.volume, first.share, first.seats_millionths, first.seats) == (
        2,
        666_667,
        4_666_669,
        5,
    )
    assert (second.share, second.seats_millionths) == (333_333, 2_333_331)


def test_no_seat_is_no_right() -> None:
    assert share_out([], volumes={"a": 1}) == ({}, [])


def test_without_volumes_nothing_is_shared() -> None:
    with pytest.raises(ValueError, match="no society has any volume"):
        share_out(make_seats(1), volumes={"a": 0})


@given(
    count=st.integers(0, 60),
    volumes=st.dictionaries(
        st.text("abcdef", min_size=1, max_size=2), st.integers(0, 10**6), min_size=1, max_size=11
    ).filter(lambda volumes: sum(volumes.values()) > 0),
)
def test_every_seat_has_one_society_and_no_right_is_off_by_a_seat(
    count: int, volumes: dict[str, int]
) -> None:
    seats = make_seats(count)

    owed, rights = share_out(seats, volumes=volumes)

    assert set(owed) == {each.id for each in seats}
    given_out = Counter(owed.values())
    assert sum(right.seats_millionths for right in rights) == count * MILLION
    for right in rights:
        assert given_out[right.society] == right.seats
        assert abs(right.seats * MILLION - right.seats_millionths) < MILLION

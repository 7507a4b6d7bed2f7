"""Shares in proportion to volumes: published vectors and properties."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.sharing.shares import MILLION, apportion, shares, spread_amount

names = st.text("abcdefghijkl", min_size=1, max_size=3)
volumes_by_name = st.dictionaries(names, st.integers(0, 10**9), min_size=1, max_size=11).filter(
    lambda volumes: sum(volumes.values()) > 0
)
seat_counts = st.integers(0, 2000)


@pytest.mark.parametrize(
    ("votes", "seats", "expected"),
    (
        # Balinski & Young 1975; remainders decide the last seat against the largest party.
        ([5117, 4400, 162, 161, 160], 100, [51, 44, 2, 2, 1]),
        ([9061, 7179, 5259, 3319, 1182], 26, [9, 7, 5, 4, 1]),
        ([14, 28, 7, 35], 12, [2, 4, 1, 5]),
        ([10, 9, 8, 8, 11, 12], 3, [1, 0, 0, 0, 1, 1]),
    ),
)
def test_published_vectors_come_out(votes: list[int], seats: int, expected: list[int]) -> None:
    volumes = {f"party {number}": count for number, count in enumerate(votes)}

    assert list(apportion(seats, volumes=volumes).values()) == expected


def test_ties_go_to_the_name_that_sorts_first() -> None:
    assert apportion(2, volumes={"c": 5, "a": 5, "b": 5}) == {"c": 0, "a": 1, "b": 1}


def test_remainders_that_no_float_can_tell_apart_are_told_apart() -> None:
    big = 10**17

    assert apportion(1, volumes={"a": big, "b": big + 1}) == {"a": 0, "b": 1}


@given(seat_counts, volumes_by_name)
def test_all_seats_are_handed_out_and_each_quota_is_kept(
    seats: int, volumes: dict[str, int]
) -> None:
    counts = apportion(seats, volumes=volumes)

    total = sum(volumes.values())
    assert sum(counts.values()) == seats
    assert list(counts) == list(volumes)
    for name, count in counts.items():
        assert abs(count - Fraction(seats * volumes[name], total)) < 1


@given(seat_counts, volumes_by_name)
def test_no_volume_gives_no_seat(seats: int, volumes: dict[str, int]) -> None:
    counts = apportion(seats, volumes=volumes | {"none": 0})

    assert counts["none"] == 0


@given(seat_counts, volumes_by_name, st.randoms())
def test_the_order_of_societies_does_not_matter(
    seats: int, volumes: dict[str, int], random: Random
) -> None:
    shuffled = sorted(volumes.items(), key=lambda _: random.random())

    assert apportion(seats, volumes=dict(shuffled)) == apportion(seats, volumes=volumes)


@given(seat_counts, volumes_by_name, st.integers(1, 1000))
def test_the_unit_of_volume_does_not_matter(
    seats: int, volumes: dict[str, int], factor: int
) -> None:
    scaled = {name: volume * factor for name, volume in volumes.items()}

    assert apportion(seats, volumes=scaled) == apportion(seats, volumes=volumes)


@given(volumes_by_name)
def test_shares_sum_to_one_million(volumes: dict[str, int]) -> None:
    assert sum(shares(volumes).values()) == MILLION


def test_eleven_thirds_are_eleven_exact_integers() -> None:
    assert shares({"a": 1, "b": 1, "c": 1}) == {"a": 333_334, "b": 333_333, "c": 333_333}


@pytest.mark.parametrize("volumes", ({}, {"a": 0}, {"a": 0, "b": 0}))
def test_without_any_volume_there_is_nothing_to_go_by(volumes: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="no society has any volume"):
        apportion(3, volumes=volumes)


def test_a_negative_volume_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="the volume of b, d is negative"):
        apportion(3, volumes={"a": 9, "d": -1, "b": -2})


def test_a_negative_number_of_seats_is_refused() -> None:
    with pytest.raises(ValueError, match="there cannot be -1 seats"):
        apportion(-1, volumes={"a": 1})


@given(st.integers(-(10**12), 10**12), volumes_by_name)
def test_an_amount_is_spread_to_the_last_millionth(
    millionths: int, volumes: dict[str, int]
) -> None:
    parts = spread_amount(millionths, weights=volumes)

    total = sum(volumes.values())
    assert sum(parts.values()) == millionths
    for name, part in parts.items():
        assert abs(part - Fraction(millionths * volumes[name], total)) < 1

"""Whose society is said to have done a swapped seat."""

from dataclasses import replace
from datetime import date

import pytest

from app.planning.domain.sharing.ledger import GUARDS, Entry, EntryKind, Posting
from app.planning.domain.swap_credit import find_credited, post_credit
from tests.factories.placements import hours, place

SEAT = place(1, hours(0, 8)).seat


def entry(society: int, millionths: int, *, kind: EntryKind = EntryKind.SWAP) -> Entry:
    return Entry(
        number=1,
        entry=kind,
        society=society,
        of=SEAT.of,
        millionths=millionths,
        on=date(2026, 3, 23),
        cause="swap 1",
    )


@pytest.mark.parametrize(
    ("posted", "credited"),
    (
        ([], 1),
        ([entry(1, 10), entry(2, -10)], 2),
        ([entry(1, 10), entry(2, -10), entry(2, 10), entry(1, -10)], 1),
        ([entry(1, 10), entry(2, -10), entry(2, 10), entry(3, -10)], 3),
        ([entry(1, 10, kind=EntryKind.LOAN), entry(2, -10, kind=EntryKind.LOAN)], 1),
        ([replace(entry(2, -10), counter="sunday")], 1),
    ),
)
def test_the_last_taker_has_the_credit_else_who_owes_the_seat(
    posted: list[Entry], credited: int
) -> None:
    assert find_credited(posted, owing=1) == credited


def test_a_seat_credited_to_another_society_is_counted_for_it_in_each_counter() -> None:
    found = post_credit(SEAT, owing=1, credited=2, counters=("sunday",))

    assert found == [
        Posting(EntryKind.SWAP, society, SEAT.of, millionths, counter)
        for counter in (GUARDS, "sunday")
        for society, millionths in ((1, 1_000_000), (2, -1_000_000))
    ]


def test_a_seat_with_its_own_hours_is_worth_its_part_of_the_guard() -> None:
    half = replace(SEAT, interval=hours(0, 4), guard=hours(0, 8))

    assert [each.millionths for each in post_credit(half, owing=1, credited=2)] == [
        500_000,
        -500_000,
    ]
    assert post_credit(half, owing=1, credited=1) == []

"""Why a society has these guards, and the same numbers from what was exported."""

import csv
import io
import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.planning.domain.seats import KindOfSeat
from app.planning.domain.sharing.export import Value, export
from app.planning.domain.sharing.model import share_period
from app.planning.domain.sharing.period import Cession, Period, WeekdayClass
from app.planning.domain.sharing.proof import prove
from app.planning.domain.sharing.recompute import compare, read_period, recompute
from app.planning.domain.sharing.shares import MILLION
from tests.unit.planning.domain.sharing import (
    EVENING,
    MONDAY,
    NIGHT,
    make_members,
    make_period,
    make_seats,
    some_counts,
    some_volumes,
)

CHRISTMAS = date(2026, 12, 25)


def make_rich_period() -> Period:
    """Make a period with everything that an export has to carry."""
    start = date(2026, 12, 14)
    evenings = make_seats(EVENING, 20, start=start, special={CHRISTMAS: "christmas"})
    nights = make_seats(NIGHT, 10, first=51, start=start, special={CHRISTMAS: "christmas"})
    first, second, third = make_members([500, 300, 200])
    return Period(
        start=start,
        members=[first, second, replace(third, joined=start + timedelta(days=5))],
        seats=[
            replace(evenings[0], holder=1),
            replace(evenings[1], outside=True),
            *evenings[2:],
            *nights,
        ],
        balances={(1, EVENING): 400_000, (2, EVENING): -400_000},
        cessions=[
            Cession(1, 2, NIGHT, 1, start=start, end=start + timedelta(days=90)),
            Cession(1, 2, NIGHT, 1, returned=EVENING, returned_seats=1),
        ],
        special_balances={(1, "christmas"): -200_000, (2, "christmas"): 200_000},
        class_balances={(1, EVENING, WeekdayClass.FRIDAY): 400_000},
    )


def through_csv(tables: dict[str, list[dict[str, Value]]]) -> dict[str, list[dict[str, str]]]:
    """Write tables as CSV and read them back: every value a text."""
    read = {}
    for name, rows in tables.items():
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]) if rows else [])
        writer.writeheader()
        writer.writerows(rows)
        read[name] = list(csv.DictReader(io.StringIO(text.getvalue())))
    return read


def test_a_proof_tells_every_sum_of_a_society() -> None:
    period = make_period([2, 1], {EVENING: 7, NIGHT: 4}, balances={(1, NIGHT): 9, (2, NIGHT): -9})
    sharing = share_period(period)

    proof = prove(period, sharing, society=1)

    assert (proof.name, proof.volume, proof.of_volume, proof.share) == (
        "society 01",
        2,
        3,
        666_667,
    )
    assert [cell.entitled for cell in proof.cells] == [7 * 666_667, 4 * 666_667 + 9]
    assert proof.opening == 9
    assert proof.entitled == 11 * 666_667 + 9
    assert proof.seats == sum(society == 1 for society in sharing.owed.values())
    assert proof.closing == proof.entitled - proof.seats * MILLION
    assert proof.spread.millionths == max(cell.spread.millionths for cell in proof.cells)
    assert proof.spread.at in {seat.starts_at for seat in period.seats}
    assert {right.society for right in proof.classes} == {1}
    assert (proof.is_within_a_guard, proof.debt) == (True, 0)


def test_a_deviation_tells_when_it_was_reached() -> None:
    # One seat a night of two halves: the first night is half a guard off for both.
    period = make_period([1, 1], {NIGHT: 2})

    proof = prove(period, share_period(period), society=2)

    assert (proof.spread.millionths, proof.spread.at) == (500_000, period.seats[0].starts_at)


def test_a_debt_is_told() -> None:
    period = make_period(
        [1, 1], {NIGHT: 2}, balances={(1, NIGHT): -3 * MILLION, (2, NIGHT): 3 * MILLION}
    )

    proof = prove(period, share_period(period), society=1)

    assert (proof.debt, proof.seats, proof.is_within_a_guard) == (2 * MILLION, 0, False)


def test_special_days_and_gaps_are_told() -> None:
    period = make_rich_period()
    sharing = share_period(period)

    proof = prove(period, sharing, society=2)

    assert [right.day for right in proof.special] == ["christmas"]
    assert proof.special[0].opening == 200_000
    assert proof.special_gap == abs(proof.special[0].closing)
    assert proof.class_gap == max(abs(right.closing) for right in proof.classes)
    assert proof.ceded == 2 * MILLION - MILLION


def test_a_stranger_has_no_proof() -> None:
    period = make_period([1], {NIGHT: 1})

    with pytest.raises(ValueError, match="society 8 is no member"):
        prove(period, share_period(period), society=8)


@settings(max_examples=30)
@given(some_volumes, some_counts)
def test_the_same_numbers_come_out_of_what_was_exported(
    volumes: list[int], counts: dict[KindOfSeat, int]
) -> None:
    period = make_period(volumes, counts)
    sharing = share_period(period)

    tables = json.loads(json.dumps(export(period, sharing)))

    assert recompute(tables) == sharing
    assert compare(tables) == []


def test_everything_that_a_period_holds_is_carried_by_json_and_by_csv() -> None:
    period = make_rich_period()
    sharing = share_period(period)
    tables = export(period, sharing)

    for read in (json.loads(json.dumps(tables)), through_csv(tables)):
        assert read_period(read) == period
        assert recompute(read) == sharing
        assert compare(read) == []


def test_the_sharing_itself_comes_out_again_of_what_was_exported() -> None:
    period = make_rich_period()
    sharing = share_period(period)

    assert share_period(read_period(export(period, sharing))) == sharing


def test_a_number_that_was_changed_is_named() -> None:
    period = make_period([2, 1], {EVENING: 7})
    tables = export(period, share_period(period))
    told = tables["cells"][1]["closing"]
    assert isinstance(told, int)
    tables["cells"][1]["closing"] = told + 1
    tables["classes"].pop()

    differences = compare(tables)

    assert [(each.table, each.row, each.column) for each in differences] == [
        ("cells", 2, "closing"),
        ("classes", 0, "rows"),
    ]
    assert (differences[0].told, differences[0].found) == (told + 1, told)


def test_a_seat_given_to_another_society_does_not_go_unseen() -> None:
    period = make_period([2, 1], {EVENING: 7}, start=MONDAY)
    tables = export(period, share_period(period))
    tables["seats"][0]["owed_by"] = 3 - int(str(tables["seats"][0]["owed_by"]))

    assert {each.column for each in compare(tables)} >= {"seats", "closing"}


@given(st.sampled_from(["members", "seats", "balances", "cessions"]))
def test_an_export_without_a_table_is_refused(name: str) -> None:
    period = make_period([1], {EVENING: 1})
    tables = export(period, share_period(period))
    del tables[name]

    with pytest.raises(KeyError, match=name):
        recompute(tables)

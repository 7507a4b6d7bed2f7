"""A roster from a file: who is to hold which seat, or every fault by line and column."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.roster_lines import COLUMNS, ReadSeat, SaidSeat
from app.planning.domain.roster_table import MOST_FAULTS, MOST_LINES, RosterReading, read_roster
from app.planning.domain.typed_name import Named

ADA = Named(1, "10000000018", "Byron", "Ada")
BEN = Named(2, "10000000026", "Cohen", "Ben")
TWINS = (Named(3, "10000000034", "Martin", "Léa"), Named(4, "10000000042", "Martin", "Léa"))
START, END = "2026-11-16T17:30:00+00:00", "2026-11-16T23:00:00+00:00"
HEADER = ",".join(COLUMNS)


def make_seat(
    holder: Named | None = ADA, *, society: int | None = 7, is_over: bool = False
) -> SaidSeat:
    cells = {"segment": "evening", "line": "first", "kind": "reader", "start": START, "end": END}
    if society is not None:
        cells |= {"society_id": str(society), "society": "One"}
    return SaidSeat(
        cells=cells,
        society=society,
        radiologist=None if holder is None else holder.id,
        name="" if holder is None else f"Dr {holder.given_name} {holder.family_name}",
        is_over=is_over,
    )


def read(text: str | bytes, *, said: Mapping[int, SaidSeat] | None = None) -> RosterReading:
    return read_roster(
        text if isinstance(text, bytes) else text.encode(),
        said={5: make_seat()} if said is None else said,
        people=(ADA, BEN, *TWINS),
        societies={"One": 7, "Two": 8},
    )


def refuse(text: str | bytes, *, said: Mapping[int, SaidSeat] | None = None) -> list[str]:
    found = read(text, said=said)
    assert found.changes == ()
    return [str(each) for each in found.faults]


def export(number: int, seat: SaidSeat) -> str:
    cells = {
        **seat.cells,
        "seat_id": str(number),
        "radiologist": seat.name,
        "radiologist_id": str(seat.radiologist or ""),
        "reason": "quota",
    }
    return ",".join(cells.get(name, "") for name in COLUMNS)


@pytest.mark.parametrize("named", [BEN.rpps, "Cohen", "dr ben cohen", "COHEN Ben"])
def test_a_holder_is_named_by_rpps_or_as_somebody_would_type_it(named: str) -> None:
    found = read(f"seat_id,radiologist\n5,{named}\n")

    assert found.faults == ()
    assert found.changes == (ReadSeat(5, 7, BEN.id, ""),)


def test_an_empty_holder_is_nobody_and_who_holds_it_already_changes_nothing() -> None:
    assert read("seat_id,radiologist\n5,\n").changes == (ReadSeat(5, 7, None, ""),)
    assert read(f"seat_id,radiologist\n5,{ADA.rpps}\n").changes == ()
    gone = make_seat(Named(9, "10000000091", "Gone", "Guy"))
    assert read("seat_id,radiologist\n5,Dr Guy Gone\n", said={5: gone}).changes == ()


def test_the_id_of_the_export_tells_two_people_of_one_name_apart() -> None:
    rows = f"seat_id,radiologist,radiologist_id\n5,Léa Martin,{TWINS[1].id}\n"

    assert [each.radiologist for each in read(rows).changes] == [TWINS[1].id]
    (fault,) = refuse("seat_id,radiologist\n5,Léa Martin\n")
    assert fault.startswith("line 2, column 2: 'Léa Martin' may be Martin Léa (10000000034), ")
    assert fault.endswith("Martin Léa (10000000042): write the RPPS number")


def test_a_seat_that_nobody_owes_yet_needs_the_society() -> None:
    said = {5: make_seat(None, society=None)}

    found = read("seat_id,society,radiologist,reason\n5,two,Cohen,quota\n", said=said)

    assert found.changes == (ReadSeat(5, 8, BEN.id, "quota"),)
    assert refuse("seat_id,radiologist\n5,Cohen\n", said=said) == [
        "line 2: there is no society '', and nobody owes the seat yet"
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    (
        ("", "line 1: the file is empty"),
        ("seat_id\n5\n", "line 1: no semicolon, comma or tab separates the columns"),
        ("seat_id,segment\n5,day\n", "line 1: the column radiologist is missing"),
        ("seat_id,radiologist,moon\n5,,\n", "line 1, column 3: there is no column 'moon': "),
        ("seat_id,radiologist,seat_id\n5,,5\n", "line 1: a column stands twice"),
        ("seat_id,radiologist\n", "line 1: there is no line below the names of the columns"),
        ("seat_id,radiologist\n6,Cohen\n", "line 2, column 1: there is no seat '6' in this"),
        ("seat_id,radiologist\n-5,Cohen\n", "line 2, column 1: there is no seat '-5' in this"),
        (f"seat_id,radiologist\n{'5' * 5000},Cohen\n", "line 2, column 1: there is no seat '555"),
        ("seat_id,radiologist\n5,Nobody\n", "line 2, column 2: 'Nobody' is no radiologist: "),
        ("seat_id,radiologist\n5,Cohen,3\n", "line 2: there are 3 fields, not 2"),
        ('seat_id,radiologist\n5,"Cohen\n', "line 2: quotation marks are opened and not closed"),
        ("seat_id,radiologist,segment\n5,Cohen,day\n", "line 2, column 3: 'day' is not 'evening'"),
        ("seat_id,radiologist,society\n5,Cohen,Two\n", "line 2, column 3: 'Two' is not 'One'"),
        (
            "seat_id,radiologist,end\n5,Cohen,2026-11-16T22:00:00+00:00\n",
            "line 2, column 3: '2026-11-16T22:00:00+00:00' is not",
        ),
        ("seat_id,radiologist,end\n5,Cohen,2026-11-17 00:00\n", "line 2, column 3: "),
        (
            "seat_id,radiologist,radiologist_id\n5,Dr Ada Byron,2\n",
            "line 2, column 3: '2' is not who is named",
        ),
        (b"PK\x03\x04", "line 1: this is no text"),
    ),
)
def test_each_fault_is_told_by_line_and_column(text: str | bytes, fault: str) -> None:
    (found,) = refuse(text)

    assert found.startswith(fault)


def test_all_faults_are_told_and_nothing_is_taken() -> None:
    rows = "seat_id;radiologist\n5;Cohen\n\n5;Byron\n6;Cohen\n"

    assert refuse(rows) == [
        "line 4, column 1: seat 5 stands on line 2 already",
        "line 5, column 1: there is no seat '6' in this planning",
    ]


def test_what_is_over_stays() -> None:
    said = {5: make_seat(is_over=True)}

    assert read("seat_id,radiologist\n5,Byron\n", said=said).changes == ()
    assert refuse("seat_id,radiologist\n5,Cohen\n", said=said) == [
        "line 2, column 2: seat 5 is over; what was, stays"
    ]


def test_a_file_of_a_spreadsheet_is_read_with_its_mark_and_its_clock() -> None:
    there = "2026-11-16T18:30:00+01:00"
    text = f"\ufeffSEAT_ID;Radiologist;start\n5;Léa Martin ;{there}\n".encode()
    rows = text.replace("Léa Martin".encode(), TWINS[0].rpps.encode())

    assert [each.radiologist for each in read(rows).changes] == [TWINS[0].id]


def test_too_many_lines_and_too_many_faults_are_cut() -> None:
    many = "seat_id,radiologist\n" + "6,Cohen\n" * (MOST_LINES + 1)

    faults = refuse(many)

    assert faults[0] == f"line {MOST_LINES + 2}: there are more than {MOST_LINES} lines"
    assert len(faults) == MOST_FAULTS


holders = st.sampled_from((None, ADA, BEN, *TWINS))


@given(st.lists(st.tuples(holders, st.booleans()), min_size=1, max_size=12), st.randoms())
def test_an_export_that_nobody_touched_changes_nothing(
    drawn: list[tuple[Named | None, bool]], order: Random
) -> None:
    said = {
        number: make_seat(holder, is_over=is_over)
        for number, (holder, is_over) in enumerate(drawn, start=1)
    }
    rows = [export(number, seat) for number, seat in said.items()]
    order.shuffle(rows)

    found = read("\r\n".join((HEADER, *rows)), said=said)

    assert (found.changes, found.faults, found.lines) == ((), (), len(said))


@given(st.lists(holders, min_size=1, max_size=12))
def test_an_export_of_seats_that_nobody_owed_gives_the_same_holders(
    drawn: list[Named | None],
) -> None:
    told = {number: make_seat(holder) for number, holder in enumerate(drawn, start=1)}
    empty = make_seat(None, society=None)
    said = {number: replace(empty) for number in told}
    rows = [export(number, seat) for number, seat in told.items()]

    found = read("\n".join((HEADER, *rows)), said=said)

    assert [each.radiologist for each in found.changes] == [each and each.id for each in drawn]
    assert {each.society for each in found.changes} == {7}


@given(st.binary(max_size=200))
def test_whatever_comes_in_is_read_or_refused(content: bytes) -> None:
    found = read(content)

    assert bool(found.faults) != bool(found.lines)

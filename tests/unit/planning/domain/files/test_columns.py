"""Columns of a table: in any order, in either language, and told when they are wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.files.columns import Columns, Header
from app.planning.domain.files.faults import Fault, FaultKind, describe
from app.planning.domain.files.source_text import Row

COLUMNS = Columns({"month": ("month", "mois"), "exams": ("exams",)}, needed=("month",))


@given(st.permutations(["MOIS", "Exams"]))
def test_columns_are_known_in_any_order_and_either_language(fields: list[str]) -> None:
    header = COLUMNS.read_header(Row(1, fields))

    assert header.faults == ()
    assert sorted(header.names) == ["exams", "month"]
    cells = header.read_cells(Row(2, fields))
    assert cells == {"month": "MOIS", "exams": "Exams"}


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        (None, [(None, FaultKind.BAD_QUOTES, "")]),
        (["exams"], [(None, FaultKind.MISSING_COLUMN, "month")]),
        (["mois", "month"], [(2, FaultKind.COLUMN_TWICE, "month")]),
        (["month", "x" * 50], [(2, FaultKind.UNKNOWN_COLUMN, "x" * 39 + "…")]),
    ],
)
def test_every_fault_of_the_first_line_is_told(
    fields: list[str] | None, faults: list[tuple[int | None, FaultKind, str]]
) -> None:
    told = COLUMNS.read_header(Row(4, fields)).faults

    assert [(each.column, each.kind, each.value) for each in told] == faults
    assert {each.line for each in told} == {4}


def test_a_line_of_another_length_or_with_open_quotes_has_no_cells() -> None:
    header = Header(("month", "exams"))

    short = header.read_cells(Row(7, ["2026-01"]))
    assert short == Fault(7, None, FaultKind.WRONG_LENGTH, "1/2")
    assert header.read_cells(Row(8, None)) == Fault(8, None, FaultKind.BAD_QUOTES)


def test_the_fault_of_a_cell_stands_in_its_column() -> None:
    fault = Header(("month", "exams")).blame("exams", FaultKind.NEGATIVE, row=3, value="-1")

    assert describe(fault) == "line 3, column 2: -1 is negative"

"""Files of volumes: what is understood, and every fault by line and column."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.files.faults import Fault, FaultKind, describe
from app.planning.domain.files.source_text import MOST_BYTES
from app.planning.domain.volumes.counting import MonthlyCount
from app.planning.domain.volumes.table import MOST_FAULTS, MOST_LINES, Reading, read_table

SOCIETIES = {"Imagerie du Golfe": 1, "IDG": 1, "Scanner Océan": 2, "SO": 2}
TODAY = date(2026, 11, 22)
HEADER = "society;month;exams"
MARCH = date(2026, 3, 1)


def read(text: str | bytes) -> Reading:
    content = text if isinstance(text, bytes) else text.encode()
    return read_table(content, societies=SOCIETIES, today=TODAY)


def faults(text: str | bytes) -> list[tuple[int, int | None, FaultKind, str]]:
    found = read(text)
    assert found.lines == ()
    return [(each.line, each.column, each.kind, each.value) for each in found.faults]


def counts(text: str | bytes) -> list[MonthlyCount]:
    found = read(text)
    assert found.faults == ()
    return [line.count for line in found.lines]


def test_each_line_is_a_month_of_a_society_by_any_of_its_names() -> None:
    text = f"{HEADER}\nIDG;2026-03;120\nscanner océan ;04/2026;80\n\ncommun;2026-03;7\n"

    assert counts(text) == [
        MonthlyCount(1, MARCH, exams=120, weighted=120_000),
        MonthlyCount(2, date(2026, 4, 1), exams=80, weighted=80_000),
        MonthlyCount(None, MARCH, exams=7, weighted=7_000),
    ]
    assert [line.number for line in read(text).lines] == [2, 3, 5]


def test_columns_stand_in_any_order_and_in_french_too() -> None:
    text = (
        "refus,Mois,tests,Société,examens,renvois,antériorités,pondéré\n3,2026-03,1,SO,9,2,4,8.25"
    )

    assert counts(text) == [
        MonthlyCount(2, MARCH, exams=9, weighted=8_250, tests=1, resends=2, priors=4, refusals=3)
    ]


@pytest.mark.parametrize("separator", (";", ",", "\t"))
def test_each_separator_is_understood_and_told(separator: str) -> None:
    text = f"{HEADER}\nIDG;2026-03;120\n".replace(";", separator)

    assert counts(text) == [MonthlyCount(1, MARCH, exams=120, weighted=120_000)]
    assert read(text).source.separator == separator


def test_a_mark_of_byte_order_is_passed_over_and_told() -> None:
    content = b"\xef\xbb\xbf" + f"{HEADER}\r\nIDG;2026-03;120\r\n".encode()

    assert counts(content) == [MonthlyCount(1, MARCH, exams=120, weighted=120_000)]
    assert read(content).source.byte_order_mark


def test_windows_1252_is_understood_and_told() -> None:
    content = f"{HEADER}\nScanner Océan;2026-03;5\n".encode("cp1252")

    assert counts(content) == [MonthlyCount(2, MARCH, exams=5, weighted=5_000)]
    assert read(content).source.encoding == "cp1252"


def test_a_byte_that_is_no_character_is_named_with_its_line() -> None:
    content = f"{HEADER}\nIDG;2026-03;5\nOc\x81an;2026-03;5\n".encode("latin-1")

    assert faults(content) == [(3, None, FaultKind.BAD_CHARACTER, "0x81")]


def test_a_broken_character_behind_a_mark_of_utf_8_is_named_with_its_line() -> None:
    content = b"\xef\xbb\xbf" + f"{HEADER}\nScanner Oc\xe9an;2026-03;5\n".encode("latin-1")

    assert faults(content) == [(2, None, FaultKind.BAD_CHARACTER, "0xE9")]


@pytest.mark.parametrize(
    ("content", "name"),
    (
        (HEADER.encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04rest of a workbook", "XLSX"),
        (b"\xd0\xcf\x11\xe0rest", "XLS"),
        (b"society;month\0;exams", ""),
    ),
)
def test_what_is_no_text_is_refused_by_name(content: bytes, name: str) -> None:
    assert faults(content) == [(1, None, FaultKind.NOT_TEXT, name)]


@pytest.mark.parametrize("content", ("", "\n\n", "  \n", ";;;\n;;"))
def test_an_empty_file_is_refused(content: str) -> None:
    assert [kind for *_, kind, _ in faults(content)] == [FaultKind.EMPTY]


def test_a_file_without_a_line_below_the_columns_is_refused() -> None:
    assert faults(f"\n{HEADER}\n") == [(2, None, FaultKind.NO_LINE, "")]


def test_a_huge_file_is_refused_unread() -> None:
    assert faults(b"x" * (MOST_BYTES + 1)) == [(1, None, FaultKind.TOO_LARGE, "")]


def test_too_many_lines_are_refused_at_the_first_too_many() -> None:
    lines = [
        f"{'IDG' if n % 2 else 'SO'};{1 + n // 2 % 12:02}/{1000 + n // 24};1"
        for n in range(MOST_LINES + 1)
    ]

    assert faults("\n".join([HEADER, *lines])) == [
        (MOST_LINES + 2, None, FaultKind.TOO_MANY_LINES, "")
    ]


def test_one_column_alone_is_no_table() -> None:
    assert faults("society\nIDG\n") == [(1, None, FaultKind.NO_SEPARATOR, "")]


def test_columns_that_are_unknown_doubled_or_missing_are_named() -> None:
    assert faults("society;volume;society\nIDG;3;IDG") == [
        (1, 2, FaultKind.UNKNOWN_COLUMN, "volume"),
        (1, 3, FaultKind.COLUMN_TWICE, "society"),
        (1, None, FaultKind.MISSING_COLUMN, "month"),
        (1, None, FaultKind.MISSING_COLUMN, "exams"),
    ]


@pytest.mark.parametrize(
    ("line", "column", "kind", "value"),
    (
        ("Nobody;2026-03;5;1", 1, FaultKind.UNKNOWN_SOCIETY, "Nobody"),
        (";2026-03;5;1", 1, FaultKind.UNKNOWN_SOCIETY, ""),
        ("IDG;2026-13;5;1", 2, FaultKind.BAD_MONTH, "2026-13"),
        ("IDG;mars 2026;5;1", 2, FaultKind.BAD_MONTH, "mars 2026"),
        ("IDG;0000-01;5;1", 2, FaultKind.BAD_MONTH, "0000-01"),
        ("IDG;2026-11;5;1", 2, FaultKind.MONTH_NOT_OVER, "2026-11"),
        ("IDG;2026-03;-5;1", 3, FaultKind.NEGATIVE, "-5"),
        ("IDG;2026-03;−5;1", 3, FaultKind.NEGATIVE, "−5"),
        ("IDG;2026-03;5,5;1", 3, FaultKind.NOT_WHOLE, "5,5"),
        ("IDG;2026-03;1 200;1", 3, FaultKind.NOT_WHOLE, "1 200"),
        ("IDG;2026-03;;1", 3, FaultKind.NO_NUMBER, ""),
        ("IDG;2026-03;many;1", 3, FaultKind.NO_NUMBER, "many"),
        ("IDG;2026-03;٣;1", 3, FaultKind.NOT_WHOLE, "٣"),
        ("IDG;2026-03;9999999999;1", 3, FaultKind.TOO_MANY, "9999999999"),
        ("IDG;2026-03;5;-1,5", 4, FaultKind.NEGATIVE, "-1,5"),
        ("IDG;2026-03;5;1,2345", 4, FaultKind.TOO_PRECISE, "1,2345"),
        ("IDG;2026-03;5;1e3", 4, FaultKind.NO_NUMBER, "1e3"),
        ("IDG;2026-03;5;NaN", 4, FaultKind.NO_NUMBER, "NaN"),
    ),
)
def test_a_cell_that_cannot_be_read_is_named_by_line_and_column(
    line: str, column: int, kind: FaultKind, value: str
) -> None:
    text = f"{HEADER};weighted\nSO;2026-01;1;1\n{line}\n"

    assert faults(text) == [(3, column, kind, value)]


def test_a_month_that_stands_twice_is_named_with_the_line_of_the_first() -> None:
    text = f"{HEADER}\nIDG;2026-03;1\nSO;2026-03;1\nImagerie du Golfe;03/2026;2\n"

    assert faults(text) == [(4, 2, FaultKind.MONTH_TWICE, "2")]


def test_decimal_commas_of_weights_are_understood_between_semicolons_and_told() -> None:
    text = f"{HEADER};weighted\nIDG;2026-03;5;6,25\n"

    assert counts(text)[0].weighted == 6_250
    assert read(text).decimal_comma
    assert not read(text.replace("6,25", "6.25")).decimal_comma


def test_a_decimal_comma_between_commas_is_one_field_too_many() -> None:
    text = "society,month,exams,weighted\nIDG,2026-03,5,6,25\n"

    assert faults(text) == [(2, None, FaultKind.WRONG_LENGTH, "5/4")]
    quoted = text.replace("6,25", '"6,25"')
    assert counts(quoted)[0].weighted == 6_250


def test_quotation_marks_that_are_not_closed_are_named_by_line() -> None:
    assert faults(f'{HEADER}\n"IDG;2026-03;5\nSO;2026-03;5') == [
        (2, None, FaultKind.BAD_QUOTES, "")
    ]
    assert faults('"society;month;exams') == [(1, None, FaultKind.BAD_QUOTES, "")]


def test_every_fault_is_named_and_nothing_is_taken() -> None:
    text = f"{HEADER}\nIDG;2026-03;5\nNobody;soon;-1\nSO;2026-04;x\n"

    assert [(line, column) for line, column, *_ in faults(text)] == [(3, 1), (3, 2), (3, 3), (4, 3)]


def test_the_hundredth_fault_is_enough() -> None:
    text = "\n".join([HEADER, *(["Nobody;2026-03;5"] * 500)])

    assert len(faults(text)) == MOST_FAULTS


def test_what_is_quoted_of_a_file_is_cut_short() -> None:
    ((*_, value),) = faults(f"{HEADER}\n{'x' * 500};2026-03;5\n")

    assert len(value) == 40


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_has_words_with_its_place(kind: FaultKind) -> None:
    told = describe(Fault(12, 3, kind, "value"))

    assert told.startswith("line 12, column 3: ")
    assert "{" not in told


@given(content=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_fault(content: bytes) -> None:
    found = read(content)

    assert bool(found.lines) != bool(found.faults)
    assert all(describe(each) for each in found.faults)


cells = st.sampled_from(["IDG", "SO", "x", "2026-03", "1", "-1", "1,5", "", '"', "é"])


@given(rows=st.lists(st.lists(cells, min_size=2, max_size=4), max_size=6))
def test_any_table_is_taken_whole_or_not_at_all(rows: list[list[str]]) -> None:
    text = "\n".join([HEADER, *(";".join(row) for row in rows)])

    found = read(text)

    filled = [row for row in rows if any(row)]
    assert len(found.lines) in {0, len(filled)}
    assert bool(found.lines) != bool(found.faults)

"""Tables of sessions elsewhere: what is understood, and every fault by line and column."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.busy.session import MOST_FAULTS, MOST_SESSIONS, BusyReading
from app.planning.domain.busy.table import read_busy_table
from app.planning.domain.files.faults import Fault, FaultKind, describe
from app.planning.domain.files.source_text import MOST_BYTES
from tests.factories.directory import complete_luhn

PARIS = ZoneInfo("Europe/Paris")
ONE, TWO, STRANGER = (complete_luhn(f"10{n:08}") for n in (1, 2, 3))
RADIOLOGISTS = {ONE: 1, TWO: 2}
HEADER = "rpps;start;end"
EIGHT, NOON = datetime(2027, 1, 12, 7, tzinfo=UTC), datetime(2027, 1, 12, 11, tzinfo=UTC)
MORNING = Interval(EIGHT, NOON)
LINE = f"{ONE};2027-01-12 08:00;2027-01-12 12:00"


def read(text: str | bytes) -> BusyReading:
    content = text if isinstance(text, bytes) else text.encode()
    return read_busy_table(content, radiologists=RADIOLOGISTS, zone=PARIS)


def faults(text: str | bytes) -> list[tuple[int, int | None, FaultKind, str]]:
    found = read(text)
    assert found.lines == ()
    return [(each.line, each.column, each.kind, each.value) for each in found.faults]


def sessions(text: str | bytes) -> list[tuple[int, Interval]]:
    found = read(text)
    assert found.faults == ()
    return [(each.radiologist, each.interval) for each in found.lines]


@pytest.mark.parametrize(
    ("start", "end"),
    (
        ("2027-01-12 08:00", "2027-01-12 12:00"),
        ("2027-01-12T08:00:00", "2027-01-12T12:00:00"),
        ("2027-01-12T07:00Z", "2027-01-12T12:00+01:00"),
        ("12/01/2027 08:00", "12/01/2027 12:00:00"),
        ("12/1/2027 8h00", "12/1/2027 12h00"),
    ),
)
def test_hours_are_understood_as_programs_and_people_write_them(start: str, end: str) -> None:
    assert sessions(f"{HEADER}\n{ONE};{start};{end}\n") == [(1, MORNING)]


@pytest.mark.parametrize("separator", (";", ",", "\t"))
def test_each_separator_is_understood_and_a_mark_of_byte_order_is_passed_over(
    separator: str,
) -> None:
    text = f"{HEADER}\r\n{LINE}\r\n".replace(";", separator)

    assert sessions(b"\xef\xbb\xbf" + text.encode()) == [(1, MORNING)]


def test_columns_stand_in_any_order_and_in_french_too() -> None:
    text = f"id;Fin;Début;Radiologue\nab-1;2027-01-12 12:00;2027-01-12 08:00;{TWO}"

    assert sessions(text) == [(2, MORNING)]
    assert [each.uid for each in read(text).lines] == ["ab-1"]
    assert sessions(text.encode("cp1252")) == [(2, MORNING)]


def test_a_session_without_a_uid_has_one_made_of_its_hours() -> None:
    (line,) = read(f"{HEADER};uid\n{LINE};\n").lines

    assert (line.number, line.uid) == (2, "20270112T070000Z/20270112T110000Z")


def test_a_wall_time_that_the_clocks_jump_over_is_the_first_instant_after() -> None:
    text = f"{HEADER}\n{ONE};2027-03-28 02:30;2027-03-28 04:00\n"

    start = datetime(2027, 3, 28, 1, tzinfo=UTC)
    assert sessions(text) == [(1, Interval(start, start + timedelta(hours=1)))]


@pytest.mark.parametrize(
    ("line", "column", "kind", "value"),
    (
        ("12345;2027-01-12 08:00;2027-01-12 12:00;", 1, FaultKind.BAD_RPPS, "12345"),
        (";2027-01-12 08:00;2027-01-12 12:00;", 1, FaultKind.BAD_RPPS, ""),
        (
            f"{STRANGER};2027-01-12 08:00;2027-01-12 12:00;",
            1,
            FaultKind.UNKNOWN_RADIOLOGIST,
            STRANGER,
        ),
        (f"{ONE};tomorrow;2027-01-12 12:00;", 2, FaultKind.BAD_INSTANT, "tomorrow"),
        (f"{ONE};2027-13-12 08:00;2027-01-12 12:00;", 2, FaultKind.BAD_INSTANT, "2027-13-12 08:00"),
        (f"{ONE};2027-01-12;2027-01-12 12:00;", 2, FaultKind.BAD_INSTANT, "2027-01-12"),
        (f"{ONE};2027-01-12 08:00+99:00;2027-01-12 12:00;", 2, FaultKind.BAD_INSTANT, None),
        (f"{ONE};1927-01-12 08:00;2027-01-12 12:00;", 2, FaultKind.OUT_OF_YEARS, None),
        (f"{ONE};2027-01-12 08:00;2027-01-12 08:00;", 3, FaultKind.NOT_AFTER_START, None),
        (f"{ONE};2027-01-12 08:00;2027-01-11 12:00;", 3, FaultKind.NOT_AFTER_START, None),
        (f"{ONE};2027-01-12 08:00;2027-05-12 12:00;", 3, FaultKind.TOO_LONG, None),
        (f"{ONE};2027-01-12 08:00;2027-01-12 12:00;{'x' * 301}", 4, FaultKind.BAD_UID, None),
    ),
)
def test_a_cell_that_cannot_be_read_is_named_by_line_and_column(
    line: str, column: int, kind: FaultKind, value: str | None
) -> None:
    ((number, place, found, told),) = faults(
        f"{HEADER};uid\n{TWO};2027-01-12 08:00;2027-01-12 12:00;\n{line}\n"
    )

    assert (number, place, found) == (3, column, kind)
    assert value is None or told == value


def test_what_stands_twice_is_named_with_the_line_of_the_first() -> None:
    other = f"{ONE};2027-01-13 08:00;2027-01-13 12:00"

    assert faults(f"{HEADER}\n{LINE}\n{LINE}") == [(3, 2, FaultKind.SESSION_TWICE, "2")]
    assert faults(f"{HEADER};uid\n{LINE};a\n{other};a") == [(3, 4, FaultKind.UID_TWICE, "2")]
    assert len(sessions(f"{HEADER};uid\n{LINE};a\n{LINE.replace(ONE, TWO)};a")) == 2


def test_columns_that_are_unknown_doubled_or_missing_are_named() -> None:
    assert faults("rpps;patient;rpps\n1;2;3") == [
        (1, 2, FaultKind.UNKNOWN_COLUMN, "patient"),
        (1, 3, FaultKind.COLUMN_TWICE, "rpps"),
        (1, None, FaultKind.MISSING_COLUMN, "start"),
        (1, None, FaultKind.MISSING_COLUMN, "end"),
    ]


@pytest.mark.parametrize(
    ("content", "kind"),
    (
        (b"", FaultKind.EMPTY),
        (b";;\n;;", FaultKind.EMPTY),
        (HEADER.encode(), FaultKind.NO_LINE),
        (b"rpps\n1", FaultKind.NO_SEPARATOR),
        (HEADER.encode("utf-16"), FaultKind.NOT_TEXT),
        (b"rpps;start;end\n\x81;1;2", FaultKind.BAD_CHARACTER),
        (b'rpps;start;end\n"1;2;3', FaultKind.BAD_QUOTES),
        (b'"rpps;start;end', FaultKind.BAD_QUOTES),
        (b"rpps;start;end\n1;2", FaultKind.WRONG_LENGTH),
        (b"x" * (MOST_BYTES + 1), FaultKind.TOO_LARGE),
    ),
)
def test_a_file_that_is_no_table_is_refused_by_what_is_wrong(
    content: bytes, kind: FaultKind
) -> None:
    assert [each[2] for each in faults(content)] == [kind]


def test_too_many_lines_are_refused_at_the_first_too_many() -> None:
    first = datetime(2027, 1, 1, tzinfo=UTC)
    starts = [first + timedelta(hours=n) for n in range(MOST_SESSIONS + 1)]
    lines = [f"{ONE};{at:%Y-%m-%dT%H:%MZ};{at:%Y-%m-%dT%H}:30Z" for at in starts]

    assert faults("\n".join([HEADER, *lines])) == [
        (MOST_SESSIONS + 2, None, FaultKind.TOO_MANY_LINES, "")
    ]


def test_the_hundredth_fault_is_enough() -> None:
    assert len(faults("\n".join([HEADER, *(["x;y;z"] * 500)]))) == MOST_FAULTS


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


cells = st.sampled_from(
    [ONE, TWO, "x", "2027-01-12 08:00", "12/01/2027 9h30", "2027-01-13 08:00", "", '"', "é"]
)


@given(rows=st.lists(st.lists(cells, min_size=2, max_size=4), max_size=6))
def test_any_table_is_taken_whole_or_not_at_all(rows: list[list[str]]) -> None:
    found = read("\n".join([HEADER, *(";".join(row) for row in rows)]))

    filled = [row for row in rows if any(row)]
    assert len(found.lines) in {0, len(filled)}
    assert bool(found.lines) != bool(found.faults)


minutes = st.integers(0, 40_000_000)


@given(
    rows=st.lists(
        st.tuples(st.sampled_from([ONE, TWO]), minutes, st.integers(1, 5000)),
        min_size=1,
        max_size=8,
        unique_by=lambda row: row[:2],
    ),
    separator=st.sampled_from(";,\t"),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
)
def test_what_was_written_is_read_back(
    rows: list[tuple[str, int, int]], separator: str, mark: bytes
) -> None:
    first = datetime(2001, 1, 1, tzinfo=UTC)
    expected = []
    lines = [HEADER.replace(";", separator)]
    for rpps, begins, lasts in rows:
        start = first + timedelta(minutes=begins)
        interval = Interval(start, start + timedelta(minutes=lasts))
        expected.append((RADIOLOGISTS[rpps], interval))
        # With their offset, so that the hour that comes twice is told apart.
        walls = [at.astimezone(PARIS).isoformat() for at in (interval.start, interval.end)]
        lines.append(separator.join([rpps, *walls]))

    assert sessions(mark + "\n".join(lines).encode()) == expected

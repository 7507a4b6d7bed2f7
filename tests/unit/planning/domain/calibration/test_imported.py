"""Files of arrivals: understood as people write them, refused whole, every fault by its line."""

from datetime import date

import pytest

from app.planning.domain.calibration.imported import Arrivals, read_arrivals
from tests.unit.planning.domain.calibration.pattern import PARIS

SOCIETIES = {"Imagerie du Lac": 1, "Lac": 1, "Radiologie Océan": 2}
DAY = date(2026, 3, 14)


def read(text: str | bytes) -> Arrivals:
    content = text if isinstance(text, bytes) else text.encode()
    return read_arrivals(content, societies=SOCIETIES, zone=PARIS, today=date(2026, 11, 20))


def fault(line: str, *, header: str = "society;day;hour;exams") -> str:
    found = read(f"{header}\n{line}\n")

    assert found.counts == {}
    assert len(found.faults) == 1, found.faults
    return str(found.faults[0])


def test_hours_are_read_by_name_or_short_name() -> None:
    found = read("society;day;hour;exams\nLac;2026-03-14;20;7\nradiologie océan;14/03/2026;0;0\n\n")

    assert found == Arrivals({(1, DAY, 20): 7, (2, DAY, 0): 0}, (), 2)


@pytest.mark.parametrize(
    "text",
    (
        "exams,hour,day,society\n7,20,2026-03-14,Imagerie du Lac\n",
        "exams\thour\tday\tsociety\n7\t20\t2026-03-14\tLAC\n",
        "Société;Jour;Heure;Examens\nLac;14/03/2026;20;7\n",
        b"\xef\xbb\xbfsociety;day;hour;exams\r\nLac;2026-03-14;20;7\r\n",
        "Société;Date;Heure;Examens\nLac;14/03/2026;20;7\n".encode("cp1252"),
        'society;day;hour;exams\n"Lac";2026-03-14;20;7\n;;;\n',
    ),
)
def test_columns_marks_separators_and_encodings_are_as_people_write_them(
    text: str | bytes,
) -> None:
    assert read(text).counts == {(1, DAY, 20): 7}


def test_exams_are_counted_into_the_hours_of_the_wall() -> None:
    found = read(
        "society;arrived_at\n"
        "Lac;2026-03-14 20:05\n"
        "Lac;2026-03-14T20:59:59\n"
        "Lac;2026-03-14T19:30:00+00:00\n"
        "Lac;2026-03-14T23:30:00Z\n"
    )

    assert found.counts == {(1, DAY, 20): 3, (1, date(2026, 3, 15), 0): 1}
    assert found.lines == 4


@pytest.mark.parametrize(
    ("line", "message"),
    (
        ("Nobody;2026-03-14;20;7", "line 2, column 1: there is no society 'Nobody'"),
        ("Lac;2026-02-30;20;7", "line 2, column 2: '2026-02-30' is no day"),
        ("Lac;3/14/2026;20;7", "line 2, column 2: '3/14/2026' is no day"),
        ("Lac;2026-11-21;20;7", "line 2, column 2: the day 2026-11-21 is yet to come"),
        ("Lac;2026-03-14;24;7", "line 2, column 3: 24 is no hour from 0 to 23"),
        ("Lac;2026-03-14;20h;7", "line 2, column 3: '20h' is no whole number"),
        ("Lac;2026-03-14;20;-7", "line 2, column 4: -7 is negative"),
        ("Lac;2026-03-14;20;7,5", "line 2, column 4: '7,5' is no whole number"),
        ("Lac;2026-03-14;20;", "line 2, column 4: '' is no number"),
        ("Lac;2026-03-14;20;1001", "line 2, column 4: 1001 is more than an hour can have"),
        ("Lac;2026-03-14;20", "line 2: there are 3 fields, not 4"),
        ('Lac;"2026-03-14;20;7', "line 2: quotation marks are opened and not closed"),
    ),
)
def test_a_fault_is_named_by_line_and_column(line: str, message: str) -> None:
    assert fault(line).startswith(message)


@pytest.mark.parametrize(
    ("line", "message"),
    (
        ("Lac;tomorrow", "line 2, column 2: 'tomorrow' is no time"),
        ("Lac;2026-11-22 08:00", "line 2, column 2: 2026-11-22 08:00 is yet to come"),
    ),
)
def test_a_time_that_is_none_or_yet_to_come_is_named(line: str, message: str) -> None:
    assert fault(line, header="society;arrived_at").startswith(message)


def test_an_hour_that_stands_twice_is_named_with_its_first_line() -> None:
    assert (
        fault("Lac;2026-03-14;20;7\nImagerie du Lac;14/03/2026;20;1")
        == "line 3, column 3: this hour of the society stands on line 2"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    (
        ("", "line 1: the file is empty"),
        ("society;day;hour;exams\n", "line 1: there is no line below the names of the columns"),
        ("society;day;exams\nLac;2026-03-14;7\n", "line 1: the columns are society, day, exams"),
        ("society;society;hour;exams\n", "line 1: the columns are society, society"),
        ("society;day;hour;exams;arrived_at\n", "line 1: the columns are"),
        ("society\n", "line 1: no semicolon, comma or tab"),
        (b"PK\x03\x04", "line 1: this is no text in UTF-8 or Windows-1252 XLSX"),
    ),
)
def test_what_is_no_file_of_arrivals_is_refused(text: str | bytes, message: str) -> None:
    found = read(text)

    assert found.counts == {}
    assert str(found.faults[0]).startswith(message)


def test_every_fault_is_named_up_to_a_hundred_and_nothing_is_taken() -> None:
    good, bad = "Lac;2026-03-14;20;7\n", "Nobody;2026-03-14;20;x\n"
    found = read("society;day;hour;exams\n" + good + bad * 3)
    many = read("society;day;hour;exams\n" + bad * 300)

    assert [(each.line, each.column) for each in found.faults] == [
        (line, column) for line in (3, 4, 5) for column in (1, 4)
    ]
    assert found.counts == {}
    assert len(many.faults) == 100

"""Calendars of sessions elsewhere: when somebody is busy, and nothing of what it is about."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from app.planning.domain.busy.events import CalendarEvent
from app.planning.domain.busy.recurrence import Frequency
from app.planning.domain.files.faults import FaultKind
from app.planning.domain.files.source_text import MOST_BYTES
from app.web.busy_calendar import MOST_EVENTS, MOST_REPEATED, is_calendar, read_calendar

PARIS = ZoneInfo("Europe/Paris")
EIGHT = datetime(2027, 1, 12, 8)  # noqa: DTZ001 - a wall time
DTSTART = "DTSTART;TZID=Europe/Paris:20270112T080000"
DTEND = "DTEND;TZID=Europe/Paris:20270112T120000"


def wrap(*events: tuple[str, ...], before: tuple[str, ...] = ()) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *before]
    for event in events:
        lines += ["BEGIN:VEVENT", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def read(*lines: str, before: tuple[str, ...] = ()) -> CalendarEvent:
    events, faults = read_calendar(wrap(lines, before=before), zone=PARIS)
    assert faults == ()
    (event,) = events
    return event


def faults(content: bytes) -> list[tuple[int, FaultKind, str]]:
    events, found = read_calendar(content, zone=PARIS)
    assert events == ()
    return [(each.line, each.kind, each.value) for each in found]


def test_an_event_is_read_by_its_hours_and_its_uid_alone() -> None:
    event = read("UID:ab-1", DTSTART, DTEND, "SUMMARY:Mme DUPONT", "DESCRIPTION:scanner")

    assert event == CalendarEvent(
        line=3, uid="ab-1", start=EIGHT, zone=PARIS, length=timedelta(hours=4)
    )


@pytest.mark.parametrize(
    ("begin", "zone"),
    (
        ("DTSTART:20270112T080000", PARIS),
        ("DTSTART:20270112T080000Z", UTC),
        ("DTSTART;TZID=America/New_York:20270112T080000", ZoneInfo("America/New_York")),
        ('DTSTART;TZID="Romance Standard Time":20270112T080000', PARIS),
        ("DTSTART;TZID=/citadel.org/20190914_1/Europe/Paris:20270112T080000", PARIS),
    ),
)
def test_zones_are_known_by_name_else_the_group_s(begin: str, zone: tzinfo) -> None:
    event = read(begin, "DURATION:PT4H")

    assert (event.start, event.zone, event.length) == (EIGHT, zone, timedelta(hours=4))


def test_whole_days_last_until_the_day_that_is_left_out() -> None:
    one = read("DTSTART;VALUE=DATE:20270112")
    three = read("DTSTART;VALUE=DATE:20270112", "DTEND;VALUE=DATE:20270115")

    assert (one.whole_days, one.length) == (True, timedelta(days=1))
    assert (three.whole_days, three.length) == (True, timedelta(days=3))


def test_an_end_is_so_much_later_also_when_the_clocks_change() -> None:
    event = read(
        "DTSTART;TZID=Europe/Paris:20270327T200000", "DTEND;TZID=Europe/Paris:20270328T080000"
    )

    assert event.length == timedelta(hours=11)


@pytest.mark.parametrize("line", ("STATUS:CANCELLED", "TRANSP:TRANSPARENT", "transp:transparent"))
def test_what_keeps_nobody_busy_is_told(line: str) -> None:
    assert not read(DTSTART, DTEND, line).is_busy
    assert not read(DTSTART).is_busy


def test_repetitions_exceptions_and_moves_are_read() -> None:
    event = read(
        DTSTART,
        DTEND,
        "RRULE:FREQ=WEEKLY;COUNT=5",
        "EXDATE;TZID=Europe/Paris:20270119T080000,20270126T080000",
        "EXDATE:20270202T070000Z",
        "RDATE:20270301T070000Z",
    )
    moved = read(DTSTART, DTEND, "RECURRENCE-ID;TZID=Europe/Paris:20270119T080000")

    assert event.rule is not None
    assert (event.rule.frequency, event.rule.count) == (Frequency.WEEKLY, 5)
    assert event.left_out == {
        datetime(2027, 1, 19, 7, tzinfo=UTC),
        datetime(2027, 1, 26, 7, tzinfo=UTC),
        datetime(2027, 2, 2, 7, tzinfo=UTC),
    }
    assert event.added == (datetime(2027, 3, 1, 7, tzinfo=UTC),)
    assert moved.instead_of == datetime(2027, 1, 19, 7, tzinfo=UTC)


def test_folded_lines_alarms_and_zones_of_the_file_are_passed_over() -> None:
    zone = (
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Paris",
        "BEGIN:STANDARD",
        "DTSTART:19700101T000000",
        "RRULE:FREQ=SECONDLY",
        "TZOFFSETFROM:+0500",
        "TZOFFSETTO:+0500",
        "END:STANDARD",
        "END:VTIMEZONE",
    )
    alarm = ("BEGIN:VALARM", "DTSTART:20300101T000000", "UID:z", "END:VALARM")

    event = read("UI", " D:ab", "\t-1", DTSTART, *alarm, DTEND, before=zone)

    assert (event.line, event.uid, event.start, event.zone) == (12, "ab-1", EIGHT, PARIS)


@pytest.mark.parametrize(
    ("lines", "kind", "value"),
    (
        ((DTEND,), FaultKind.BAD_PROPERTY, "DTSTART"),
        (("DTSTART:tomorrow",), FaultKind.BAD_PROPERTY, "DTSTART"),
        (("DTSTART:20271312T080000",), FaultKind.BAD_PROPERTY, "DTSTART"),
        (("DTSTART:P1D",), FaultKind.BAD_PROPERTY, "DTSTART"),
        (("DTSTART:00010101T000000",), FaultKind.OUT_OF_YEARS, "00010101T000000"),
        ((DTSTART, "DTEND:20270112"), FaultKind.BAD_PROPERTY, "DTEND"),
        ((DTSTART, "DTEND:20270111T080000Z"), FaultKind.NOT_AFTER_START, ""),
        ((DTSTART, "DURATION:4h"), FaultKind.BAD_PROPERTY, "DURATION"),
        ((DTSTART, "DURATION:-PT1H"), FaultKind.NOT_AFTER_START, ""),
        ((DTSTART, "DURATION:P99999999999D"), FaultKind.BAD_PROPERTY, "DURATION"),
        (("DTSTART;TZID=Mars/Olympus:20270112T080000",), FaultKind.UNKNOWN_ZONE, "Mars/Olympus"),
        (("DTSTART;TZID=../../etc:20270112T080000",), FaultKind.UNKNOWN_ZONE, "../../etc"),
        ((DTSTART, "RRULE:FREQ=SECONDLY"), FaultKind.UNKNOWN_RULE, "FREQ=SECONDLY"),
        (
            (DTSTART, "RRULE:FREQ=DAILY", "RRULE:FREQ=WEEKLY"),
            FaultKind.UNKNOWN_RULE,
            "several RRULE",
        ),
        ((DTSTART, "EXDATE:x"), FaultKind.BAD_PROPERTY, "EXDATE"),
        ((DTSTART, "RDATE;VALUE=PERIOD:20270112T080000Z/PT4H"), FaultKind.BAD_PROPERTY, "RDATE"),
        ((DTSTART, f"EXDATE:{'20270112T080000Z,' * 2000}"), FaultKind.BAD_PROPERTY, "EXDATE"),
    ),
)
def test_what_cannot_be_read_is_named_by_the_line_of_its_event(
    lines: tuple[str, ...], kind: FaultKind, value: str
) -> None:
    good = ("UID:g", DTSTART, DTEND)

    assert faults(wrap(good, lines)) == [(8, kind, value)]


@pytest.mark.parametrize(
    "content",
    (
        b"BEGIN:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nEND:VEVENT\r\n",
        b"END:VCALENDAR\r\n",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\nEND:VEVENT",
        b"BEGIN:VCALENDAR\r\n" + b"BEGIN:X\r\n" * 100_000,
    ),
)
def test_what_begins_and_does_not_end_is_no_calendar(content: bytes) -> None:
    assert [kind for _, kind, _ in faults(content)] == [FaultKind.NO_CALENDAR]


def test_hostile_sizes_are_refused() -> None:
    event = ("UID:a", DTSTART, DTEND)
    weekly = (*event, "RRULE:FREQ=WEEKLY")

    assert [kind for _, kind, _ in faults(b"BEGIN:VCALENDAR" + b"x" * MOST_BYTES)] == [
        FaultKind.TOO_LARGE
    ]
    assert [kind for _, kind, _ in faults(wrap(*[event] * (MOST_EVENTS + 1)))] == [
        FaultKind.TOO_MANY_EVENTS
    ]
    assert [kind for _, kind, _ in faults(wrap(*[weekly] * (MOST_REPEATED + 1)))] == [
        FaultKind.TOO_MANY_REPEATED
    ]


def test_a_byte_that_is_no_character_is_named_with_its_line() -> None:
    assert faults(b"BEGIN:VCALENDAR\nX:\xff\nEND:VCALENDAR") == [
        (2, FaultKind.BAD_CHARACTER, "0xFF")
    ]


@pytest.mark.parametrize(
    ("content", "expected"),
    (
        (b"\xef\xbb\xbfBEGIN:VCALENDAR", True),
        (b"\r\nbegin:vcalendar", True),
        (b"rpps;start;end", False),
        (b"", False),
    ),
)
def test_a_calendar_is_known_by_its_first_line(content: bytes, *, expected: bool) -> None:
    assert is_calendar(content) is expected


@given(content=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for each in (content, wrap((content.decode("latin-1"),))):
        events, found = read_calendar(each, zone=PARIS)
        assert not (events and found)


values = st.text("DTSTARENURLIXFQWKYCO0123456789TZ;:=,/-+. ", max_size=40)


@given(
    lines=st.lists(
        st.tuples(st.sampled_from(["DTSTART", "DTEND", "DURATION", "RRULE", "RDATE"]), values),
        max_size=4,
    )
)
def test_any_properties_are_read_or_refused(lines: list[tuple[str, str]]) -> None:
    content = wrap((DTSTART, *(f"{name}:{value}" for name, value in lines)))

    events, found = read_calendar(content, zone=PARIS)

    assert len(events) + len(found) == 1


@given(
    starts=st.lists(
        st.datetimes(datetime(2001, 1, 1), datetime(2090, 1, 1)).map(  # noqa: DTZ001
            lambda at: at.replace(microsecond=0)
        ),
        min_size=1,
        max_size=4,
    ),
    minutes=st.integers(1, 5000),
)
def test_what_another_program_writes_is_read_back(starts: list[datetime], minutes: int) -> None:
    calendar = Calendar()
    length = timedelta(minutes=minutes)
    for number, start in enumerate(starts):
        event = Event()
        event.add("uid", f"séance-{number}-" + "x" * 80)
        event.add("dtstart", start.replace(tzinfo=UTC))
        event.add("dtend", start.replace(tzinfo=UTC) + length)
        event.add("summary", "Ligne,\nautre; ligne")
        calendar.add_component(event)

    events, found = read_calendar(calendar.to_ical(), zone=PARIS)

    assert found == ()
    assert [(each.start, each.zone, each.length) for each in events] == [
        (start, UTC, length) for start in starts
    ]
    assert events[0].uid == "séance-0-" + "x" * 80

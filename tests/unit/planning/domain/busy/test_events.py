"""Events of a calendar within a window."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.interval import Interval
from app.planning.domain.busy.events import CalendarEvent, list_sessions
from app.planning.domain.busy.recurrence import Frequency, Recurrence
from app.planning.domain.busy.session import MOST_SESSIONS, BusyReading
from app.planning.domain.files.faults import FaultKind

PARIS = ZoneInfo("Europe/Paris")
WINDOW = Interval(datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 12, 31, 23, tzinfo=UTC))
EIGHT = datetime(2027, 3, 23, 8)  # noqa: DTZ001 - a wall time
FOUR_HOURS = timedelta(hours=4)
WEEKLY = Recurrence(Frequency.WEEKLY, count=3)


def event(**changes: object) -> CalendarEvent:
    values = {"line": 5, "uid": "a", "start": EIGHT, "zone": PARIS, "length": FOUR_HOURS}
    return CalendarEvent(**(values | changes))  # type: ignore[arg-type]


def read(*events: CalendarEvent, window: Interval = WINDOW) -> BusyReading:
    return list_sessions(events, radiologist=7, window=window)


def starts(*events: CalendarEvent, window: Interval = WINDOW) -> list[str]:
    found = read(*events, window=window)
    assert found.faults == ()
    return [f"{each.interval.start:%m-%d %H}" for each in found.lines]


def test_a_single_event_keeps_its_uid() -> None:
    (line,) = read(event()).lines

    assert (line.number, line.radiologist, line.uid) == (5, 7, "a")
    assert line.interval.duration == FOUR_HOURS


def test_repeated_events_keep_their_wall_time_when_the_clocks_change() -> None:
    found = read(event(rule=WEEKLY))

    assert starts(event(rule=WEEKLY)) == ["03-23 07", "03-30 06", "04-06 06"]
    assert [each.uid for each in found.lines] == [
        "a/20270323T070000Z",
        "a/20270330T060000Z",
        "a/20270406T060000Z",
    ]


def test_whole_days_are_those_of_the_wall() -> None:
    midnight = datetime(2027, 3, 28)  # noqa: DTZ001 - a wall time
    (line,) = read(event(start=midnight, length=timedelta(days=1), whole_days=True)).lines

    assert line.interval.duration == timedelta(hours=23)


def test_what_is_left_out_added_or_moved_is_so() -> None:
    second = datetime(2027, 3, 30, 6, tzinfo=UTC)
    third = datetime(2027, 4, 6, 6, tzinfo=UTC)
    extra = datetime(2027, 5, 1, 10, tzinfo=UTC)
    series = event(rule=WEEKLY, left_out=frozenset({second}), added=(extra,))
    afternoon = datetime(2027, 4, 6, 14)  # noqa: DTZ001 - a wall time
    moved = event(line=9, start=afternoon, instead_of=third)

    assert starts(series, moved) == ["03-23 07", "04-06 12", "05-01 10"]
    assert read(series, moved).lines[1].uid == "a/20270406T060000Z"
    assert starts(series, event(line=9, instead_of=third, is_busy=False)) == [
        "03-23 07",
        "05-01 10",
    ]


def test_only_what_begins_in_the_window_is_listed() -> None:
    start = datetime(2027, 3, 30, 6, tzinfo=UTC)
    window = Interval(start, start + timedelta(days=7))

    assert starts(event(rule=WEEKLY), window=window) == ["03-30 06"]


def test_events_that_keep_nobody_busy_bring_nothing_and_that_is_said() -> None:
    found = read(event(is_busy=False))

    assert [each.kind for each in found.faults] == [FaultKind.NO_EVENT]


def test_faults_are_named_by_the_line_of_their_event() -> None:
    long = event(line=3, uid="b", length=timedelta(days=90))
    odd = event(line=8, uid="x" * 400)
    old = datetime(2010, 1, 1, 8)  # noqa: DTZ001 - a wall time
    ancient = event(line=12, uid="c", start=old, rule=WEEKLY)

    found = read(event(line=1), event(line=2), long, odd, ancient)

    assert found.lines == ()
    assert {(each.line, each.kind) for each in found.faults} == {
        (2, FaultKind.UID_TWICE),
        (3, FaultKind.TOO_LONG),
        (8, FaultKind.BAD_UID),
        (12, FaultKind.COUNTED_TOO_LONG),
    }


def test_too_many_sessions_are_refused() -> None:
    daily = Recurrence(Frequency.DAILY)
    many = [
        event(line=n, uid=f"{n}", rule=daily, start=EIGHT + timedelta(minutes=n)) for n in range(30)
    ]

    found = read(*many)

    assert found.lines == ()
    assert [each.kind for each in found.faults] == [FaultKind.TOO_MANY_SESSIONS]
    assert MOST_SESSIONS == 5000


@pytest.mark.parametrize("wall", ("02:15", "02:45"))
def test_a_wall_time_that_is_jumped_over_is_one_session(wall: str) -> None:
    start = datetime.fromisoformat(f"2027-03-28T{wall}")
    also = datetime(2027, 3, 28, 1, tzinfo=UTC)

    assert starts(event(start=start, added=(also,))) == ["03-28 01"]


rules = st.builds(
    Recurrence,
    st.sampled_from(Frequency),
    interval=st.integers(1, 20),
    count=st.none() | st.integers(1, 50),
)


@given(
    rule=rules,
    minute=st.integers(-1_000_000, 1_000_000),
    zone=st.sampled_from([UTC, PARIS, ZoneInfo("America/Sao_Paulo")]),
    hours=st.integers(1, 40),
)
def test_sessions_stand_in_the_window_each_once_with_a_uid_of_its_own(
    rule: Recurrence, minute: int, zone: ZoneInfo, hours: int
) -> None:
    start = EIGHT + timedelta(minutes=minute)
    found = read(event(rule=rule, start=start, zone=zone, length=timedelta(hours=hours)))

    assert all(WINDOW.contains(each.interval.start) for each in found.lines)
    assert len({each.uid for each in found.lines}) == len(found.lines)
    assert len({each.interval for each in found.lines}) == len(found.lines)
    assert list(found.lines) == sorted(found.lines, key=lambda each: each.interval)
    assert rule.count is None or len(found.lines) <= rule.count

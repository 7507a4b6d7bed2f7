"""Rules of repeated events, beside those of another program."""

from datetime import date, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from app.planning.domain.busy.recurrence import repeat
from app.web.busy_recurrence import UnknownRule, read_rule

PARIS = ZoneInfo("Europe/Paris")
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@st.composite
def rule_texts(draw: st.DrawFn) -> str:
    """Draw rules that come now and then, so that the other program finds an end too."""
    frequency = draw(st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]))
    parts = [f"FREQ={frequency}", f"WKST={draw(st.sampled_from(DAYS))}"]
    if draw(st.booleans()):
        parts.append(f"COUNT={draw(st.integers(1, 12))}")
    if not draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    elif frequency != "DAILY":
        months = st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True)
        parts.append("BYMONTH=" + ",".join(map(str, draw(months))))
    choice = draw(st.sampled_from(["", "days", "nth", "month days", "positions"]))
    names = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3, unique=True))
    if choice == "days":
        parts.append("BYDAY=" + ",".join(names))
    if choice == "nth" and frequency in {"MONTHLY", "YEARLY"}:
        nth = draw(st.sampled_from([-4, -2, -1, 1, 2, 4]))
        parts.append("BYDAY=" + ",".join(f"{nth}{name}" for name in names))
    if choice == "month days" and frequency != "WEEKLY":
        numbers = st.integers(1, 28) | st.integers(-28, -1)
        drawn = draw(st.lists(numbers, min_size=1, max_size=3, unique=True))
        parts.append("BYMONTHDAY=" + ",".join(map(str, drawn)))
    if choice == "positions" and frequency in {"MONTHLY", "YEARLY"}:
        parts += ["BYDAY=" + ",".join(names), f"BYSETPOS={draw(st.sampled_from([-2, -1, 1, 3]))}"]
    return ";".join(parts)


@given(
    text=rule_texts(),
    first=st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31)).map(  # noqa: DTZ001
        lambda at: at.replace(day=min(at.day, 28), second=0, microsecond=0)
    ),
    skipped=st.integers(0, 700),
)
def test_any_rule_is_repeated_as_another_program_does(
    text: str, first: datetime, skipped: int
) -> None:
    horizon = datetime(2029, 1, 1)  # noqa: DTZ001 - a wall time
    since = first.date() + timedelta(days=skipped)
    known = rrulestr(text, dtstart=first)

    expected = [each for each in takewhile(lambda at: at < horizon, known) if each.date() >= since]

    rule = read_rule(text, zone=PARIS)
    assert repeat(rule, first=first, window=(since, horizon.date())) == expected


@pytest.mark.parametrize(
    ("text", "part"),
    (
        ("", "FREQ=NONE"),
        ("FREQ=SECONDLY", "FREQ=SECONDLY"),
        ("FREQ=HOURLY;COUNT=5", "FREQ=HOURLY"),
        ("FREQ=DAILY;BYHOUR=8,9", "BYHOUR"),
        ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO"),
        ("FREQ=YEARLY;BYYEARDAY=200", "BYYEARDAY"),
        ("FREQ=DAILY;COUNT=0", "COUNT"),
        ("FREQ=DAILY;COUNT=999999999", "COUNT"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH"),
        ("FREQ=YEARLY;BYMONTH=-1", "FREQ=YEARLY;BYMONTH=-1"),
        ("FREQ=WEEKLY;BYDAY=1MO", "BYDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYDAY=99MO", "BYDAY"),
    ),
)
def test_a_rule_that_is_not_understood_is_named_by_its_part(text: str, part: str) -> None:
    with pytest.raises(UnknownRule) as refused:
        read_rule(text, zone=PARIS)

    assert refused.value.part == part


def test_an_end_in_utc_is_read_where_the_clock_of_the_event_hangs() -> None:
    found = read_rule("FREQ=DAILY;UNTIL=20270712T060000Z", zone=PARIS)
    day = read_rule("FREQ=DAILY;UNTIL=20270712", zone=PARIS)

    assert found.until == datetime(2027, 7, 12, 8)  # noqa: DTZ001 - a wall time
    assert day.until is not None
    assert day.until.date() == date(2027, 7, 12)


@given(text=st.text(max_size=60) | st.text("FREQ=DAILYBYUNTIL;0123456789-", max_size=60))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        rule = read_rule(text, zone=PARIS)
    except UnknownRule:
        return
    assert rule.interval >= 1

"""Rules as they are typed: what is shown can be typed back, and what cannot be read is named."""

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from app.kit.errors import Invalid
from app.planning.domain.segments import EVERY_DAY, WORKDAYS, DayKind, SeatsNeeded, SegmentRule
from app.web.pages.planning_rules_typed import (
    Row,
    find_flaws,
    read_rules,
    read_since,
    show_rule,
    write_rules,
)
from app.web.pages.rule_words import FIELDS, write_days
from app.web.pages.texts import texts_of

FIRST = date(2026, 1, 1)
WALL = st.builds(time, st.integers(0, 23), st.integers(0, 59))
SEATS = st.integers(0, 100)
RULES = st.builds(
    SegmentRule,
    segment=st.from_regex(r"[a-z][a-z0-9_]{0,39}", fullmatch=True),
    days=st.frozensets(st.sampled_from(DayKind), min_size=1),
    start=WALL,
    end=WALL,
    zone=st.sampled_from((ZoneInfo("Europe/Paris"), ZoneInfo("America/New_York"))),
    valid_from=st.just(FIRST),
    needed=st.builds(SeatsNeeded, readers=SEATS, backups=SEATS, coordinators=SEATS),
    points=st.integers(0, 100_000),
    skills=st.frozensets(st.sampled_from(("neuro", "paediatrics", "vascular"))),
    least_societies=st.integers(1, 100),
)


def type_in(rule: SegmentRule) -> Row:
    """Send a rule through a form, as the first of its rows."""
    shown = show_rule(rule)
    fields = [(f"0-{name}", str(value)) for name, value in shown.items() if name != "days"]
    days = shown["days"]
    assert isinstance(days, list)
    (row,) = read_rules(FormData([*fields, *(("0-days", each) for each in days)]))
    return row


@given(RULES)
def test_a_rule_that_is_shown_and_typed_back_is_the_same(rule: SegmentRule) -> None:
    row = type_in(rule)

    assert find_flaws([row], texts=texts_of("en")) == []
    assert write_rules([row], since=FIRST, zone="Europe/Paris") == [rule]


def test_a_row_without_a_code_is_no_rule_and_one_with_nothing_else_is_the_usual() -> None:
    form = FormData(
        [
            ("0-code", " "),
            ("1-code", "late"),
            ("1-days", "monday"),
            ("1-starts", "22:00"),
            ("1-ends", "06:00"),
            ("1-until", "2026-12-31"),
        ]
    )
    rows = read_rules(form)
    (rule,) = write_rules(rows, since=FIRST, zone="Europe/Paris")

    assert rule.valid_until == date(2027, 1, 1)
    assert (rule.needed, rule.points, rule.zone.key) == (SeatsNeeded(), 1000, "Europe/Paris")


@pytest.mark.parametrize(
    ("changes", "label"),
    (
        ({"code": "Late hours"}, "Code"),
        ({"days": []}, "Days on which it begins"),
        ({"starts": ""}, "Begins"),
        ({"ends": "25:00"}, "Ends"),
        ({"until": "soon"}, "Last day (empty: open)"),
        ({"until": "9999-12-31"}, "Last day (empty: open)"),
        ({"seats_needed": "-1"}, "Readers"),
        ({"points": "1.2345"}, "Points"),
        ({"points": "²"}, "Points"),
        ({"least_societies": "0"}, "Societies at least"),
    ),
)
def test_a_field_that_cannot_be_read_is_named(changes: Row, label: str) -> None:
    rule = SegmentRule("late", EVERY_DAY, time(20), time(8), ZoneInfo("Europe/Paris"), FIRST)
    rows = [show_rule(rule), {**show_rule(rule), **changes}]

    assert find_flaws(rows, texts=texts_of("en")) == [f"Rule 2 cannot be read: {label}"]


def test_a_day_to_take_over_is_needed() -> None:
    assert read_since("2026-11-20") == date(2026, 11, 20)
    with pytest.raises(Invalid, match="say on which day"):
        read_since("")


@pytest.mark.parametrize(
    ("days", "words"),
    (
        (EVERY_DAY, "every day"),
        (EVERY_DAY | {DayKind.BRIDGE}, "every day, bridge days"),
        (WORKDAYS | {DayKind.HOLIDAY}, "Monday to Friday, holidays"),
        (frozenset({DayKind.SUNDAY, DayKind.MONDAY}), "Monday, Sunday"),
    ),
)
def test_kinds_of_day_are_written_in_few_words(days: frozenset[DayKind], words: str) -> None:
    assert write_days(days, texts=texts_of("en")) == words


def test_every_field_that_is_shown_has_its_words() -> None:
    rule = SegmentRule("late", EVERY_DAY, time(20), time(8), ZoneInfo("Europe/Paris"), FIRST)

    assert set(show_rule(rule)) == set(FIELDS)

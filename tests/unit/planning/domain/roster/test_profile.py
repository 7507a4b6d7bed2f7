"""Statutes whose rules contradict each other are refused, by name."""

from datetime import timedelta
from typing import Any

import pytest

from app.planning.domain.roster.profile import HOSPITAL, IMPOSSIBLE, LIBERAL, SOFT, Profile, Rule


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


@pytest.mark.parametrize(
    ("rules", "named"),
    (
        ({"rest": hours(25)}, ("rest_after_long", "rest")),
        ({"longest_duty": hours(13)}, ("long_duty", "longest_duty")),
        ({"most_weekends": 5}, ("most_weekends", "5", "of 4")),
        ({"most_weekends": 0}, ("most_weekends",)),
        ({"most_hours_in_7_days": hours(47)}, ("most_hours", "most_hours_in_7_days")),
        (
            {"most_hours_in_7_days": hours(20), "most_hours": hours(20)},
            ("longest_duty", "most_hours_in_7_days"),
        ),
        ({"most_consecutive_nights": 9}, ("most_consecutive_nights", "most_nights_in_28_days")),
        ({"most_nights_in_28_days": -1, "most_consecutive_nights": None}, ("nights",)),
        ({"most_hours": hours(0)}, ("most_hours",)),
        ({"over_weeks": 0}, ("over_weeks",)),
        ({"night_hours": hours(0)}, ("night_hours",)),
        ({"night_hours": hours(8.1)}, ("night_hours",)),
        ({"long_duty": hours(0)}, ("long_duty",)),
        ({"notice": hours(-1)}, ("notice",)),
        ({"rest": hours(-1)}, ("rest",)),
        ({"soft": frozenset({Rule.OVERLAP, Rule.REST})}, ("overlap",)),
    ),
)
def test_rules_that_contradict_each_other_are_named(
    rules: dict[str, Any], named: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match="statute 'night owl'") as refusal:
        Profile("night owl", **rules)

    assert [word for word in named if word not in str(refusal.value)] == []


def test_all_contradictions_are_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"rest_after_long.*; it .*most_weekends"):
        Profile("odd", rest=hours(30), most_weekends=9)


@pytest.mark.parametrize(
    "rules",
    (
        {"rest": hours(24)},
        {"longest_duty": hours(14)},
        {"most_weekends": 4},
        {"most_hours_in_7_days": hours(48)},
        {"most_consecutive_nights": 8},
        {"most_consecutive_nights": 0, "most_nights_in_28_days": 0},
        {"night_hours": hours(8)},
        {"notice": hours(0), "rest": hours(0)},
        {"soft": frozenset(set(Rule) - IMPOSSIBLE)},
    ),
)
def test_rules_at_the_bound_stand_together(rules: dict[str, Any]) -> None:
    assert Profile("fine", **rules).statute == "fine"


def test_what_everybody_starts_with_stands_and_no_soft_rule_is_impossible() -> None:
    assert {LIBERAL.statute, HOSPITAL.statute} == {"liberal", "hospital"}
    assert not SOFT & IMPOSSIBLE

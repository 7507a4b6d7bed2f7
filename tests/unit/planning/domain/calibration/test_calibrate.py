"""A whole calibration: from counts to seats, late exams and guards before and after."""

import json
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from app.kit.errors import Invalid
from app.planning.domain.calibration.calibrate import calibrate
from app.planning.domain.calibration.criteria import Criteria
from app.planning.domain.calibration.task import Brought, CalibrationTask, Trial
from tests.unit.planning.domain.calibration.pattern import HOLIDAYS, RULES, make_counts

NIGHT = {20: 6, 21: 9, 22: 9, 23: 9} | dict.fromkeys(range(8), 3) | dict.fromkeys(range(8, 20), 4)
FEW = {20: 1, 22: 1, 3: 1}


def make_task(**changes: Any) -> CalibrationTask:
    first = date(2025, 9, 1)
    societies = (
        Brought(
            society_id=1,
            name="Lac",
            radiologists=12,
            counts=make_counts(NIGHT, first=first, days=91),
        ),
        Brought(
            society_id=2,
            name="Océan",
            radiologists=3,
            counts=make_counts(FEW, first=first, days=91),
        ),
        Brought(society_id=3, name="Vallée", radiologists=0, counts={}),
    )
    task = CalibrationTask(
        rules=RULES,
        holidays=HOLIDAYS,
        since=first,
        until=date(2025, 12, 1),
        first=date(2026, 1, 1),
        last=date(2026, 4, 1),
        societies=societies,
        criteria=Criteria(least_by_segment={"deep_night": 2}),
        trial=Trial(years=2),
    )
    return replace(task, **changes)


TASK = make_task()


@cache
def solve() -> dict[str, Any]:
    return calibrate(TASK)


def find(result: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in result["segments"] if each["segment"] == name)


def test_a_task_and_its_answer_survive_json() -> None:
    written = json.dumps(TASK.to_json())
    again = CalibrationTask.from_json(json.loads(written))

    assert replace(again, rules=()) == replace(TASK, rules=())
    assert [(each.segment, each.days, each.start, each.end, each.zone) for each in again.rules] == [
        (each.segment, each.days, each.start, each.end, each.zone) for each in RULES
    ]
    assert json.loads(json.dumps(calibrate(again))) == json.loads(json.dumps(solve()))


def test_every_segment_has_its_seats_and_what_they_are_worth() -> None:
    assert [each["segment"] for each in solve()["segments"]] == [
        "deep_night",
        "weekend",
        "day",
        "evening",
    ]
    for each in solve()["segments"]:
        assert each["seats"] >= each["least"] >= 1
        assert each["in_limit"] >= 0.95
        assert each["late_one_more"] <= each["late"]
        assert (each["late_one_fewer"] is None) is (each["seats"] == 1)
        assert each["session"] in {"too_full", "real", "too_empty"}
        assert each["exams_per_guard"] == pytest.approx(each["exams"] / each["guards"], rel=0.02)
    assert find(solve(), "deep_night")["seats"] >= 2
    assert find(solve(), "evening")["seats"] >= find(solve(), "day")["seats"]
    assert find(solve(), "evening")["deciding"]["hour"] in {21, 22, 23}


def test_one_seat_fewer_has_more_late_where_the_wait_asks_for_it() -> None:
    evening = find(solve(), "evening")

    assert evening["bound"] == "wait"
    assert evening["late_one_fewer"] > evening["late"]


def test_waits_are_told_of_drawn_years_and_of_the_nights_that_were() -> None:
    for kind in ("drawn", "replayed"):
        waits = solve()["waits"][kind]
        assert [each["priority"] for each in waits] == ["P1", "P2", "P3", "P4"]
        means = [each["mean_min"] for each in waits]
        assert all(one <= other for one, other in pairwise(means))
        assert all(each["in_limit"] > 0.9 for each in waits)
    replayed = sum(each["exams"] for each in solve()["waits"]["replayed"])
    # The clocks go back on 26 October: what was counted comes again, no more and no less.
    assert replayed == sum(TASK.counts.values())


def test_every_hour_of_the_week_is_listed_once() -> None:
    hours = [(each["day"], each["hour"]) for each in solve()["hours"]]

    assert len(hours) == len(set(hours)) == 8 * 24
    assert all(each["rate"] >= each["mean"] for each in solve()["hours"])


def test_before_and_after_are_told_of_each_society_and_of_each_person() -> None:
    comparison = solve()["comparison"]
    lake, ocean, valley = comparison["societies"]

    assert comparison["nights"] == ["deep_night"]
    assert ocean["alone"]["deep_nights"] == 90
    assert ocean["alone_each"]["deep_nights"] == 30
    assert ocean["pooled"]["deep_nights"] < 10
    assert lake["pooled"]["guards"] + ocean["pooled"]["guards"] == pytest.approx(
        comparison["pooled"]["guards"]
    )
    assert valley["pooled"]["guards"] == 0
    assert valley["alone_each"] is valley["pooled_each"] is None
    assert ocean["emptiness_alone"]["nothing"] > comparison["emptiness"]["nothing"]


def test_the_seed_alone_changes_what_is_drawn_and_never_the_closed_forms() -> None:
    other = calibrate(make_task(trial=Trial(years=2, seed=2)))

    assert other["hours"] == solve()["hours"]
    assert other["waits"] != solve()["waits"]
    assert [each["seats_by_formula"] for each in other["segments"]] == [
        each["seats_by_formula"] for each in solve()["segments"]
    ]


def test_empty_guards_are_proposed_for_merging() -> None:
    quiet = Brought(
        society_id=1,
        name="Lac",
        radiologists=4,
        counts=make_counts({20: 3, 12: 3, 3: 1}, first=date(2025, 9, 1), days=91),
    )
    result = calibrate(make_task(societies=(quiet,)))

    proposed = {(each["merge"], each["segment"], each["other"]) for each in result["proposals"]}
    assert ("lines", "deep_night", None) in proposed
    assert ("segments", "deep_night", "day") in proposed
    assert find(result, "deep_night")["session"] == "too_empty"


def test_a_limit_that_reads_alone_break_is_said_to_be_out_of_reach() -> None:
    tight = Trial(years=2, limits_min=(10, 60, 240, 1440))
    result = calibrate(make_task(trial=tight))

    assert set(result["out_of_reach"]) == {"deep_night", "weekend", "day", "evening"}


def test_a_period_without_any_exam_is_refused() -> None:
    empty = tuple(replace(each, counts={}) for each in TASK.societies)

    with pytest.raises(Invalid, match="nothing to calibrate"):
        calibrate(make_task(societies=empty))


def test_a_period_that_lacks_a_kind_of_day_is_refused() -> None:
    with pytest.raises(Invalid, match="lies in the period looked at"):
        calibrate(make_task(until=date(2025, 9, 4)))


@pytest.mark.parametrize(
    "wrong",
    (
        {"mix": (1, 2, 3)},
        {"mix": (0, 0, 0, 0)},
        {"mix": (1, -1, 1, 1)},
        {"limits_min": (30, 60, 240)},
        {"limits_min": (0, 60, 240, 1440)},
        {"years": 1},
        {"years": 21},
    ),
)
def test_a_trial_that_cannot_be_made_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Trial(**wrong)

"""Medians, bars and turns: what is told, and when a program fails."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks._figures import (
    Bar,
    Figures,
    Incapable,
    Limit,
    find_p99,
    measure,
    order_contestants,
    report_all,
)

NAMES = ["ours", "first", "second", "third"]


def make_figures(ours: float, peer: float) -> Figures:
    return Figures("work", {"ours": [ours, 9 * ours, ours / 9], "peer": [peer]})


def test_every_contestant_takes_part_in_every_turn() -> None:
    for run in range(20):
        assert sorted(order_contestants(NAMES, run=run)) == sorted(NAMES)


def test_nobody_always_follows_the_same_one() -> None:
    turns = [name for run in range(8) for name in order_contestants(NAMES, run=run)]
    before = Counter(pairwise(turns))

    for name in NAMES:
        followed = {first: number for (first, second), number in before.items() if second == name}
        assert len(followed) >= 3
        assert max(followed.values()) <= 4


@pytest.mark.parametrize(("ours", "code"), ((1.2, 0), (1.25, 0), (1.26, 1)))
def test_a_bar_is_judged_on_the_medians(
    ours: float, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = make_figures(ours, 1.0)

    assert figures.report([Bar("ours", "peer", 1.25)], json_file=None) == code

    assert ("MISSED" if code else "met   ") in capsys.readouterr().out


def test_the_distance_from_a_goal_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    make_figures(1.2, 1.0).tell([Bar("ours", "peer", 1.25, goal=1.0)])
    make_figures(0.9, 1.0).tell([Bar("ours", "peer", 1.25, goal=1.0)])

    printed = capsys.readouterr().out
    assert "goal 1.0: +20% from it" in printed
    assert "goal 1.0: reached" in printed


@pytest.mark.parametrize(("ours", "code"), ((1.8, 0), (1.9, 1)))
def test_a_peer_is_given_the_time_of_what_it_does_not_do(
    ours: float, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = Figures("work", {"ours": [ours], "peer": [1.0], "syncs": [0.5]})

    assert figures.report([Bar("ours", "peer", 1.25, plus="syncs")], json_file=None) == code

    assert "ours / (peer + syncs) = 1.2" in capsys.readouterr().out


@pytest.mark.parametrize(("floor", "code"), ((0.4, 1), (0.6, 0)))
def test_a_bar_below_what_anybody_must_take_judges_nobody_and_says_so(
    floor: float, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = Figures("work", {"ours": [0.9], "peer": [1.0], "raw": [floor - 0.2], "syncs": [0.2]})

    bar = Bar("ours", "peer", 0.5, floor=("raw", "syncs"))
    assert figures.report([bar], json_file=None) == code

    printed = capsys.readouterr().out
    assert ("raw + syncs alone: 0.60, so it judges nobody here" in printed) is (code == 0)
    assert ("MISSED" in printed) is (code == 1)


def test_a_floor_of_which_a_part_was_not_measured_is_none() -> None:
    figures = Figures("work", {"ours": [0.9], "peer": [1.0], "raw": [0.9]})

    assert figures.report([Bar("ours", "peer", 0.5, floor=("raw", "syncs"))], json_file=None) == 1


def test_a_bar_whose_peer_is_missing_is_not_judged() -> None:
    assert make_figures(1.0, 1.0).report([Bar("ours", "nobody", 0.1)], json_file=None) == 0


@pytest.mark.parametrize(("found", "code"), ((0.79, 1), (0.8, 0), (1.2, 0), (1.21, 1)))
def test_a_limit_may_have_two_ends(found: float, code: int) -> None:
    limit = Limit("ratio", found, 1.2, least=0.8)

    assert Figures("work").report([], limits=[limit], json_file=None) == code


def test_images_a_second_are_told_when_there_are_images(
    capsys: pytest.CaptureFixture[str],
) -> None:
    figures = Figures("work", {"ours": [2.0]})
    figures.images = 4000

    figures.tell([])

    assert "2000 images a second" in capsys.readouterr().out


def test_all_that_was_told_is_in_the_file(tmp_path: Path) -> None:
    told = [make_figures(2.0, 1.0).tell([Bar("ours", "peer", most)]) for most in (1.0, 3.0)]

    assert report_all(told, json_file=tmp_path / "file.json") == 1

    written = json.loads((tmp_path / "file.json").read_text())
    assert [section["bars"][0]["met"] for section in written["sections"]] == [False, True]
    assert written["sections"][0]["medians"] == {"ours": 2.0, "peer": 1.0}
    assert written["cores"] >= 1


def test_the_first_run_warms_up_and_is_not_counted() -> None:
    runs: list[str] = []

    def work() -> float:
        runs.append("ours")
        return float(len(runs))

    figures = measure({"ours": work}, work="work", runs=3)

    assert figures.seconds == {"ours": [2.0, 3.0, 4.0]}


def test_a_peer_that_cannot_do_it_leaves_and_is_named() -> None:
    def refuse() -> float:
        raise Incapable("12 refused")

    figures = measure({"ours": lambda: 1.0, "peer": refuse}, work="work", runs=2)

    assert figures.seconds == {"ours": [1.0, 1.0]}
    assert figures.skipped == ["peer could not do it: 12 refused"]


def test_a_failure_that_is_no_peers_ends_the_program() -> None:
    def lose() -> float:
        raise AssertionError("one is missing")

    with pytest.raises(AssertionError, match="one is missing"):
        measure({"ours": lose}, work="work", runs=1)


def test_the_99th_of_a_hundred_is_not_the_largest() -> None:
    assert find_p99(range(1, 101)) == 99
    assert find_p99(range(1, 51)) == 50

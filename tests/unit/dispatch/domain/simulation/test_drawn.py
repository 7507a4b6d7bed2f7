"""Nights that are drawn or replayed, the stress they are put under, and what they came to."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.simulation.comparison import compare, find_difference, join
from app.dispatch.domain.simulation.drawn import draw_night
from app.dispatch.domain.simulation.plan import SKEWED, Stress
from app.dispatch.domain.simulation.replayed import (
    fit_plan,
    read_replay,
    replay_night,
    write_replay,
)
from app.dispatch.domain.simulation.tally import Tally, find_gini, find_quantile
from app.dispatch.domain.simulation.ways import make_policies
from app.kit.errors import Invalid
from tests.unit.dispatch.domain.simulation.plans import make_plan

HEAD = "society,arrived_at,priority,read_minutes\n"


def test_a_night_holds_as_many_studies_of_each_society_as_its_plan_says() -> None:
    nights = [draw_night(make_plan(), seed=1, number=number) for number in range(80)]
    counts = [len(night.arrivals) for night in nights]
    societies = Counter(each.society for night in nights for each in night.arrivals)

    assert fmean(counts) == pytest.approx(125, rel=0.04)
    for society, share in enumerate(make_plan().shares):
        assert societies[society] / sum(counts) == pytest.approx(share, abs=0.02)
    assert fmean(each.read for night in nights for each in night.arrivals) == pytest.approx(
        12, rel=0.03
    )


def test_the_same_seed_and_number_give_the_same_night_and_others_do_not() -> None:
    night = draw_night(make_plan(), seed=1, number=3)

    assert night == draw_night(make_plan(), seed=1, number=3)
    assert night != draw_night(make_plan(), seed=1, number=4)
    assert night != draw_night(make_plan(), seed=2, number=3)


def test_what_is_not_under_stress_stays_as_it_was() -> None:
    calm = draw_night(make_plan(), seed=1, number=0)
    skewed = draw_night(make_plan(Stress.SKEWED), seed=1, number=0)
    absent = draw_night(make_plan(Stress.ABSENT), seed=1, number=0)

    assert [replace(each, society=0) for each in skewed.arrivals] == [
        replace(each, society=0) for each in calm.arrivals
    ]
    own = fmean(each.society == 0 for each in skewed.arrivals)
    assert own == pytest.approx(SKEWED, abs=0.12)
    assert absent.arrivals == calm.arrivals
    assert [each.radiologist_id for each in absent.troubles] == [1]


def test_a_burst_brings_three_times_as_many_for_two_hours() -> None:
    def count(*stresses: Stress) -> int:
        nights = (draw_night(make_plan(*stresses), seed=1, number=at) for at in range(40))
        return sum(180 <= each.at < 300 for night in nights for each in night.arrivals)

    assert count(Stress.BURST) == pytest.approx(3 * count(), rel=0.1)


def test_the_nights_in_which_the_clocks_change_last_11_and_13_hours() -> None:
    spans = [make_plan(Stress.CLOCKS).find_span(number).duration for number in range(2)]
    night = draw_night(make_plan(Stress.CLOCKS), seed=1, number=0)

    assert spans == [timedelta(hours=11), timedelta(hours=13)]
    assert max(each.at for each in night.arrivals) < 11 * 60
    assert {each.ends for each in night.seated if each.begins == 0} == {11 * 60}


def test_each_policy_reads_the_same_studies_and_nights_add_up() -> None:
    policies = [make_policies()[name] for name in ("ours", "pool")]
    found = [
        compare(draw_night(make_plan(studies=40), seed=1, number=number), policies)
        for number in range(3)
    ]
    tallies = join(found)

    assert tallies["ours"].all.count == tallies["pool"].all.count
    assert tallies["ours"].all.count == sum(each["ours"].all.count for each in found)
    assert len(tallies["pool"].means) == 3
    same = find_difference(tallies["ours"], tallies["ours"])
    assert (same.mean, same.is_clear) == (0.0, False)
    with pytest.raises(Invalid, match="two nights"):
        find_difference(Tally(means=[1.0]), Tally(means=[2.0]))


def test_a_replayed_night_is_that_of_the_file() -> None:
    # The second is of the evening before by the wall, though of the same date in UTC.
    text = HEAD + "B,2026-03-14 21:00,P1,5\nA,2026-03-14T04:00+01:00,p3,\nB,2026-03-14 19:00,,\n"
    replay = read_replay(text, plan=make_plan())
    plan = fit_plan(make_plan(), replay)
    assert list(plan.shares) == [1, 1, 0, 0]
    [early, late] = [
        replay_night(replay, plan=plan, seed=1, evening=evening) for evening in replay.nights
    ]

    assert (replay.societies, replay.by_day) == (("A", "B"), 1)
    assert [(each.at, each.priority, each.society) for each in early.arrivals] == [(480, "P3", 0)]
    assert [(each.at, each.priority, each.read) for each in late.arrivals] == [(60, "P1", 5)]
    assert early.arrivals[0].read > 0


def test_a_stress_that_changes_what_arrives_is_none_for_a_file() -> None:
    replay = read_replay(HEAD + "A,2026-03-14 21:00,P1,5\n", plan=make_plan())

    with pytest.raises(Invalid, match="burst changes what arrives"):
        fit_plan(make_plan(Stress.BURST), replay)


def test_what_was_written_is_read_again_also_in_the_hour_that_comes_twice() -> None:
    text = HEAD + (
        '"Nord; Est",2026-10-25 02:30+02:00,P1,5.25\n"Sud, Ouest",2026-10-25 02:30+01:00,,\n'
    )
    replay = read_replay(text, plan=make_plan())

    written = write_replay(replay)

    assert written.splitlines()[1:] == [
        "2026-10-25T00:30:00+00:00,Nord; Est,P1,5.25",
        '2026-10-25T01:30:00+00:00,"Sud, Ouest",,',
    ]
    assert read_replay(written, plan=make_plan()) == replay


@pytest.mark.parametrize(
    ("text", "message"),
    (
        ("society,day\n", "line 1: no column arrived_at"),
        (HEAD, "nothing to replay"),
        (HEAD + "A,yesterday,,\n", "line 2: 'yesterday' is no instant"),
        (HEAD + "A,2026-03-14 21:00,P9,\n", "line 2: 'P9' is no priority"),
        (HEAD + "A,2026-03-14 21:00,P1,-3\n", "line 2: '-3' is no read"),
        (HEAD + "A,2026-03-14 21:00,P1,nan\n", "line 2: 'nan' is no read"),
        (HEAD + ",2026-03-14 21:00,P1,3\n", "line 2: no society"),
        (HEAD + "A\n", "line 2: '' is no instant"),
    ),
)
def test_a_faulty_file_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        read_replay(text, plan=make_plan())


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=20))
def test_loads_alike_spread_nothing_and_one_who_has_all_spreads_most(values: list[float]) -> None:
    assert 0 <= find_gini(values) <= 1 - 1 / len(values) + 1e-9
    assert find_gini([5.0] * len(values)) == pytest.approx(0, abs=1e-9)
    assert find_gini([0.0] * 9 + [4.0]) == pytest.approx(0.9)
    assert find_quantile(values, share=1) == max(values)
    assert sum(each <= find_quantile(values, share=0.5) for each in values) >= len(values) / 2

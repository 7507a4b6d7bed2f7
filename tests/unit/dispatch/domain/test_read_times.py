"""How long reads take."""

from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.exams import ExamKind, Region
from app.dispatch.domain.read_times import Read, ReadTimes, find_prior, make_table, measure

HEAD = ExamKind("CT", Region.HEAD)
KNEE = ExamKind("MR", Region.LIMB)
NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def reads_of(kind: ExamKind, radiologist_id: int, *minutes: float) -> list[Read]:
    return [Read(kind, radiologist_id, each) for each in minutes]


def test_a_table_draws_all_to_what_is_published_and_each_reader_to_all() -> None:
    reads = [*reads_of(HEAD, 1, *[10.0] * 20), *reads_of(HEAD, 2, *[6.0] * 10)]

    table = make_table(reads)

    of_all = round((30 * 10.0 + 20 * 16.05) / 50, 2)
    assert [(row.radiologist_id, row.minutes, row.read_count) for row in table] == [
        (None, of_all, 30),
        (1, round((20 * 10 + 10 * of_all) / 30, 2), 20),
        (2, round((10 * 6 + 10 * of_all) / 20, 2), 10),
    ]


def test_who_has_no_read_of_a_kind_is_expected_to_need_what_all_need_else_what_is_published() -> (
    None
):
    times = ReadTimes(make_table(reads_of(HEAD, 1, *[8.0] * 40)))

    assert times.expect(HEAD, radiologist_id=1) < times.expect(HEAD, radiologist_id=9)
    assert times.expect(HEAD, radiologist_id=9) == times.expect_of_all(HEAD)
    assert times.expect(KNEE, radiologist_id=1) == find_prior(KNEE) == 16.62
    assert ReadTimes().expect(HEAD, radiologist_id=1) == 16.05
    assert find_prior(ExamKind("CT", Region.WHOLE_BODY)) == 39.2


@pytest.mark.parametrize("minutes", [0.0, -1.0, 180.5, 600.0])
def test_what_took_no_time_or_more_than_three_hours_was_no_read(minutes: float) -> None:
    assert make_table(reads_of(HEAD, 1, minutes)) == ()


_minutes = st.floats(0.1, 180, allow_nan=False)
_reads = st.lists(
    st.builds(
        Read,
        st.builds(ExamKind, st.sampled_from(["CT", "MR"]), st.sampled_from(Region)),
        st.integers(1, 4),
        _minutes,
    ),
    max_size=40,
)


@given(_reads, st.randoms(use_true_random=False))
def test_the_order_of_reads_changes_nothing(reads: list[Read], chance: object) -> None:
    shuffled = list(reads)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]

    assert make_table(shuffled) == make_table(reads)


@given(_reads)
def test_every_estimate_lies_between_the_median_and_what_it_is_drawn_to(reads: list[Read]) -> None:
    table = make_table(reads)
    shared = {row.kind: row.minutes for row in table if row.radiologist_id is None}

    for row in table:
        own = [
            each.minutes
            for each in reads
            if each.kind == row.kind and row.radiologist_id in {None, each.radiologist_id}
        ]
        drawn_to = find_prior(row.kind) if row.radiologist_id is None else shared[row.kind]
        low, high = sorted((median(own), drawn_to))
        assert low - 0.01 <= row.minutes <= high + 0.01
        assert row.read_count == len(own)


@given(_minutes, st.integers(1, 50), st.integers(1, 50))
def test_more_reads_bring_the_estimate_nearer_to_their_median(
    minutes: float, fewer: int, more: int
) -> None:
    little = make_table(reads_of(HEAD, 1, *[minutes] * fewer))[0].minutes
    much = make_table(reads_of(HEAD, 1, *[minutes] * (fewer + more)))[0].minutes

    assert abs(much - minutes) <= abs(little - minutes) + 0.01


def test_time_aside_is_no_reading_time_and_a_pause_outside_of_it_counts_for_nothing() -> None:
    ended = NIGHT + 40 * MINUTE
    pauses = [
        (NIGHT - 20 * MINUTE, NIGHT - 10 * MINUTE),
        (NIGHT + 5 * MINUTE, NIGHT + 15 * MINUTE),
        (NIGHT + 35 * MINUTE, ended + 60 * MINUTE),
    ]

    assert measure(NIGHT, ended, pauses=[]) == 40
    assert measure(NIGHT, ended, pauses=pauses) == 25

"""What lies ahead of a reader."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.loads import Ahead, Load, sum_ahead

NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OFFERED = Load(radiologist_id=1, minutes=8.0, signed_due_at=NIGHT + 30 * MINUTE)
CLAIMED = replace(OFFERED, claimed_at=NIGHT - 3 * MINUTE)


def ahead(*loads: Load) -> Ahead:
    return sum_ahead(loads, signed_due_at=NIGHT + 60 * MINUTE, now=NIGHT)


def test_each_case_counts_by_how_long_its_reader_needs_for_it() -> None:
    assert ahead() == Ahead(0, 0, 0.0)
    assert ahead(OFFERED, replace(OFFERED, minutes=40.0)) == Ahead(0, 2, 48.0)


def test_of_a_case_being_read_the_rest_counts_and_never_nothing() -> None:
    assert ahead(CLAIMED) == Ahead(1, 0, 5.0)
    assert ahead(replace(CLAIMED, claimed_at=NIGHT - 90 * MINUTE)) == Ahead(1, 0, 2.0)
    assert ahead(replace(CLAIMED, is_aside=True)) == Ahead(1, 0, 8.0)


def test_what_is_due_later_is_read_later_unless_it_was_taken() -> None:
    later = NIGHT + 61 * MINUTE

    assert ahead(replace(OFFERED, signed_due_at=later)) == Ahead(0, 0, 0.0)
    assert ahead(replace(CLAIMED, signed_due_at=later)) == Ahead(1, 0, 5.0)
    assert ahead(replace(OFFERED, signed_due_at=NIGHT + 60 * MINUTE)).nominations == 1


def test_a_case_offered_to_four_is_a_quarter_of_each() -> None:
    assert ahead(replace(OFFERED, offered_to=4)) == Ahead(0, 1, 2.0)


@given(
    st.lists(
        st.builds(
            Load,
            radiologist_id=st.just(1),
            minutes=st.sampled_from([8.0, 40.0]),
            signed_due_at=st.timedeltas(-60 * MINUTE, 120 * MINUTE).map(NIGHT.__add__),
            offered_to=st.integers(1, 5),
            claimed_at=st.none() | st.timedeltas(-300 * MINUTE, 0 * MINUTE).map(NIGHT.__add__),
            is_aside=st.booleans(),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_one_case_more_is_never_less_ahead(loads: list[Load]) -> None:
    assert ahead(*loads).minutes >= ahead(*loads[1:]).minutes - 0.01

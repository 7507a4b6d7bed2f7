"""The clocks of a case."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cases.domain.priority import Priority
from app.cases.domain.sla import DEFAULTS, Audience, Sla, find_step_due, take_snapshot

NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("priority", "after_s"),
    [
        (Priority.P1, [60, 180, 360]),
        (Priority.P2, [180, 600, 1200]),
        (Priority.P3, []),
        (Priority.P4, []),
    ],
)
def test_the_default_steps_are_those_of_the_design(priority: Priority, after_s: list[int]) -> None:
    assert [step.after.total_seconds() for step in DEFAULTS[priority].steps] == after_s


def test_only_p1_is_offered_to_two_readers_at_once() -> None:
    assert {priority: sla.readers_at_once for priority, sla in DEFAULTS.items()} == {
        Priority.P1: 2,
        Priority.P2: 1,
        Priority.P3: 1,
        Priority.P4: 1,
    }


def test_a_site_may_have_minutes_of_its_own_for_some_priorities() -> None:
    own = take_snapshot(Priority.P2, site_minutes={"P2": 45})
    default = take_snapshot(Priority.P1, site_minutes={"P2": 45})

    assert own.signed_within == timedelta(minutes=45)
    assert own.steps == DEFAULTS[Priority.P2].steps
    assert default == DEFAULTS[Priority.P1]


@given(st.sampled_from(Priority), st.integers(1, 10_000))
def test_a_snapshot_is_read_back_as_it_was_written(priority: Priority, minutes: int) -> None:
    sla = take_snapshot(priority, site_minutes={priority.value: minutes})

    again = Sla.from_json(
        sla.priority.value, round(sla.signed_within.total_seconds()), sla.to_json()
    )

    assert again == sla


def test_steps_count_from_the_nomination_one_after_the_other_and_end() -> None:
    sla = DEFAULTS[Priority.P1]

    due = [find_step_due(sla, done=done, nominated_at=NIGHT) for done in range(4)]

    assert due == [
        NIGHT + timedelta(seconds=60),
        NIGHT + timedelta(seconds=180),
        NIGHT + timedelta(seconds=360),
        None,
    ]
    assert [step.audience for step in sla.steps] == list(Audience)

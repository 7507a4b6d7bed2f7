"""The clocks of a case."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cases.domain.priority import Priority
from app.cases.domain.sla import (
    DEFAULTS,
    Audience,
    Sla,
    Waiting,
    find_step_due,
    take_snapshot,
)

NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DUE = NIGHT + 30 * MINUTE
SLACK_END = NIGHT + 15 * MINUTE


def wait(*, seen: bool = False, offered_at: datetime = NIGHT) -> Waiting:
    return Waiting(offered_at=offered_at, is_acknowledged=seen, slack_ends_at=SLACK_END)


@pytest.mark.parametrize(
    ("priority", "after_s", "after_slack_s"),
    [
        (Priority.P1, [60, 180, 360], [0, 120, 300]),
        (Priority.P2, [180, 600, 1200], [0, 420, 1020]),
        (Priority.P3, [None, None], [0, 900]),
        (Priority.P4, [], []),
    ],
)
def test_the_default_steps_are_those_of_the_design(
    priority: Priority, after_s: list[int | None], after_slack_s: list[int]
) -> None:
    kept = DEFAULTS[priority].to_json()

    assert (kept["after_s"], kept["after_slack_s"]) == (after_s, after_slack_s)


def test_only_p1_is_offered_to_two_readers_at_once() -> None:
    assert {priority: sla.readers_at_once for priority, sla in DEFAULTS.items()} == {
        Priority.P1: 2,
        Priority.P2: 1,
        Priority.P3: 1,
        Priority.P4: 1,
    }


def test_a_site_may_have_minutes_of_its_own_for_some_priorities() -> None:
    own = take_snapshot(Priority.P2, site_minutes={"P2": 45}, site_escalation={})
    default = take_snapshot(Priority.P1, site_minutes={"P2": 45}, site_escalation={})

    assert own.signed_within == timedelta(minutes=45)
    assert own.steps == DEFAULTS[Priority.P2].steps
    assert default == DEFAULTS[Priority.P1]


def test_a_site_may_have_steps_of_its_own_for_some_priorities() -> None:
    table = {"P1": DEFAULTS[Priority.P2].to_json()}

    own = take_snapshot(Priority.P1, site_minutes={}, site_escalation=table)
    default = take_snapshot(Priority.P2, site_minutes={}, site_escalation=table)

    assert (own.priority, own.steps) == (Priority.P1, DEFAULTS[Priority.P2].steps)
    assert own.signed_within == DEFAULTS[Priority.P1].signed_within
    assert default == DEFAULTS[Priority.P2]


@given(st.sampled_from(Priority), st.integers(1, 10_000))
def test_a_snapshot_is_read_back_as_it_was_written(priority: Priority, minutes: int) -> None:
    sla = take_snapshot(priority, site_minutes={priority.value: minutes}, site_escalation={})

    again = Sla.from_json(
        sla.priority.value, round(sla.signed_within.total_seconds()), sla.to_json()
    )

    assert again == sla


def test_a_snapshot_from_before_the_clock_of_slack_keeps_its_pace() -> None:
    kept = {
        "readers_at_once": 2,
        "after_s": [60, 180, 360],
        "audience": ["on_guard", "backup", "hospital"],
    }

    assert Sla.from_json("P1", 30 * 60, kept) == DEFAULTS[Priority.P1]


def test_steps_count_from_the_nomination_one_after_the_other_and_end() -> None:
    sla = DEFAULTS[Priority.P1]

    due = [find_step_due(sla, done=done, waiting=wait()) for done in range(4)]

    assert due == [NIGHT + MINUTE, NIGHT + 3 * MINUTE, NIGHT + 6 * MINUTE, None]
    assert [step.audience for step in sla.steps] == list(Audience)


def test_who_has_seen_a_case_stops_one_clock_and_not_the_other() -> None:
    sla = DEFAULTS[Priority.P1]

    due = [find_step_due(sla, done=done, waiting=wait(seen=True)) for done in range(4)]

    assert due == [SLACK_END, SLACK_END + 2 * MINUTE, SLACK_END + 5 * MINUTE, None]


def test_a_case_that_is_late_when_it_is_offered_is_not_thrown_at_everybody_at_once() -> None:
    sla, late = DEFAULTS[Priority.P1], DUE + 10 * MINUTE

    due = [find_step_due(sla, done=done, waiting=wait(offered_at=late)) for done in range(3)]

    assert due == [late, late + 2 * MINUTE, late + 5 * MINUTE]


def test_p3_is_widened_by_slack_only_and_p4_never() -> None:
    p3, p4 = DEFAULTS[Priority.P3], DEFAULTS[Priority.P4]

    assert find_step_due(p3, done=0, waiting=wait()) == SLACK_END
    assert find_step_due(p3, done=1, waiting=wait()) == SLACK_END + 15 * MINUTE
    assert find_step_due(p4, done=0, waiting=wait()) is None


def test_without_an_image_there_is_no_slack_to_use_up() -> None:
    nothing = Waiting(offered_at=NIGHT, is_acknowledged=False, slack_ends_at=None)

    assert find_step_due(DEFAULTS[Priority.P3], done=0, waiting=nothing) is None


@given(
    priority=st.sampled_from([Priority.P1, Priority.P2, Priority.P3]),
    seen=st.booleans(),
    minutes=st.integers(-600, 600),
)
def test_no_step_comes_before_the_one_before_it_nor_before_the_offer(
    priority: Priority, *, seen: bool, minutes: int
) -> None:
    sla = DEFAULTS[priority]
    waiting = Waiting(
        offered_at=NIGHT, is_acknowledged=seen, slack_ends_at=NIGHT + minutes * MINUTE
    )

    due = [find_step_due(sla, done=done, waiting=waiting) for done in range(len(sla.steps))]

    instants = [each for each in due if each is not None]
    assert len(instants) == len(sla.steps)
    assert instants == sorted(instants)
    assert instants[0] >= NIGHT

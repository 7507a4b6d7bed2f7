"""A delivery is tried again at growing pauses until it is taken, refused for good, or too old."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.domain.outcomes import FINAL, Outcome
from app.delivery.domain.retry import (
    DELAYS,
    ENOUGH_TRIES,
    GIVE_UP_AFTER,
    NextStep,
    RetryDecision,
    decide,
)

SINCE = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
PASSING = sorted(set(Outcome) - FINAL - {Outcome.ACCEPTED})
ages = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3))
tries = st.integers(min_value=1, max_value=10_000)


@given(attempts=tries, age=ages)
def test_what_is_accepted_is_done(attempts: int, age: timedelta) -> None:
    decision = decide(attempts, outcome=Outcome.ACCEPTED, since=SINCE, now=SINCE + age)

    assert decision == RetryDecision(NextStep.DONE)


@given(attempts=tries, age=ages, outcome=st.sampled_from(sorted(FINAL)))
def test_what_no_repeat_can_change_is_given_up_at_once(
    attempts: int, age: timedelta, outcome: Outcome
) -> None:
    decision = decide(attempts, outcome=outcome, since=SINCE, now=SINCE + age)

    assert decision == RetryDecision(NextStep.GIVE_UP)


@given(attempts=tries, age=ages, outcome=st.sampled_from(PASSING))
def test_what_may_pass_is_tried_again_until_it_is_too_old(
    attempts: int, age: timedelta, outcome: Outcome
) -> None:
    now = SINCE + age

    decision = decide(attempts, outcome=outcome, since=SINCE, now=now)

    if age >= GIVE_UP_AFTER:
        assert decision == RetryDecision(NextStep.GIVE_UP)
    else:
        assert decision.step is NextStep.RETRY
        assert decision.due_at is not None
        assert DELAYS[0] <= decision.due_at - now <= DELAYS[-1]


@given(attempts=tries, outcome=st.sampled_from(PASSING))
def test_the_pause_never_shrinks(attempts: int, outcome: Outcome) -> None:
    earlier = decide(attempts, outcome=outcome, since=SINCE, now=SINCE)
    later = decide(attempts + 1, outcome=outcome, since=SINCE, now=SINCE)

    assert earlier.due_at is not None
    assert later.due_at is not None
    assert earlier.due_at <= later.due_at


def test_a_receiver_that_is_down_for_an_hour_is_asked_at_least_every_quarter_of_an_hour() -> None:
    now, attempts = SINCE, 0

    while now < SINCE + timedelta(hours=1):
        attempts += 1
        decision = decide(attempts, outcome=Outcome.UNREACHABLE, since=SINCE, now=now)
        assert decision.due_at is not None
        now = decision.due_at

    assert now <= SINCE + timedelta(hours=1, minutes=15)
    assert attempts < 15


def test_a_decision_without_a_try_is_refused() -> None:
    with pytest.raises(ValueError, match="follows a try"):
        decide(0, outcome=Outcome.BUSY, since=SINCE, now=SINCE)


def test_a_form_that_the_node_keeps_refusing_is_given_up_when_it_has_another() -> None:
    last = decide(ENOUGH_TRIES, outcome=Outcome.BUSY, since=SINCE, now=SINCE, has_other_form=True)
    before = decide(
        ENOUGH_TRIES - 1, outcome=Outcome.BUSY, since=SINCE, now=SINCE, has_other_form=True
    )

    assert (before.step, last.step) == (NextStep.RETRY, NextStep.GIVE_UP)


@given(attempts=st.integers(1, 50), outcome=st.sampled_from(sorted(set(Outcome) - FINAL)))
def test_another_form_never_makes_a_node_that_is_away_be_given_up(
    attempts: int, outcome: Outcome
) -> None:
    decision = decide(attempts, outcome=outcome, since=SINCE, now=SINCE, has_other_form=True)

    gives_up = outcome is Outcome.BUSY and attempts >= ENOUGH_TRIES
    assert (decision.step is NextStep.GIVE_UP) == gives_up

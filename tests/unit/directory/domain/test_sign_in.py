from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.directory.domain.sign_in import (
    ADDRESS_THROTTLE,
    LOGIN_THROTTLE,
    PAIR_THROTTLE,
    Lifetime,
    Throttle,
    choose_totp_step,
    has_allowed_length,
)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
durations = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=30))
throttles = st.sampled_from([PAIR_THROTTLE, LOGIN_THROTTLE, ADDRESS_THROTTLE])


@given(throttles, st.integers(0, 10_000))
def test_one_more_failure_never_shortens_the_wait(throttle: Throttle, failures: int) -> None:
    assert throttle.wait_after(failures) <= throttle.wait_after(failures + 1)


@given(throttles, st.integers(0, 10_000))
def test_no_wait_is_longer_than_the_longest(throttle: Throttle, failures: int) -> None:
    assert timedelta(0) <= throttle.wait_after(failures) <= throttle.longest_wait


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 0), (4, 0), (5, 15), (6, 30), (7, 60), (30, 900)]
)
def test_the_wait_starts_after_the_free_failures_and_doubles(failures: int, seconds: int) -> None:
    assert PAIR_THROTTLE.wait_after(failures) == timedelta(seconds=seconds)


@given(idle=durations, longest=durations, silence=st.timedeltas(timedelta(0), timedelta(days=30)))
def test_a_session_ends_by_silence_or_by_age_whichever_is_first(
    idle: timedelta, longest: timedelta, silence: timedelta
) -> None:
    end = Lifetime(idle=idle, longest=longest).end(started_at=NOON, seen_at=NOON + silence)

    assert end == min(NOON + longest, NOON + silence + idle)


@pytest.mark.parametrize(
    ("length", "allowed"), [(11, False), (12, True), (256, True), (257, False)]
)
def test_the_length_of_a_password_has_two_bounds(length: int, allowed: bool) -> None:  # noqa: FBT001
    assert has_allowed_length("x" * length) is allowed


@given(st.sets(st.integers(0, 100)), st.none() | st.integers(0, 100))
def test_the_step_of_a_code_that_is_accepted_is_fresh_and_the_earliest(
    steps: set[int], last: int | None
) -> None:
    chosen = choose_totp_step(tuple(steps), last_used_step=last)

    fresh = {step for step in steps if last is None or step > last}
    assert chosen == (min(fresh) if fresh else None)

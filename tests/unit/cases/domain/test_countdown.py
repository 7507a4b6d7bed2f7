"""The one countdown of a case."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.cases.domain.countdown import Countdown, Urgency, find_countdown

ARRIVED = datetime(2026, 11, 22, 22, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def find(delay: timedelta, read: timedelta) -> Countdown:
    found = find_countdown(
        first_image_at=ARRIVED, signed_due_at=ARRIVED + delay, expected_read=read
    )
    assert found is not None
    return found


def test_before_the_first_image_nothing_is_counted_down_to() -> None:
    assert (
        find_countdown(first_image_at=None, signed_due_at=None, expected_read=15 * MINUTE) is None
    )


def test_slack_is_what_is_left_less_the_read_that_is_expected() -> None:
    assert find(60 * MINUTE, 16 * MINUTE) == Countdown(
        due_at=ARRIVED + 60 * MINUTE, slack_ends_at=ARRIVED + 44 * MINUTE
    )


def test_a_read_that_is_longer_than_the_delay_leaves_half_of_it() -> None:
    assert find(30 * MINUTE, 39 * MINUTE).slack_ends_at == ARRIVED + 15 * MINUTE


def test_a_case_is_late_at_the_very_instant_it_is_due() -> None:
    countdown = find(60 * MINUTE, 20 * MINUTE)
    instants = {
        39: Urgency.IN_TIME,
        40: Urgency.SLACK_USED,
        59: Urgency.SLACK_USED,
        60: Urgency.LATE,
    }

    judged = {each: countdown.judge(now=ARRIVED + each * MINUTE) for each in instants}

    assert judged == instants


@given(delay_s=st.integers(2, 10**6), read_s=st.integers(1, 10**6), shorter_s=st.integers(1, 10**6))
def test_a_shorter_read_never_begins_earlier_and_nothing_begins_before_half_of_the_delay(
    delay_s: int, read_s: int, shorter_s: int
) -> None:
    delay, read = timedelta(seconds=delay_s), timedelta(seconds=read_s)
    countdown = find(delay, read)
    other = find(delay, min(read, timedelta(seconds=shorter_s)))

    assert ARRIVED + delay / 2 <= countdown.slack_ends_at < countdown.due_at
    assert countdown.slack_ends_at <= other.slack_ends_at
    if read <= delay / 2:
        assert countdown.due_at - countdown.slack_ends_at == read

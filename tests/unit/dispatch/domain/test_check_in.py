"""When others are told that somebody is missing, and every pair of a state and an action."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.check_in import (
    OPENS_BEFORE,
    STANDING,
    CheckInAction,
    CheckInRefused,
    CheckInState,
    find_next_due,
    find_told,
    follow,
)

PARIS = ZoneInfo("Europe/Paris")
MINUTE = timedelta(minutes=1)
YEAR = datetime(2026, 3, 1, tzinfo=UTC)

# Columns: awaited, missing, done, missed, cancelled; "-" is refused.
EXPECTED = {
    "test": "awaited missing done - -",
    "complete": "done done done - -",
    "tell": "missing missing - - -",
    "expire": "missed missed - - -",
    "cancel": "cancelled cancelled cancelled - -",
}
STATES = ("awaited", "missing", "done", "missed", "cancelled")
PAIRS = [
    (state, action, target)
    for action, row in EXPECTED.items()
    for state, target in zip(STATES, row.split(), strict=True)
]

instants = st.integers(0, 600_000).map(lambda minutes: YEAR + minutes * MINUTE)
# The nights of both changes of the clocks, to the minute, written by the wall.
wall_times = st.sampled_from(
    [datetime(2026, 3, 29, tzinfo=PARIS), datetime(2026, 10, 25, tzinfo=PARIS)]
).flatmap(
    lambda day: st.builds(
        lambda minutes, fold: (day + minutes * MINUTE).replace(fold=fold),
        st.integers(0, 300),
        st.integers(0, 1),
    )
)


def test_the_grid_speaks_of_every_state_and_every_action() -> None:
    assert {state.value for state in CheckInState} == set(STATES)
    assert {action.value for action in CheckInAction} == set(EXPECTED)


@pytest.mark.parametrize(("state", "action", "target"), PAIRS)
def test_every_pair_of_state_and_action(state: str, action: str, target: str) -> None:
    if target != "-":
        assert follow(CheckInState(state), CheckInAction(action)) == target
        return
    with pytest.raises(CheckInRefused, match=f"the check-in is {state}: {action}"):
        follow(CheckInState(state), CheckInAction(action))


def test_who_is_still_to_check_in_can_do_so_late() -> None:
    reached = {follow(state, CheckInAction.COMPLETE) for state in STANDING}

    assert reached == {CheckInState.DONE}


def test_others_are_told_five_minutes_before_and_at_the_beginning() -> None:
    start = datetime(2026, 11, 20, 20, 0, tzinfo=PARIS)

    told = find_told(starts_at=start, known_at=start - timedelta(days=30))

    assert told == (
        datetime(2026, 11, 20, 18, 55, tzinfo=UTC),
        datetime(2026, 11, 20, 19, 0, tzinfo=UTC),
    )


@given(start=wall_times)
def test_the_clocks_may_change_between_and_the_minutes_stay_real(start: datetime) -> None:
    first, second = find_told(starts_at=start, known_at=start - timedelta(days=1))

    assert second == start.astimezone(UTC)
    assert second - first == 5 * MINUTE


@given(start=instants, minutes=st.integers(-600, 600))
def test_who_is_put_on_guard_late_gets_five_minutes_too(start: datetime, minutes: int) -> None:
    known = start + minutes * MINUTE

    first, second = find_told(starts_at=start, known_at=known)

    assert first >= known + 5 * MINUTE
    assert first >= start - 5 * MINUTE
    assert first <= max(start, known) + 5 * MINUTE
    assert second == max(first, start)


@given(start=instants, known=st.integers(-600, 300), hours=st.integers(1, 14))
def test_what_is_due_comes_in_order_and_ends_with_the_guard(
    start: datetime, known: int, hours: int
) -> None:
    ends = start + timedelta(hours=hours)
    facts = {"starts_at": start, "ends_at": ends, "known_at": start + known * MINUTE}

    due = [find_next_due(**facts, done_until=None)]
    while due[-1] < ends:
        due.append(find_next_due(**facts, done_until=due[-1]))

    assert due == sorted(set(due))
    assert due[-1] == ends
    assert set(due[:-1]) <= set(find_told(starts_at=start, known_at=facts["known_at"]))
    assert due[0] >= start - OPENS_BEFORE

"""Notifications: every move, who is told by what, and when a telephone may ring."""

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.notification import (
    TRANSITIONS,
    Channel,
    NotificationAction,
    NotificationRefused,
    NotificationState,
    find_call_at,
    find_channels,
    find_shown,
    follow,
)

PARIS = ZoneInfo("Europe/Paris")
INSTANTS = st.integers(0, 366 * 1440).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@pytest.mark.parametrize(("state", "action"), list(product(NotificationState, NotificationAction)))
def test_every_pair_of_state_and_action_is_a_move_or_refused(
    state: NotificationState, action: NotificationAction
) -> None:
    if (state, action) in TRANSITIONS:
        assert follow(state, action) is TRANSITIONS[state, action]
    else:
        with pytest.raises(NotificationRefused, match=f"{state}.*{action}"):
            follow(state, action)


def test_what_was_answered_stays_so_and_what_is_shown_is_not_sent() -> None:
    ends = {NotificationState.ANSWERED, NotificationState.SHOWN}

    assert [pair for pair in TRANSITIONS if pair[0] in ends] == []


def test_every_state_can_be_reached_from_the_first_one() -> None:
    reached = {NotificationState.DUE}
    for _ in NotificationState:
        reached |= {to for (at, _), to in TRANSITIONS.items() if at in reached}

    assert reached == set(NotificationState)


SHOWN, FAILED = NotificationState.SHOWN, NotificationState.FAILED


@pytest.mark.parametrize("priority", ["P1", "P2", "P3", "P4"])
@pytest.mark.parametrize("state", [NotificationState.DUE, FAILED])
def test_what_has_sounded_is_shown_and_a_mute_page_misses_only_what_is_urgent(
    state: NotificationState, priority: str
) -> None:
    mute = FAILED if priority in {"P1", "P2"} else SHOWN

    assert find_shown(state, priority=priority, has_sounded=True) is SHOWN
    assert find_shown(state, priority=priority, has_sounded=False) is mute


@pytest.mark.parametrize("has_sounded", [True, False])
@pytest.mark.parametrize("priority", ["P1", "P4"])
@pytest.mark.parametrize("state", [SHOWN, NotificationState.CANCELLED, NotificationState.ANSWERED])
def test_what_is_settled_stays_however_often_it_is_shown(
    state: NotificationState, priority: str, *, has_sounded: bool
) -> None:
    assert find_shown(state, priority=priority, has_sounded=has_sounded) is state


@pytest.mark.parametrize(
    ("priority", "step", "calls"),
    [("P1", 0, False), ("P1", 1, True), ("P2", 2, True), ("P3", 1, True), ("P4", 3, False)],
)
def test_the_telephone_is_called_from_the_first_step_on_but_never_for_p4(
    priority: str, step: int, *, calls: bool
) -> None:
    channels = find_channels(priority, step=step)

    assert (Channel.HOOK in channels) is calls
    assert {Channel.BROWSER, Channel.MAIL} <= set(channels)


@pytest.mark.parametrize(
    ("local", "quiet", "expected"),
    [
        ("2026-03-14T21:59", (22, 7), "2026-03-14T21:59"),
        ("2026-03-14T22:00", (22, 7), "2026-03-15T07:00"),
        ("2026-03-15T06:59", (22, 7), "2026-03-15T07:00"),
        ("2026-03-15T07:00", (22, 7), "2026-03-15T07:00"),
        ("2026-03-15T03:00", (1, 6), "2026-03-15T06:00"),
        ("2026-03-15T00:30", (1, 6), "2026-03-15T00:30"),
        ("2026-03-15T03:00", (5, 5), "2026-03-15T03:00"),
        ("2026-03-15T23:00", (22, 0), "2026-03-16T00:00"),
        # The hour that the night of spring leaves out, and the one that autumn has twice.
        ("2026-03-28T23:00", (22, 7), "2026-03-29T07:00"),
        ("2026-10-24T23:00", (22, 7), "2026-10-25T07:00"),
    ],
)
def test_what_is_not_urgent_waits_for_the_end_of_the_quiet_hours(
    local: str, quiet: tuple[int, int], expected: str
) -> None:
    now = datetime.fromisoformat(local).replace(tzinfo=PARIS).astimezone(UTC)

    at = find_call_at("P3", now=now, quiet=quiet, zone=PARIS)

    assert at == datetime.fromisoformat(expected).replace(tzinfo=PARIS).astimezone(UTC)


HOURS = st.integers(0, 23)


@given(now=INSTANTS, begin=HOURS, end=HOURS)
def test_nobody_on_guard_is_spared_what_is_urgent_and_p4_never_rings(
    now: datetime, begin: int, end: int
) -> None:
    for priority in ("P1", "P2"):
        assert find_call_at(priority, now=now, quiet=(begin, end), zone=PARIS) == now
    assert find_call_at("P4", now=now, quiet=(begin, end), zone=PARIS) is None


@given(now=INSTANTS, begin=HOURS, end=HOURS)
def test_what_waits_is_called_within_a_day_and_outside_of_the_quiet_hours(
    now: datetime, begin: int, end: int
) -> None:
    at = find_call_at("P3", now=now, quiet=(begin, end), zone=PARIS)

    assert at is not None
    assert now <= at <= now + timedelta(hours=25)
    assert find_call_at("P3", now=at, quiet=(begin, end), zone=PARIS) == at

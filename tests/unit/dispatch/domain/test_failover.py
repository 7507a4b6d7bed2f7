"""When a centre is down and back by itself, and when the silence is our own fault."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.failover import (
    CentreSeen,
    MassSilence,
    Rules,
    find_mass_silence,
    judge_centre,
)
from app.dispatch.domain.failover_moves import CentreAction, DownCause
from app.dispatch.domain.presence import ReaderSeen
from app.kit.interval import Interval

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
GUARD = Interval(NOW - HOUR, NOW + 8 * HOUR)
ALL_ON = Rules()


def reader(
    number: int, *, silent_s: int | None = 0, expected: bool = True, guard: Interval = GUARD
) -> ReaderSeen:
    """Give somebody who was last seen so many seconds ago, or never."""
    return ReaderSeen(
        radiologist_id=number,
        centre_id=1,
        guard=guard,
        is_expected=expected,
        seen_at=None if silent_s is None else NOW - silent_s * SECOND,
    )


def judge(
    *readers: ReaderSeen,
    rules: Rules = ALL_ON,
    quiet_until: datetime | None = None,
    **changes: object,
) -> CentreAction | None:
    centre = CentreSeen(centre_id=1, readers=readers, **changes)  # type: ignore[arg-type]
    return judge_centre(centre, rules=rules, quiet_until=quiet_until, now=NOW)


def find(*silent_s: int | None, beat_s: int | None = 2) -> MassSilence | None:
    beat_at = None if beat_s is None else NOW - beat_s * SECOND
    readers = [reader(number, silent_s=each) for number, each in enumerate(silent_s)]
    return find_mass_silence(readers, last_beat_at=beat_at, now=NOW)


# ------------------------------------------------------------------------------------ silence


@pytest.mark.parametrize(
    ("readers", "action"),
    [
        ([reader(1, silent_s=90)], CentreAction.FALL_SILENT),
        ([reader(1, silent_s=89)], None),
        ([reader(1, silent_s=90), reader(2, silent_s=90)], CentreAction.FALL_SILENT),
        ([reader(1, silent_s=90), reader(2)], None),
        ([reader(1, silent_s=None)], None),
        ([reader(1, silent_s=90), reader(2, silent_s=None)], CentreAction.FALL_SILENT),
        ([reader(1, silent_s=90, expected=False)], None),
        ([reader(1, silent_s=90), reader(2, silent_s=None, expected=False)], "fall_silent"),
        ([reader(1, silent_s=90), reader(2, expected=False)], None),
        ([], None),
    ],
)
def test_a_centre_falls_silent_when_nobody_there_is_heard_for_90_s(
    readers: list[ReaderSeen], action: CentreAction | None
) -> None:
    assert judge(*readers) == action


def test_a_rule_that_is_off_takes_no_centre_down() -> None:
    gone, failed = reader(1, silent_s=600), (NOW - 40 * SECOND, NOW - 20 * SECOND, NOW)

    assert judge(gone, rules=Rules(by_silence=False)) is None
    assert judge(node_failed_at=failed, rules=Rules(by_node=False)) is None
    assert judge(gone, node_failed_at=failed, rules=Rules(by_silence=False)) == "lose_node"


def test_after_a_mass_silence_everybody_has_90_s_to_come_back() -> None:
    gone = reader(1, silent_s=600)

    assert judge(gone, quiet_until=NOW - 89 * SECOND) is None
    assert judge(gone, quiet_until=NOW - 90 * SECOND) is CentreAction.FALL_SILENT


def test_what_the_coordinator_said_stands_until_a_reader_was_seen_again() -> None:
    told_back_at = NOW - 5 * MINUTE

    assert judge(reader(1, silent_s=360), told_back_at=told_back_at) is None
    assert judge(reader(1, silent_s=240), told_back_at=told_back_at) is CentreAction.FALL_SILENT


@pytest.mark.parametrize(
    ("readers", "action"),
    [
        ([reader(1, silent_s=90)], None),
        ([reader(1, silent_s=30)], None),
        ([reader(1, silent_s=29)], CentreAction.COME_BACK),
        ([reader(1, silent_s=600), reader(2, silent_s=0)], CentreAction.COME_BACK),
        ([], CentreAction.COME_BACK),
    ],
)
def test_a_silent_centre_is_back_with_the_first_stream_or_when_nobody_is_expected(
    readers: list[ReaderSeen], action: CentreAction | None
) -> None:
    down = judge(*readers, down_cause=DownCause.SILENCE, down_since=NOW - HOUR)

    assert down == action


# --------------------------------------------------------------------------------------- node


@pytest.mark.parametrize(
    ("failed_s", "action"),
    [
        ((), None),
        ((20, 0), None),
        ((40, 20, 0), CentreAction.LOSE_NODE),
        ((60, 30, 0), CentreAction.LOSE_NODE),
        ((61, 30, 0), None),
        ((300, 40, 20, 0), CentreAction.LOSE_NODE),
        ((160, 130, 100), None),
    ],
)
def test_a_node_is_lost_with_three_failures_in_60_s(
    failed_s: tuple[int, ...], action: CentreAction | None
) -> None:
    assert judge(reader(1), node_failed_at=tuple(NOW - s * SECOND for s in failed_s)) == action


def test_a_lost_node_is_back_with_its_first_answer() -> None:
    since = NOW - MINUTE
    down = partial(judge, reader(1), down_cause=DownCause.NODE, down_since=since)

    assert down() is None
    assert down(node_answered_at=since - SECOND) is None
    assert down(node_answered_at=since + SECOND) is CentreAction.COME_BACK
    assert down(rules=Rules(by_node=False)) is CentreAction.COME_BACK


def test_a_node_that_the_coordinator_called_back_must_answer_once_before_it_is_lost_again() -> None:
    failed = tuple(NOW - s * SECOND for s in (40, 20, 0))
    told = NOW - 5 * MINUTE

    assert judge(node_failed_at=failed, told_back_at=told) is None
    answered = judge(node_failed_at=failed, told_back_at=told, node_answered_at=told + SECOND)
    assert answered is CentreAction.LOSE_NODE


def test_what_the_coordinator_said_down_comes_back_only_by_their_word() -> None:
    came = judge(
        reader(1),
        node_answered_at=NOW,
        down_cause=DownCause.COORDINATOR,
        down_since=NOW - HOUR,
    )

    assert came is None


# ------------------------------------------------------------------------------- mass silence


@pytest.mark.parametrize(
    ("silent_s", "found"),
    [
        ((0, 0, 0), None),
        ((30,), None),
        ((30, 0), None),
        ((30, 30), MassSilence(silent=2, came=2)),
        ((29, 29, 29), None),
        ((30, 40, 0), MassSilence(silent=2, came=3)),
        ((30, 40, 0, 0), None),
        ((30, 90, 0), MassSilence(silent=2, came=3)),
        ((30, 91, 0), None),
        ((30, 40, 600, 0), MassSilence(silent=2, came=3)),
        ((30, 40, None, None, None), MassSilence(silent=2, came=2)),
    ],
)
def test_it_is_our_fault_when_more_than_half_fall_silent_within_a_minute(
    silent_s: tuple[int | None, ...], found: MassSilence | None
) -> None:
    assert find(*silent_s) == found


def test_with_no_web_process_alive_one_silent_reader_is_our_fault() -> None:
    assert find(30, 0, 0, beat_s=30) == MassSilence(silent=1, came=3)
    assert find(30, 0, 0, beat_s=None) == MassSilence(silent=1, came=3)
    assert find(0, 0, 0, beat_s=None) is None
    assert find(None, beat_s=None) is None


def test_with_no_web_process_alive_it_is_our_fault_to_the_end_of_the_guard() -> None:
    """When all guards of the night end at once, nobody is counted but by this."""
    ending = Interval(NOW - 8 * HOUR, NOW + MINUTE)
    readers = [reader(number, silent_s=90, guard=ending) for number in range(4)]

    found = find_mass_silence(readers, last_beat_at=NOW - 90 * SECOND, now=NOW)

    assert found == MassSilence(silent=4, came=4)


def test_who_goes_home_at_the_end_of_the_guard_is_no_mass_silence() -> None:
    ending = Interval(NOW - 8 * HOUR, NOW + 15 * MINUTE)
    longer = Interval(NOW - 8 * HOUR, NOW + 16 * MINUTE)

    def found(guard: Interval) -> MassSilence | None:
        readers = [reader(number, silent_s=60, guard=guard) for number in range(4)]
        return find_mass_silence(readers, last_beat_at=NOW, now=NOW)

    assert found(ending) is None
    assert found(longer) == MassSilence(silent=4, came=4)


@given(st.lists(st.integers(30, 90), max_size=12), st.integers(0, 12), st.integers(0, 60))
def test_whenever_the_first_of_a_mass_is_gone_the_mass_is_seen(
    others_s: list[int], still_there: int, later_s: int
) -> None:
    fell = [90, *others_s]
    silent = [each + later_s for each in fell]

    found = find(*silent, *[0] * still_there)

    is_mass = len(fell) >= 2 and len(fell) > still_there
    assert found is not None or not is_mass

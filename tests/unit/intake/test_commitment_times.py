from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.intake.domain.commitment import FailureReason, Judged, Reference
from app.intake.domain.commitment_times import (
    GIVE_UP_AFTER,
    INDEX_GRACE,
    extend_promise,
    find_next_look,
    find_retry,
    is_too_early,
)

ASKED = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CT = "1.2.840.10008.5.1.4.1.1.2"
ASKED_FOR = Reference("1.2.3", CT)
MISSING = FailureReason.NO_SUCH_OBJECT_INSTANCE
CONFLICT = FailureReason.CLASS_INSTANCE_CONFLICT
LOST = FailureReason.PROCESSING_FAILURE


@pytest.mark.parametrize(
    ("reason", "age", "behind", "early"),
    [
        (MISSING, timedelta(0), False, True),
        (MISSING, INDEX_GRACE, False, False),
        (MISSING, INDEX_GRACE, True, True),
        (MISSING, GIVE_UP_AFTER, True, False),
        (CONFLICT, timedelta(0), True, False),
        (LOST, timedelta(0), True, False),
        (None, timedelta(0), True, False),
    ],
)
def test_what_is_missing_is_waited_for_while_the_index_may_bring_it(
    reason: FailureReason | None, age: timedelta, *, behind: bool, early: bool
) -> None:
    judged = [Judged(Reference("1.2.4", CT)), Judged(ASKED_FOR, reason)]

    assert is_too_early(judged, asked_at=ASKED, index_is_behind=behind, now=ASKED + age) is early


@given(st.integers(0, 86_400_000))
def test_it_is_looked_for_again_soon_and_then_every_half_minute(age_ms: int) -> None:
    now = ASKED + timedelta(milliseconds=age_ms)

    pause = find_next_look(asked_at=ASKED, now=now) - now

    assert timedelta(seconds=1) <= pause <= timedelta(seconds=30)


@pytest.mark.parametrize(
    ("promised", "days", "until"),
    [
        (None, None, None),
        (None, 3, ASKED + timedelta(days=3)),
        (ASKED + timedelta(days=5), 3, ASKED + timedelta(days=5)),
        (ASKED + timedelta(days=2), 3, ASKED + timedelta(days=3)),
        (ASKED + timedelta(days=2), None, ASKED + timedelta(days=2)),
    ],
)
def test_a_promise_is_extended_and_never_shortened(
    promised: datetime | None, days: int | None, until: datetime | None
) -> None:
    assert extend_promise(promised, days=days, now=ASKED) == until


def test_a_report_is_tried_again_after_pauses_from_a_minute_to_an_hour_for_a_day() -> None:
    now = ASKED
    pauses: list[int] = []
    while (later := find_retry(len(pauses) + 1, asked_at=ASKED, now=now)) is not None:
        pauses.append((later - now) // MINUTE)
        now = later

    assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert set(pauses[8:]) == {60}
    assert timedelta(hours=24) <= now - ASKED < timedelta(hours=25)


def test_a_retry_follows_a_try() -> None:
    with pytest.raises(ValueError, match="follows a try"):
        find_retry(0, asked_at=ASKED, now=ASKED)

"""Who is there: by streams, never by a timer of the page; and what readers say of themselves."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.presence import (
    WORDS,
    PresenceState,
    ReaderSeen,
    Word,
    WordAction,
    WordRefused,
    check_until,
    find_reach,
    find_state,
    next_word,
)
from app.kit.errors import Invalid
from app.kit.interval import Interval

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
GUARD = Interval(NOW - HOUR, NOW + 8 * HOUR)


def seen(**changes: object) -> ReaderSeen:
    values: dict[str, object] = {
        "radiologist_id": 1,
        "centre_id": 1,
        "guard": GUARD,
        "is_expected": True,
        "seen_at": NOW,
    }
    return ReaderSeen(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, PresenceState.PRESENT),
        ({"seen_at": NOW - 89 * SECOND}, PresenceState.PRESENT),
        ({"seen_at": NOW - 90 * SECOND}, PresenceState.GONE),
        ({"seen_at": None}, PresenceState.GONE),
        ({"claims": 1}, PresenceState.BUSY),
        ({"claims": 1, "resting_until": NOW + SECOND}, PresenceState.NO_NEW_WORK),
        ({"claims": 1, "resting_until": NOW}, PresenceState.BUSY),
        ({"is_centre_down": True, "claims": 1}, PresenceState.GONE),
        ({"seen_at": NOW - 90 * SECOND, "resting_until": NOW + HOUR}, PresenceState.GONE),
        ({"seen_at": NOW + 10 * 60 * SECOND}, PresenceState.PRESENT),
    ],
)
def test_a_reader_is_what_their_stream_and_their_word_say(
    changes: dict[str, object], state: PresenceState
) -> None:
    assert find_state(seen(**changes), now=NOW) is state


@given(
    ago_s=st.integers(-600, 600),
    claims=st.integers(0, 3),
    rests=st.booleans(),
    is_centre_down=st.booleans(),
)
def test_whoever_was_seen_less_than_90_s_ago_in_a_centre_that_is_up_is_never_gone(
    *, ago_s: int, claims: int, rests: bool, is_centre_down: bool
) -> None:
    reader = seen(
        seen_at=NOW - ago_s * SECOND,
        claims=claims,
        resting_until=NOW + HOUR if rests else None,
        is_centre_down=is_centre_down,
    )

    is_gone = find_state(reader, now=NOW) is PresenceState.GONE

    assert is_gone == (is_centre_down or ago_s >= 90)
    assert not reader.is_gone(NOW) or reader.is_silent(NOW)


@pytest.mark.parametrize(
    ("seen_at", "has_come"),
    [
        (None, False),
        (GUARD.start - timedelta(minutes=11), False),
        (GUARD.start - timedelta(minutes=10), True),
        (NOW, True),
    ],
)
def test_somebody_has_come_who_was_there_since_ten_minutes_before_their_guard(
    seen_at: datetime | None, *, has_come: bool
) -> None:
    assert seen(seen_at=seen_at).has_come() is has_come


@pytest.mark.parametrize(("word", "action"), list(product(Word, WordAction)))
def test_every_word_and_every_action_has_its_answer(word: Word, action: WordAction) -> None:
    allowed = {
        (Word.WORKING, WordAction.REST): Word.RESTING,
        (Word.RESTING, WordAction.REST): Word.RESTING,
        (Word.RESTING, WordAction.RESUME): Word.WORKING,
        (Word.RESTING, WordAction.EXPIRE): Word.WORKING,
    }
    assert dict(WORDS) == allowed
    if (word, action) in allowed:
        assert next_word(word, action) is allowed[word, action]
    else:
        with pytest.raises(WordRefused, match=action.value):
            next_word(word, action)


@pytest.mark.parametrize("until", [NOW - SECOND, NOW, NOW + 12 * HOUR + SECOND])
def test_no_new_work_ends_within_twelve_hours(until: datetime) -> None:
    with pytest.raises(Invalid, match="12 hours"):
        check_until(until, now=NOW)
    check_until(NOW + 12 * HOUR, now=NOW)


def reach(*readers: ReaderSeen, is_our_fault: bool = False) -> list[PresenceState]:
    found = find_reach(readers, is_our_fault=is_our_fault, now=NOW)
    return [found[each.radiologist_id] for each in readers]


def test_who_is_not_heard_is_gone_while_others_are_heard() -> None:
    here, away = seen(), seen(radiologist_id=2, seen_at=NOW - HOUR)
    never = seen(radiologist_id=3, seen_at=None)
    at_home = seen(radiologist_id=4, seen_at=None, is_expected=False)

    assert reach(here, away, never, at_home) == ["present", "gone", "gone", "present"]
    assert reach(away, never, at_home) == ["present", "present", "present"]
    assert reach(here, away, is_our_fault=True) == ["present", "present"]


def test_a_centre_that_is_down_speaks_against_everybody_there() -> None:
    down = {"is_centre_down": True}

    assert reach(seen(**down), seen(radiologist_id=2, is_expected=False, **down)) == ["gone"] * 2
    assert reach(seen(**down), is_our_fault=True) == ["gone"]

"""What the page of a case says of each notification, in words that it has."""

from datetime import UTC, datetime, timedelta

import pytest

from app.dispatch.domain.notification import NotificationState
from app.dispatch.models import Notification
from app.web.pages import words
from app.web.pages.case_notifications import find_shown_state, write_notifications

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)


def make_row(**overrides: object) -> Notification:
    values: dict[str, object] = {
        "case_id": 1,
        "priority": "P1",
        "channel": "browser",
        "state": "due",
        "step": 0,
        "tries": 0,
        "created_at": NOW,
    }
    return Notification(**values | overrides)


@pytest.mark.parametrize(
    ("row", "state"),
    [
        (make_row(state="shown", shown_at=NOW), "sounded"),
        (make_row(state="shown", shown_at=NOW, priority="P3"), "shown"),
        (make_row(state="failed", shown_at=NOW), "silent"),
        (make_row(state="failed"), "failed"),
        (make_row(state="answered", answer=1, answered_at=NOW), "take"),
        (make_row(state="answered", answer=2, answered_at=NOW), "not_available"),
        (make_row(state="answered", answer=2, answered_at=NOW, case_id=None), "heard"),
    ],
)
def test_what_rings_is_shown_only_with_its_sound_and_an_answer_says_which(
    row: Notification, state: str
) -> None:
    assert find_shown_state(row) == state


def test_every_state_has_words() -> None:
    others = {each.value for each in NotificationState} - {"answered"}

    assert others <= set(words.NOTIFICATION_STATES)


def test_it_says_when_it_came_to_stand_so() -> None:
    later = NOW + timedelta(seconds=9)
    answered = make_row(state="answered", answer=1, answered_at=later, sent_at=NOW)

    asked, told = write_notifications([(make_row(), "Dr A"), (answered, "Dr B")])

    assert (asked.at, asked.is_good, asked.is_bad) == (NOW, False, False)
    assert (told.at, told.name, told.is_good) == (later, "Dr B", True)

"""When somebody may have worked last for a seat."""

from datetime import UTC, datetime, timedelta

import pytest

from app.kit.errors import Invalid
from app.kit.interval import Interval
from app.planning.domain.last_act import LATEST_AFTER, check_last_act

START = datetime(2027, 1, 11, 20, tzinfo=UTC)
END = START + timedelta(hours=12)
SEAT = Interval(START, END)
LATER = END + timedelta(days=2)


@pytest.mark.parametrize("at", (START, END, END + LATEST_AFTER))
def test_it_is_from_the_begin_of_the_seat_to_twelve_hours_after_its_end(at: datetime) -> None:
    assert check_last_act(SEAT, at, now=LATER) == at


def test_it_is_not_before_the_seat() -> None:
    with pytest.raises(Invalid, match="begins at 2027-01-11 20:00"):
        check_last_act(SEAT, START - timedelta(seconds=1), now=LATER)


def test_it_is_not_later_than_twelve_hours_after_its_end() -> None:
    with pytest.raises(Invalid, match="ends at 2027-01-12 08:00"):
        check_last_act(SEAT, END + LATEST_AFTER + timedelta(seconds=1), now=LATER)


def test_it_is_not_still_to_come() -> None:
    assert check_last_act(SEAT, END, now=END) == END
    with pytest.raises(Invalid, match="once it is done"):
        check_last_act(SEAT, END, now=END - timedelta(seconds=1))

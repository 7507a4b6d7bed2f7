"""The year as hours and guards: each instant once, in elapsed time."""

import math
from datetime import UTC, date, datetime, time
from itertools import pairwise

import pytest

from app.kit.errors import Invalid
from app.planning.domain.calibration.arrivals import HourOfWeek
from app.planning.domain.calibration.horizon import GuardHours, Horizon
from app.planning.domain.segments import EVERY_DAY, DayKind, SegmentRule
from tests.unit.planning.domain.calibration.pattern import HOLIDAYS, MAY_DAY, PARIS, RULES, YEAR


def test_guards_follow_each_other_without_a_hole_over_the_whole_year() -> None:
    assert len(YEAR.cells) == 8760
    assert YEAR.guards[0].start == 0
    assert YEAR.guards[-1].end == 8760
    assert all(one.end == other.start for one, other in pairwise(YEAR.guards))
    assert YEAR.segments == ("deep_night", "weekend", "day", "evening")


def test_a_night_in_which_the_clocks_change_has_its_elapsed_hours() -> None:
    lengths = {guard.length for guard in YEAR.of_segment("deep_night")}

    assert lengths == {7, 8, 9}


def test_hours_are_those_of_the_wall_and_holidays_are_named() -> None:
    elapsed = (datetime(2026, 5, 1, 18, tzinfo=UTC) - YEAR.start).total_seconds() / 3600

    assert MAY_DAY in HOLIDAYS
    assert YEAR.cells[int(elapsed)] == HourOfWeek(DayKind.HOLIDAY, 20)
    assert YEAR.cells[int(elapsed) + 24] == HourOfWeek(DayKind.SATURDAY, 20)


def test_a_guard_that_begins_at_half_past_covers_half_an_hour() -> None:
    evening = GuardHours("evening", 18.5, 21)

    assert [*evening.parts()] == [(18, 0.5), (19, 1), (20, 1)]


def test_a_guard_that_reaches_in_is_there_and_is_counted_in_the_year_before() -> None:
    night = SegmentRule("night", EVERY_DAY, time(20), time(8), PARIS, date(2020, 1, 1))
    horizon = Horizon.lay(
        [night], first=date(2026, 6, 1), last=date(2026, 6, 3), holidays=frozenset()
    )

    assert [(each.start, each.end, each.begins_inside) for each in horizon.guards] == [
        (0, 8, False),
        (20, 32, True),
        (44, 48, True),
    ]


def test_every_hour_belongs_to_guards_as_much_as_it_lasts() -> None:
    covered = [0.0] * len(YEAR.cells)
    for guard in YEAR.guards:
        for hour, part in guard.parts():
            covered[hour] += part

    assert all(math.isclose(each, 1) for each in covered)


@pytest.mark.parametrize("first", (date(2026, 1, 1), date(2026, 1, 2)))
def test_dates_without_a_guard_are_refused(first: date) -> None:
    with pytest.raises(Invalid, match="there is nothing to calibrate"):
        Horizon.lay(RULES, first=first, last=date(2026, 1, 1), holidays=frozenset())
    with pytest.raises(Invalid, match="there is nothing to calibrate"):
        Horizon.lay([], first=first, last=date(2026, 2, 1), holidays=frozenset())
    with pytest.raises(Invalid, match="there is nothing to calibrate"):
        Horizon.lay(RULES, first=date(2019, 1, 1), last=date(2019, 2, 1), holidays=frozenset())

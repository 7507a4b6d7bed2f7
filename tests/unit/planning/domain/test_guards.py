"""Guards and seats laid out from the calendar."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.planning.domain.calendar import Occurrence, occurrences
from app.planning.domain.guards import lay_out
from app.planning.domain.seats import GuardLine, SeatKind
from app.planning.domain.segments import SeatsNeeded, default_rules

READER, COORDINATOR = SeatKind.READER, SeatKind.COORDINATOR


def occur() -> list[Occurrence]:
    monday = date(2026, 3, 23)
    rules = default_rules(zone=ZoneInfo("Europe/Paris"), valid_from=monday)
    return occurrences(rules, first=monday, last=monday + timedelta(days=1), holidays=set())


def test_each_occurrence_has_a_first_line_with_its_coordinator_and_a_backup_line() -> None:
    guards = lay_out(occur(), needs={})

    assert [(guard.segment, guard.line) for guard in guards] == [
        (segment, line)
        for segment in ("deep_night", "day", "evening")
        for line in (GuardLine.FIRST, GuardLine.BACKUP)
    ]
    assert guards[0].kinds == (READER, READER, COORDINATOR)
    assert guards[1].kinds == (READER,)
    assert guards[4].kinds == (READER,) * 4 + (COORDINATOR,)
    assert {guard.interval for guard in guards} == {each.interval for each in occur()}


def test_what_the_planner_needs_goes_before_the_rules_and_empty_lines_are_left_out() -> None:
    needs = {
        "day": SeatsNeeded(readers=1, backups=0, coordinators=0),
        "evening": SeatsNeeded(readers=0, backups=0, coordinators=0),
    }

    guards = lay_out(occur(), needs=needs)

    assert [(guard.segment, guard.kinds) for guard in guards] == [
        ("deep_night", (READER, READER, COORDINATOR)),
        ("deep_night", (READER,)),
        ("day", (READER,)),
    ]


@pytest.mark.parametrize("wrong", ((-1, 0, 0), (0, -1, 0), (0, 0, -1)))
def test_nobody_needs_less_than_nobody(wrong: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="negative number of seats"):
        SeatsNeeded(*wrong)

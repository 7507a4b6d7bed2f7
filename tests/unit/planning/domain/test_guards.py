"""Guards and seats laid out from the calendar."""

from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.planning.domain.calendar import Occurrence, occurrences
from app.planning.domain.guards import lay_out, lay_out_on_site
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


def test_a_guard_has_the_points_of_its_rule_and_those_who_read_its_skills() -> None:
    asked = [
        replace(
            each,
            rule=replace(each.rule, points=1500, skills=frozenset({"neuro"}), least_societies=2),
        )
        for each in occur()
    ]

    first, backup = lay_out(asked[:1], needs={})

    assert (first.points, first.skills, first.least_societies) == (1500, frozenset({"neuro"}), 2)
    assert (backup.points, backup.skills, backup.least_societies) == (1500, frozenset(), 1)
    assert first.site is backup.site is None


def test_the_line_of_a_site_has_readers_only() -> None:
    asked = [
        replace(each, rule=replace(each.rule, points=700, skills=frozenset({"chest"})))
        for each in occur()
    ]
    nobody = [
        replace(each, rule=replace(each.rule, needed=SeatsNeeded(readers=0))) for each in occur()
    ]

    guards = lay_out_on_site(asked, site=4)

    assert [each.interval for each in guards] == [each.interval for each in asked]
    assert {(each.line, each.site, each.points) for each in guards} == {(GuardLine.ON_SITE, 4, 700)}
    assert guards[0].kinds == (READER, READER)
    assert guards[0].skills == {"chest"}
    assert lay_out_on_site(nobody, site=4) == []

"""Rules about one seat and its holder."""

from datetime import timedelta

import pytest

from app.kit.interval import Interval
from app.planning.domain.roster.people import Membership, Reader
from app.planning.domain.roster.profile import Profile, Rule
from app.planning.domain.seats import AssignmentReason
from app.planning.domain.validator import Severity, judge
from tests.factories.placements import MONDAY, PARIS, broken, hours, make_reader, place


def test_an_empty_seat_and_a_quiet_one_break_nothing() -> None:
    assert broken(place(1, hours(0, 8)), place(2, hours(0, 8), radiologist=None)) == []


@pytest.mark.parametrize(
    ("guard", "is_inside"),
    ((hours(0, 8), True), (hours(-1, 9), True), (hours(0, 7.9), False), (hours(0.1, 8), False)),
)
def test_hours_outside_the_guard_are_found_on_empty_seats_too(
    guard: Interval, *, is_inside: bool
) -> None:
    found = broken(place(1, hours(0, 8), radiologist=None, guard=guard))

    assert found == ([] if is_inside else [(Rule.OUTSIDE_GUARD, (1,))])


def test_one_seat_has_one_holder() -> None:
    twice = [place(1, hours(0, 8)), place(1, hours(0, 8), radiologist=None), place(1, hours(0, 8))]

    assert broken(*twice) == [(Rule.TWO_HOLDERS, (1,))]


def test_somebody_unknown_may_hold_no_seat_and_nobody_may_accept_it() -> None:
    (violation,) = judge(
        [place(1, hours(0, 8), radiologist=99)], readers=[make_reader()], zone=PARIS
    )

    assert (violation.rule, violation.radiologist) == (Rule.UNKNOWN_RADIOLOGIST, 99)
    assert violation.severity is Severity.IMPOSSIBLE


@pytest.mark.parametrize(
    ("reason", "is_allowed"),
    (
        (AssignmentReason.EDIT, False),
        (AssignmentReason.QUOTA, False),
        (AssignmentReason.LOAN, True),
        (AssignmentReason.SWAP, True),
    ),
)
def test_a_member_of_another_society_needs_a_loan_or_a_swap(
    reason: AssignmentReason, *, is_allowed: bool
) -> None:
    foreign = place(1, hours(0, 8), society=2, reason=reason)

    assert broken(foreign) == ([] if is_allowed else [(Rule.NOT_MEMBER, (1,))])


def test_an_outside_reader_holds_what_was_opened_to_them_and_is_never_lent() -> None:
    outside = make_reader(memberships=(Membership(9, MONDAY, outside=True),))

    assert broken(place(1, hours(0, 8), society=9), reader=outside) == []
    lent = place(1, hours(0, 8), reason=AssignmentReason.LOAN)
    assert broken(lent, reader=outside) == [(Rule.NOT_MEMBER, (1,))]


@pytest.mark.parametrize("reason", (AssignmentReason.EDIT, AssignmentReason.LOAN))
def test_an_opened_seat_is_for_those_who_are_authorised_and_it_is_said_in_words(
    reason: AssignmentReason,
) -> None:
    opened = place(1, hours(0, 8), opened=True, reason=reason)
    until = MONDAY + timedelta(hours=1)
    guest = make_reader(memberships=(Membership(9, MONDAY, until, outside=True),))

    assert broken(opened, reader=guest) == []
    (late,) = judge(
        [place(1, hours(1, 8), opened=True, reason=reason)], readers=[guest], zone=PARIS
    )
    assert (late.rule, late.severity) == (Rule.NOT_MEMBER, Severity.IMPOSSIBLE)
    assert "radiologist 7 has no authorisation that holds at 2026-03-23 02:00" in late.message
    assert broken(opened) == [(Rule.NOT_MEMBER, (1,))]


@pytest.mark.parametrize(
    ("start_h", "end_h", "is_allowed"),
    ((0, None, True), (1, None, False), (-99, 0, False), (-99, 1, True)),
)
@pytest.mark.parametrize("reason", (AssignmentReason.EDIT, AssignmentReason.LOAN))
def test_membership_is_judged_when_the_seat_begins(
    start_h: float, end_h: float | None, reason: AssignmentReason, *, is_allowed: bool
) -> None:
    end = None if end_h is None else MONDAY + timedelta(hours=end_h)
    dated = make_reader(memberships=(Membership(1, MONDAY + timedelta(hours=start_h), end),))

    found = broken(place(1, hours(0, 8), reason=reason), reader=dated)

    assert found == ([] if is_allowed else [(Rule.NOT_MEMBER, (1,))])


@pytest.mark.parametrize(
    ("away", "rule"),
    (
        (make_reader(absences=(hours(0, 8),)), Rule.ABSENCE),
        (make_reader(busy=(hours(0, 8),)), Rule.BUSY),
    ),
)
def test_an_absence_or_session_that_only_touches_before_is_no_violation(
    away: Reader, rule: Rule
) -> None:
    assert broken(place(1, hours(8, 12)), reader=away) == []
    assert broken(place(1, hours(7.9, 12)), reader=away) == [(rule, (1,))]
    assert broken(place(1, hours(2, 3)), reader=away)[0] == (rule, (1,))


def test_a_seat_on_site_is_for_those_who_may_read_for_the_site() -> None:
    seat = place(1, hours(0, 8), site=4)

    assert broken(seat, reader=make_reader(sites=frozenset({5}))) == [(Rule.SITE, (1,))]
    assert broken(seat, reader=make_reader(sites=frozenset({4, 5}))) == []
    assert broken(seat, reader=make_reader(sites=None)) == []
    assert broken(place(1, hours(0, 8)), reader=make_reader(sites=frozenset())) == []


def test_each_skill_of_the_seat_is_asked_for_and_those_missing_are_named() -> None:
    seat = place(1, hours(0, 8), skills=frozenset({"neuro", "paediatric", "body"}))
    reader = make_reader(skills=frozenset({"body"}))

    (violation,) = judge([seat], readers=[reader], zone=PARIS)

    assert violation.rule is Rule.SKILL
    assert violation.message.endswith(": neuro, paediatric")
    assert broken(seat, reader=make_reader(skills=seat.seat.skills | {"more"})) == []


def test_how_severe_a_rule_is_depends_on_the_statute() -> None:
    lenient = Profile("lenient", soft=frozenset({Rule.ABSENCE}))
    seat = place(1, hours(0, 8))

    def rate(profile: Profile) -> Severity:
        reader = make_reader(profile=profile, absences=(hours(0, 1),))
        return judge([seat], readers=[reader], zone=PARIS)[0].severity

    assert rate(lenient) is Severity.SOFT
    assert rate(Profile("strict")) is Severity.HARD


def test_words_name_the_segment_and_the_times_on_the_wall_of_the_group() -> None:
    # From 20:00 to 08:00 on the night on which the clocks go forward.
    seat = place(4, hours(24 * 5 + 19, 24 * 6 + 6), segment="night")
    away = make_reader(absences=(hours(24 * 5, 24 * 5 + 20),))

    (violation,) = judge([seat], readers=[away], zone=PARIS)

    assert violation.message == (
        "radiologist 7 is absent from 2026-03-28 01:00 to 2026-03-28 21:00, and cannot hold "
        "seat 4 (night, 2026-03-28 20:00+0100 to 2026-03-29 08:00+0200)"
    )

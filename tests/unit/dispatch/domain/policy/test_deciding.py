"""Who should read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.dispatch.domain.policy import (
    DEFAULTS,
    CaseToRead,
    Circle,
    Decision,
    Line,
    Parameters,
    Reader,
    Ring,
    decide,
)
from app.dispatch.domain.policy.parameters import Specialty
from app.dispatch.domain.presence import PresenceState
from app.kit.interval import Interval
from tests.factories.policy import (
    NIGHT,
    make_case,
    make_reader,
)

MINUTE = timedelta(minutes=1)


def choose(
    *readers: Reader,
    case: CaseToRead | None = None,
    circle: Circle = Circle.NEAREST,
    parameters: Parameters = DEFAULTS,
) -> Decision:
    return decide(
        case or make_case(), readers=readers, circle=circle, now=NIGHT, parameters=parameters
    )


def test_the_reader_with_the_least_ahead_is_nominated() -> None:
    decision = choose(make_reader(1, claims=1), make_reader(2), make_reader(3, nominations=2))

    assert decision.nominees == (2,)
    assert [each.radiologist_id for each in decision.ranking] == [2, 1, 3]


def test_a_decision_explains_its_first_ten_and_nominates_all_of_a_wide_circle() -> None:
    readers = [make_reader(number) for number in range(1, 13)]

    decision = choose(*readers, circle=Circle.ON_GUARD)

    assert decision.nominees == tuple(range(1, 13))
    assert [each.radiologist_id for each in decision.ranking] == list(range(1, 11))


def test_the_referent_society_goes_first_when_that_costs_little() -> None:
    near, far = make_reader(2, ring=Ring.REFERENT), make_reader(1)

    assert choose(near, far).nominees == (2,)
    assert choose(make_reader(2, ring=Ring.REFERENT, claims=1), far).nominees == (1,)


def test_who_validated_the_request_is_asked_first_however_much_lies_ahead() -> None:
    owned = make_case(owner_id=2)

    decision = choose(make_reader(1, ring=Ring.REFERENT), make_reader(2, claims=4), case=owned)

    assert decision.nominees == (2,)
    assert decision.ranking[0].reasons[0] == "validated the request"
    assert "validated the request" not in decision.ranking[1].reasons


def test_the_owner_is_asked_on_the_backup_line_too_and_the_first_line_stays_ranked() -> None:
    owned = make_case(owner_id=2)

    decision = choose(make_reader(1), make_reader(2, line=Line.BACKUP), case=owned)

    assert decision.circle is Circle.NEAREST
    assert [each.radiologist_id for each in decision.ranking] == [2, 1]


def test_an_owner_who_is_off_guard_or_gave_the_case_back_is_not_asked() -> None:
    owned = make_case(owner_id=2)
    gone = Interval(NIGHT - timedelta(hours=5), NIGHT)

    assert choose(make_reader(1), make_reader(2, guard=gone), case=owned).nominees == (1,)
    assert choose(make_reader(1), make_reader(2, has_declined=True), case=owned).nominees == (1,)
    backup = make_reader(2, line=Line.BACKUP, has_declined=True)
    assert choose(make_reader(1), backup, case=owned).nominees == (1,)


def test_where_life_is_at_stake_the_owner_is_one_of_two() -> None:
    owned = make_case("P1", readers_at_once=2, owner_id=3)

    assert choose(
        make_reader(1), make_reader(2), make_reader(3, claims=2), case=owned
    ).nominees == (
        3,
        1,
    )


def test_where_life_is_at_stake_nearness_counts_for_nothing_and_two_are_called() -> None:
    decision = choose(
        make_reader(1),
        make_reader(2, ring=Ring.REFERENT),
        make_reader(3, claims=1),
        case=make_case("P1", readers_at_once=2),
    )

    assert decision.nominees == (1, 2)


def test_a_tie_goes_to_the_smallest_id_whatever_the_order() -> None:
    assert choose(make_reader(7), make_reader(3), make_reader(5)).nominees == (3,)


@pytest.mark.parametrize("line", [Line.BACKUP, Line.COORDINATOR])
def test_the_other_lines_are_called_at_once_when_the_first_is_empty(line: Line) -> None:
    decision = choose(make_reader(1, line=line))

    assert decision.nominees == (1,)
    assert decision.circle is Circle.BACKUP
    assert f"called from the {line.value} line" in decision.ranking[0].reasons


def test_the_other_lines_are_left_alone_while_the_first_has_somebody() -> None:
    decision = choose(make_reader(1, claims=9), make_reader(2, line=Line.BACKUP))

    assert decision.nominees == (1,)


def test_a_guard_that_has_ended_or_not_begun_counts_for_nothing() -> None:
    ended = Interval(NIGHT - timedelta(hours=2), NIGHT)
    later = Interval(NIGHT + timedelta(seconds=1), NIGHT + timedelta(hours=2))

    decision = choose(make_reader(1, guard=ended), make_reader(2, guard=later))

    assert decision.nominees == ()
    assert decision.ranking == ()


def test_nobody_at_all_gives_no_nominee_and_no_error() -> None:
    assert choose().nominees == ()


def test_who_is_over_the_hourly_cap_is_left_out_but_not_for_p1() -> None:
    tired = make_reader(1, claims_last_hour=10)
    fresh = make_reader(2, claims=3)

    urgent = choose(tired, fresh)
    vital = choose(tired, fresh, case=make_case("P1"))

    assert urgent.nominees == (2,)
    assert urgent.excluded[0].reason == "reads more than their hourly cap"
    assert vital.nominees == (1,)


def test_filters_that_leave_nobody_are_dropped_one_by_one_and_named() -> None:
    tired = make_reader(1, claims_last_hour=10)
    declined = make_reader(2, has_declined=True)
    stranger = make_reader(3, may_read_site=False)

    first = choose(tired, declined, stranger)
    second = choose(declined, stranger)
    third = choose(stranger)

    assert first.nominees == (1,)
    assert first.dropped_filters == ("reads more than their hourly cap",)
    assert second.nominees == (2,)
    assert second.dropped_filters[-1] == "has released this case"
    assert third.nominees == (3,)
    assert third.dropped_filters[-1] == "may not read for this site"


def test_who_is_called_to_a_site_is_left_out_and_the_reason_is_told() -> None:
    away = make_reader(1, is_called_to_site=True)

    beside = choose(away, make_reader(2, claims=5))
    wider = choose(away, make_reader(3, line=Line.BACKUP))
    owned = choose(away, make_reader(2), case=make_case("P1", readers_at_once=2, owner_id=1))

    assert beside.nominees == (2,)
    assert [(each.radiologist_id, each.reason) for each in beside.excluded] == [
        (1, "is called to a site")
    ]
    assert (wider.nominees, wider.circle) == ((3,), Circle.BACKUP)
    assert owned.nominees == (2,)
    assert owned.dropped_filters == ()


def test_who_is_called_to_a_site_is_asked_only_when_nobody_else_is_on_guard() -> None:
    decision = choose(make_reader(1, is_called_to_site=True))
    declined = choose(make_reader(1, is_called_to_site=True), make_reader(2, has_declined=True))

    assert decision.nominees == (1,)
    assert decision.dropped_filters[-1] == "is called to a site"
    assert declined.nominees == (2,)
    assert "is called to a site" not in declined.dropped_filters


def test_a_wider_circle_is_offered_to_all_in_it() -> None:
    readers = (make_reader(1), make_reader(2), make_reader(3, line=Line.BACKUP))

    assert choose(*readers, circle=Circle.ON_GUARD).nominees == (1, 2)
    assert choose(*readers, circle=Circle.BACKUP).nominees == (1, 2, 3)


def test_who_holds_two_seats_is_ranked_once_by_the_first_line() -> None:
    decision = choose(make_reader(1, line=Line.COORDINATOR), make_reader(1), circle=Circle.BACKUP)

    assert decision.nominees == (1,)
    assert not any("coordinator" in reason for reason in decision.ranking[0].reasons)


def test_what_lies_ahead_counts_by_its_minutes_and_images_travel_meanwhile() -> None:
    busy = make_reader(1, ahead_minutes=12.0, read_minutes=8.0, transfer_minutes=5.0)
    far = make_reader(2, ahead_minutes=0.0, read_minutes=10.0, transfer_minutes=14.0)

    decision = choose(busy, far)

    assert [(each.radiologist_id, each.completion_minutes) for each in decision.ranking] == [
        (1, 20.0),
        (2, 24.0),
    ]
    assert "images there in 14 min" in decision.ranking[1].reasons


def test_readers_from_outside_the_group_are_asked_later() -> None:
    outside, inside = make_reader(1, ring=Ring.OUTSIDE), make_reader(2, ahead_minutes=4.0)

    assert choose(outside, inside).nominees == (2,)
    assert choose(outside, replace(inside, ahead_minutes=6.0)).nominees == (1,)


def test_a_preferred_sub_specialty_is_worth_its_bonus() -> None:
    head = make_case(modality="CT", region="head")
    neuro = make_reader(2, sub_specialties=("neuro",), ahead_minutes=4.0)

    assert choose(make_reader(1), neuro, case=head).nominees == (2,)
    assert choose(make_reader(1), neuro).nominees == (1,)
    late = replace(neuro, ahead_minutes=6.0)
    assert choose(make_reader(1), late, case=head).nominees == (1,)


def test_a_skill_that_is_asked_for_is_dropped_after_the_cap_and_before_the_site() -> None:
    asks = replace(
        DEFAULTS,
        specialties=(Specialty(sub_specialty="neuro", modality="MR", is_required=True),),
    )
    brain = make_case(modality="MR", region="head")
    neuro = make_reader(2, sub_specialties=("neuro",), claims=4)
    other = make_reader(1)

    asked = choose(other, neuro, case=brain, parameters=asks)
    tired = replace(neuro, claims_last_hour=10)
    capped = choose(other, tired, case=brain, parameters=asks)
    stranger = replace(neuro, may_read_site=False)
    unskilled = choose(other, stranger, case=brain, parameters=asks)

    assert asked.nominees == (2,)
    assert [each.reason for each in asked.excluded] == ["has not the sub-specialty asked for"]
    assert capped.nominees == (2,), "the cap gives way first"
    assert "has not the sub-specialty asked for" not in capped.dropped_filters
    assert unskilled.nominees == (1,), "the skill gives way before the right to read for the site"
    assert unskilled.dropped_filters[-1] == "has not the sub-specialty asked for"


def test_the_cap_of_the_group_holds_for_everybody() -> None:
    strong = make_reader(1, claims_last_hour=13, hourly_cap=20)

    assert choose(strong, make_reader(2, claims=3)).nominees == (2,)


def test_in_the_last_minutes_of_a_guard_only_lives_are_new_work() -> None:
    leaving = make_reader(1, guard=Interval(NIGHT - 60 * MINUTE, NIGHT + 14 * MINUTE))
    staying = make_reader(2, claims=3)

    assert choose(leaving, staying).nominees == (2,)
    assert choose(leaving, staying, case=make_case("P1")).nominees == (1,)
    assert choose(leaving).nominees == (1,), "better somebody who leaves than nobody"


def test_who_takes_no_new_work_is_asked_for_a_life_only_and_who_is_gone_when_all_are() -> None:
    resting = make_reader(1, presence=PresenceState.NO_NEW_WORK)
    gone = make_reader(2, presence=PresenceState.GONE)
    busy = make_reader(3, presence=PresenceState.BUSY, claims=2)

    assert choose(resting, gone, busy).nominees == (3,)
    assert choose(resting, gone, busy, case=make_case("P1")).nominees == (1,)
    assert choose(resting, gone).nominees == (1,)
    assert choose(gone).dropped_filters == ("is gone from their workstation",)


def test_when_all_are_gone_the_right_to_read_for_the_site_still_counts() -> None:
    stranger = make_reader(1, presence=PresenceState.GONE, may_read_site=False)
    allowed = make_reader(2, presence=PresenceState.GONE, claims=4)

    decision = choose(stranger, allowed)

    assert decision.nominees == (2,)
    assert decision.dropped_filters == ("is gone from their workstation",)


def test_when_the_first_line_is_gone_the_backup_line_is_called_at_once() -> None:
    gone = make_reader(1, presence=PresenceState.GONE)

    decision = choose(gone, make_reader(2, line=Line.BACKUP))

    assert (decision.nominees, decision.circle) == ((2,), Circle.BACKUP)


def test_nearness_fades_while_a_case_waits() -> None:
    near, far = make_reader(2, ring=Ring.REFERENT, ahead_minutes=8.0), make_reader(1)
    fresh = make_case(waiting_since=NIGHT)
    old = make_case(waiting_since=NIGHT - 10 * MINUTE)

    assert choose(near, far, case=fresh).nominees == (2,)
    aged = choose(near, far, case=old)
    assert aged.nominees == (1,)
    assert "10 min waited: 5 min of that count no more" in aged.ranking[1].reasons


def test_ties_go_to_the_society_that_is_short_of_its_share_then_to_the_fewest_points() -> None:
    short = make_reader(3, society_deficit=1.5, points=9000)
    even = make_reader(2, society_deficit=0.5, points=-500)
    rich = make_reader(1, society_deficit=0.5, points=2000)

    decision = choose(rich, even, short)

    assert [each.radiologist_id for each in decision.ranking] == [3, 2, 1]
    assert decision.ranking[0].reasons[-1] == (
        "as soon as others: society 1.5 exams short of its share, 9.0 points too many"
    )


def test_the_next_deadline_is_the_step_or_the_end_of_the_last_guard() -> None:
    step = make_case(step_due_at=NIGHT + 3 * MINUTE)
    taken = make_case(step_due_at=NIGHT)
    short = make_reader(2, guard=Interval(NIGHT - 60 * MINUTE, NIGHT + 60 * MINUTE))
    vital = make_case("P1", readers_at_once=2)

    assert choose(make_reader(1), case=step).next_deadline == NIGHT + 3 * MINUTE
    assert choose(make_reader(1), case=taken).next_deadline == NIGHT + 180 * MINUTE
    assert choose(make_reader(1), short, case=vital).next_deadline == NIGHT + 180 * MINUTE
    assert choose(short).next_deadline == NIGHT + 60 * MINUTE
    assert choose().next_deadline == NIGHT + timedelta(seconds=15)

"""Who should read."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.policy import CaseToRead, Circle, Decision, Line, Reader, Ring, decide
from app.kit.interval import Interval

NIGHT = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
GUARD = Interval(NIGHT - timedelta(hours=1), NIGHT + timedelta(hours=3))


def make_case(
    priority: str = "P2", *, readers_at_once: int = 1, owner_id: int | None = None
) -> CaseToRead:
    return CaseToRead(
        case_id=1,
        priority=priority,
        signed_due_at=NIGHT + timedelta(hours=1),
        readers_at_once=readers_at_once,
        owner_id=owner_id,
    )


def make_reader(radiologist_id: int, **overrides: object) -> Reader:
    values: dict[str, object] = {
        "line": Line.FIRST,
        "guard": GUARD,
        "ring": Ring.GCS,
        "may_read_site": True,
        "claims": 0,
        "nominations": 0,
        "claims_last_hour": 0,
        "hourly_cap": 10,
    }
    return Reader(radiologist_id=radiologist_id, **{**values, **overrides})  # type: ignore[arg-type]


def choose(
    *readers: Reader, case: CaseToRead | None = None, circle: Circle = Circle.NEAREST
) -> Decision:
    return decide(case or make_case(), readers=readers, circle=circle, now=NIGHT)


def test_the_reader_with_the_least_ahead_is_nominated() -> None:
    decision = choose(make_reader(1, claims=1), make_reader(2), make_reader(3, nominations=2))

    assert decision.nominees == (2,)
    assert [each.radiologist_id for each in decision.ranking] == [2, 1, 3]


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


def test_a_wider_circle_is_offered_to_all_in_it() -> None:
    readers = (make_reader(1), make_reader(2), make_reader(3, line=Line.BACKUP))

    assert choose(*readers, circle=Circle.ON_GUARD).nominees == (1, 2)
    assert choose(*readers, circle=Circle.BACKUP).nominees == (1, 2, 3)


def test_who_holds_two_seats_is_ranked_once_by_the_first_line() -> None:
    decision = choose(make_reader(1, line=Line.COORDINATOR), make_reader(1), circle=Circle.BACKUP)

    assert decision.nominees == (1,)
    assert not any("coordinator" in reason for reason in decision.ranking[0].reasons)


readers = st.builds(
    make_reader,
    st.integers(1, 30),
    line=st.sampled_from(Line),
    ring=st.sampled_from(Ring),
    may_read_site=st.booleans(),
    claims=st.integers(0, 5),
    nominations=st.integers(0, 5),
    claims_last_hour=st.integers(0, 12),
    has_declined=st.booleans(),
)


@given(
    st.lists(readers, max_size=12),
    st.sampled_from(["P1", "P2", "P3", "P4"]),
    st.sampled_from(Circle),
)
def test_whoever_is_on_guard_a_case_never_stays_with_nobody(
    on_guard: list[Reader], priority: str, circle: Circle
) -> None:
    case = make_case(priority, readers_at_once=2 if priority == "P1" else 1)

    decision = decide(case, readers=on_guard, circle=circle, now=NIGHT)

    everybody = {reader.radiologist_id for reader in on_guard}
    assert bool(decision.nominees) == bool(on_guard)
    assert set(decision.nominees) <= everybody
    assert len(set(decision.nominees)) == len(decision.nominees)
    assert not {each.radiologist_id for each in decision.excluded} & set(decision.nominees)
    scores = [each.score_minutes for each in decision.ranking]
    assert scores == sorted(scores)


@given(st.lists(readers, max_size=12, unique_by=lambda each: each.radiologist_id))
def test_the_order_in_which_readers_come_changes_nothing(on_guard: list[Reader]) -> None:
    case = make_case()

    there = decide(case, readers=on_guard, circle=Circle.BACKUP, now=NIGHT)
    back = decide(case, readers=on_guard[::-1], circle=Circle.BACKUP, now=NIGHT)

    assert there == back

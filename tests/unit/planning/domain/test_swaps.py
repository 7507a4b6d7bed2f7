"""Swaps: every pair of state and action, whose word it needs, and what it breaks."""

from datetime import timedelta
from itertools import product

import pytest

from app.planning.domain.roster.people import Membership, Reader
from app.planning.domain.roster.profile import Rule
from app.planning.domain.seats import AssignmentReason
from app.planning.domain.swaps import (
    OPEN,
    PARTIES,
    TRANSITIONS,
    Party,
    SwapAction,
    SwapMoveRefused,
    SwapState,
    SwapTooLate,
    Terms,
    exchange,
    judge_exchange,
    next_state,
    parties_of,
    refuse_begun,
)
from tests.factories.placements import MONDAY, OPENING, PARIS, hours, make_reader, place

MOVES = {
    "offered": "accept:accepted take:approved refuse:refused withdraw:withdrawn expire:expired",
    "accepted": (
        "approve:approved refuse:refused step_back:offered withdraw:withdrawn expire:expired"
    ),
    "approved": "undo:undone",
}


@pytest.mark.parametrize(("state", "action"), tuple(product(SwapState, SwapAction)))
def test_every_pair_of_state_and_action_leads_where_the_table_says_or_nowhere(
    state: SwapState, action: SwapAction
) -> None:
    moves = dict(each.split(":") for each in MOVES.get(state.value, "").split())

    if action.value in moves:
        assert next_state(state, action).value == moves[action.value]
        assert PARTIES[state, action]
    else:
        with pytest.raises(SwapMoveRefused, match=f"{state.value}.*'{action.value}'"):
            next_state(state, action)
        assert (state, action) not in PARTIES


def test_open_swaps_are_those_that_can_still_come_into_force() -> None:
    leads = {
        state
        for state in SwapState
        if any((state, action) in TRANSITIONS for action in (SwapAction.TAKE, SwapAction.APPROVE))
    }

    assert leads == OPEN


@pytest.mark.parametrize(
    ("radiologist", "society", "addressed", "parties"),
    (
        (7, 1, None, {Party.GIVER}),
        (8, 1, None, {Party.COLLEAGUE}),
        (8, 2, None, set()),
        (8, 1, 9, set()),
        (9, 2, 9, {Party.ADDRESSED}),
        (7, 1, 9, {Party.GIVER}),
    ),
)
def test_an_offer_is_for_the_one_addressed_or_for_all_of_the_society(
    radiologist: int, society: int, addressed: int | None, parties: set[Party]
) -> None:
    terms = Terms(seat=1, giver=7, society=1, addressed=addressed)

    assert parties_of(terms, radiologist, societies=frozenset({society})) == parties


def test_whoever_took_it_speaks_as_taker_too() -> None:
    terms = Terms(seat=1, giver=7, society=1, taker=8)

    assert parties_of(terms, 8, societies=frozenset({1})) == {Party.TAKER, Party.COLLEAGUE}


@pytest.mark.parametrize(("minutes", "is_late"), ((-1, False), (0, True), (60, True)))
def test_a_seat_that_has_begun_is_not_swapped(minutes: int, *, is_late: bool) -> None:
    seats = [place(2, hours(48, 56)), place(1, hours(0, 8))]
    now = MONDAY + timedelta(minutes=minutes)

    if is_late:
        with pytest.raises(SwapTooLate, match="seat 1 began at 2026-03-23 00:00"):
            refuse_begun(seats, now=now)
    else:
        refuse_begun(seats, now=now)


def test_a_seat_that_is_given_away_changes_its_holder_and_not_who_owes_it() -> None:
    (taken,) = exchange(place(1, hours(0, 8), society=3), None, taker=8)

    assert (taken.seat.id, taken.radiologist, taken.society) == (1, 8, 3)
    assert taken.reason is AssignmentReason.SWAP


def test_two_seats_change_hands_both_ways() -> None:
    found = exchange(place(1, hours(0, 8)), place(2, hours(48, 56), radiologist=8), taker=8)

    assert [(each.seat.id, each.radiologist) for each in found] == [(1, 8), (2, 7)]


def test_nobody_gives_back_what_they_do_not_hold() -> None:
    with pytest.raises(ValueError, match="radiologist 8 does not hold seat 2"):
        exchange(place(1, hours(0, 8)), place(2, hours(9, 10), radiologist=9), taker=8)
    with pytest.raises(ValueError, match="nobody holds seat 1"):
        exchange(place(1, hours(0, 8), radiologist=None), None, taker=8)


def test_a_swap_is_judged_on_both_sides() -> None:
    given, counter = place(1, hours(0, 8)), place(2, hours(72, 80), radiologist=8)
    near_taker, near_giver = place(3, hours(10, 12), radiologist=8), place(4, hours(84, 86))
    in_force = [given, counter, near_taker, near_giver]

    found = judge_exchange(
        exchange(given, counter, taker=8),
        in_force=in_force,
        readers=[make_reader(7), make_reader(8)],
        zone=PARIS,
    )

    assert [(each.rule, each.radiologist, each.seats) for each in found] == [
        (Rule.REST, 8, (1, 3)),
        (Rule.REST, 7, (2, 4)),
    ]


def test_what_was_broken_before_is_not_held_against_the_swap() -> None:
    in_force = [place(1, hours(0, 8)), place(2, hours(40, 42)), place(3, hours(44, 46))]

    found = judge_exchange(
        exchange(in_force[0], None, taker=8),
        in_force=in_force,
        readers=[make_reader(7), make_reader(8)],
        zone=PARIS,
    )

    assert found == []


def test_giving_away_the_middle_of_a_duty_leaves_two_without_rest() -> None:
    in_force = [place(number, hours(4 * number, 4 * number + 4)) for number in (1, 2, 3)]

    found = judge_exchange(
        exchange(in_force[1], None, taker=8),
        in_force=in_force,
        readers=[make_reader(7), make_reader(8)],
        zone=PARIS,
    )

    assert [(each.rule, each.seats) for each in found] == [(Rule.REST, (1, 3))]


def test_a_taker_of_another_society_may_hold_it_while_a_stranger_may_not() -> None:
    given = place(1, hours(0, 8))
    colleague = make_reader(8, memberships=(Membership(2, OPENING),))
    left = make_reader(8, memberships=(Membership(2, OPENING, MONDAY),))

    def judge_taker(reader: Reader) -> list[Rule]:
        found = judge_exchange(
            exchange(given, None, taker=8),
            in_force=[given],
            readers=[make_reader(7), reader],
            zone=PARIS,
        )
        return [each.rule for each in found]

    assert judge_taker(colleague) == []
    assert judge_taker(left) == [Rule.NOT_MEMBER]

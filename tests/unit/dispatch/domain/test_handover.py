"""Who is named for what is left, until when they may answer, and every state with every action."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.dispatch.domain.handover import (
    OPEN,
    UNANSWERED,
    ItemAction,
    ItemKind,
    ItemRefused,
    ItemState,
    Taker,
    Thing,
    find_answer_due,
    follow,
    name_takers,
    states_before,
)

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 21, 6, 45, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

# Columns: kept, offered, accepted, refused, lapsed, settled; "-" is refused.
EXPECTED = {
    "offer": "offered offered - offered offered -",
    "accept": "- accepted - - accepted -",
    "refuse": "- refused - - - -",
    "lapse": "- lapsed - - - -",
    "settle": "settled settled - settled settled -",
}
STATES = ("kept", "offered", "accepted", "refused", "lapsed", "settled")
PAIRS = [
    (state, action, target)
    for action, row in EXPECTED.items()
    for state, target in zip(STATES, row.split(), strict=True)
]

takers = st.lists(
    st.builds(
        Taker,
        radiologist_id=st.integers(1, 50),
        begins_at=st.integers(0, 60).map(lambda minutes: NOW + minutes * MINUTE),
        rank=st.integers(0, 2),
        site_ids=st.frozensets(st.integers(1, 3)),
        load=st.integers(0, 3),
    ),
    max_size=5,
    unique_by=lambda each: each.radiologist_id,
)
things = st.lists(
    st.builds(
        Thing, kind=st.sampled_from(ItemKind), case_id=st.integers(1, 99), site_id=st.integers(1, 3)
    ),
    max_size=12,
    unique=True,
)


def test_the_grid_speaks_of_every_state_and_every_action() -> None:
    assert {state.value for state in ItemState} == set(STATES)
    assert {action.value for action in ItemAction} == set(EXPECTED)


@pytest.mark.parametrize(("state", "action", "target"), PAIRS)
def test_every_pair_of_state_and_action(state: str, action: str, target: str) -> None:
    if target != "-":
        assert follow(ItemState(state), ItemAction(action)) == target
        return
    with pytest.raises(ItemRefused, match=f"this is {state}: {action}"):
        follow(ItemState(state), ItemAction(action))


def test_an_action_has_one_target_wherever_it_is_possible() -> None:
    for action in ItemAction:
        assert len({follow(state, action) for state in states_before(action)}) == 1


def test_what_is_open_can_always_be_offered_and_settled() -> None:
    assert states_before(ItemAction.OFFER) == states_before(ItemAction.SETTLE) == OPEN
    assert UNANSWERED < OPEN


@given(things=things, takers=takers)
def test_only_who_may_read_for_the_site_is_named_and_nobody_able_is_passed_over(
    things: list[Thing], takers: list[Taker]
) -> None:
    named = name_takers(things, takers)

    assert list(named) == things
    for thing, taker in named.items():
        able = [each for each in takers if thing.site_id in each.site_ids]
        assert (taker is None) == (not able)
        if taker is not None:
            assert taker in able
            assert taker.rank == min(each.rank for each in able)


@given(
    count=st.integers(0, 20),
    loads=st.lists(st.integers(0, 4), min_size=1, max_size=5),
)
def test_equals_get_equal_parts_once_their_loads_are_level(count: int, loads: list[int]) -> None:
    equals = [
        Taker(radiologist_id=each, begins_at=NOW, rank=0, site_ids=frozenset({1}), load=load)
        for each, load in enumerate(loads)
    ]
    given_things = [Thing(ItemKind.CASE, each, 1) for each in range(count)]

    named = name_takers(given_things, equals)

    total = dict(enumerate(loads))
    for taker in named.values():
        assert taker is not None
        total[taker.radiologist_id] += 1
    got_some = {taker.radiologist_id for taker in named.values() if taker is not None}
    assert all(total[who] <= min(total.values()) + 1 for who in got_some)


def test_the_one_who_comes_stands_before_the_one_who_is_there_already() -> None:
    there = Taker(radiologist_id=1, begins_at=NOW, rank=0, site_ids=frozenset({1}))
    comes = Taker(radiologist_id=2, begins_at=NOW + MINUTE, rank=0, site_ids=frozenset({1}))
    thing = Thing(ItemKind.CASE, 12, 1)

    assert name_takers([thing], [there, comes]) == {thing: comes}


def test_the_backup_line_is_named_when_nobody_of_the_first_may() -> None:
    first = Taker(radiologist_id=1, begins_at=NOW, rank=0, site_ids=frozenset({2}))
    backup = Taker(radiologist_id=2, begins_at=NOW, rank=1, site_ids=frozenset({1}), load=9)
    thing = Thing(ItemKind.CASE, 12, 1)

    assert name_takers([thing], [first, backup]) == {thing: backup}


def test_who_is_there_has_five_minutes_and_who_comes_until_five_minutes_before() -> None:
    begins = NOW + 15 * MINUTE

    assert find_answer_due(offered_at=NOW, begins_at=None) == NOW + 5 * MINUTE
    assert find_answer_due(offered_at=NOW, begins_at=NOW - MINUTE) == NOW + 5 * MINUTE
    assert find_answer_due(offered_at=NOW, begins_at=begins) == NOW + 10 * MINUTE
    assert find_answer_due(offered_at=begins, begins_at=begins) == begins + 5 * MINUTE


@given(
    minutes=st.integers(0, 300),
    before=st.integers(0, 60),
    day=st.sampled_from(
        [datetime(2026, 3, 29, tzinfo=PARIS), datetime(2026, 10, 25, tzinfo=PARIS)]
    ),
)
def test_the_minutes_are_real_ones_in_the_nights_of_the_clocks(
    minutes: int, before: int, day: datetime
) -> None:
    begins = day.astimezone(UTC) + minutes * MINUTE
    offered = begins - before * MINUTE

    due = find_answer_due(offered_at=offered.astimezone(PARIS), begins_at=begins.astimezone(PARIS))

    assert due == max(offered + 5 * MINUTE, begins - 5 * MINUTE)

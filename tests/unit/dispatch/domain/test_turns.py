"""The order in which cases are decided when there are more than can be."""

from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from app.cases.domain.priority import Priority
from app.dispatch.domain.turns import COUNTS_LATER, KINDS, Due, take_turns

NOW = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
_LONGEST_LATER = max(COUNTS_LATER.values()) // MINUTE


def due(case_id: int, priority: Priority = Priority.P1, *, since_min: float = 0) -> Due:
    return Due(case_id, priority, NOW - since_min * MINUTE)


def some(*case_ids: int, since_min: float = 0) -> list[Due]:
    return [due(each, since_min=since_min) for each in case_ids]


def test_a_new_case_waits_for_no_step_of_hundreds_that_nobody_takes() -> None:
    stepped = some(*range(100, 500), since_min=30)

    assert take_turns(unasked=[due(1)], left=[], others=stepped)[0] == 1


def test_of_four_decisions_two_are_first_offers_and_each_other_kind_has_one() -> None:
    order = take_turns(unasked=some(1, 2, 3, 4), left=some(10, 11, 12), others=some(20, 21, 22, 23))

    assert order == [1, 10, 20, 2, 3, 11, 21, 4, 12, 22, 23]


def test_what_one_kind_does_not_need_the_others_have() -> None:
    assert take_turns(unasked=some(1, 2, 3), left=[], others=some(20)) == [1, 20, 2, 3]
    assert take_turns(unasked=[], left=some(10, 11), others=some(20, 21)) == [10, 20, 11, 21]


def test_a_case_that_is_due_twice_is_decided_once() -> None:
    assert take_turns(unasked=[], left=some(1, 2), others=some(1, 2)) == [1, 2]


def test_within_a_kind_the_more_urgent_goes_first_but_not_for_ever() -> None:
    order = take_turns(
        unasked=[
            due(1, Priority.P4, since_min=11),
            due(2, Priority.P1),
            due(3, Priority.P2, since_min=1),
            due(4, Priority.P1, since_min=0.5),
            due(5, Priority.P3, since_min=1),
        ],
        left=[],
        others=[],
    )

    assert order == [1, 4, 2, 3, 5]


priorities = st.sampled_from(list(Priority))
backlogs = st.lists(st.tuples(priorities, st.integers(0, 60)), max_size=12)


@given(
    backlog=st.tuples(backlogs, backlogs, backlogs),
    flood=st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)),
)
def test_whatever_is_due_is_decided_however_many_p1_become_due(
    backlog: tuple[list[tuple[Priority, int]], ...], flood: tuple[int, ...]
) -> None:
    """A batch a minute decides as little as it may, while more and more P1 of each kind come."""
    numbers = count(1)
    waiting = [[due(next(numbers), each, since_min=ago) for each, ago in kind] for kind in backlog]
    owed = {each.case_id for kind in waiting for each in kind}
    batches = sum(map(len, backlog)) + (_LONGEST_LATER + 1) * max(flood)

    for minute in range(batches):
        for kind, many in zip(waiting, flood, strict=True):
            kind += [Due(next(numbers), Priority.P1, NOW + minute * MINUTE) for _ in range(many)]
        unasked, left, others = waiting
        decided = set(take_turns(unasked=unasked, left=left, others=others)[:KINDS])
        waiting = [[each for each in kind if each.case_id not in decided] for kind in waiting]
        owed -= decided

    assert not owed

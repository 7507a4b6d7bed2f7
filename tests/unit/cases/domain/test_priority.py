"""How a priority is found."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cases.domain.priority import (
    Priority,
    PriorityRule,
    StudyHeader,
    Urgency,
    check_change,
    find_most_urgent,
    find_urgency,
    fold,
    is_raise,
)
from app.kit.errors import NotAllowed


def make_header(**overrides: object) -> StudyHeader:
    values: dict[str, object] = {
        "called_ae_title": "ASTREINTE",
        "sender_id": 1,
        "modalities": frozenset({"CT"}),
        "station_name": "CT1",
        "study_description": "Scanner cérébral AVC",
    }
    return StudyHeader(**{**values, **overrides})  # type: ignore[arg-type]


def find(header: StudyHeader, *rules: PriorityRule) -> Priority:
    return find_urgency(header, rules=rules, ae_title="ASTREINTE").priority


STROKE = PriorityRule(rank=10, priority=Priority.P1, words=fold("avc stroke"))


def test_what_no_rule_speaks_of_is_p2() -> None:
    assert find(make_header()) is Priority.P2


@pytest.mark.parametrize(
    ("called", "priority"),
    [("ASTREINTE_P1", Priority.P1), ("ASTREINTE_ANT", Priority.P3)],
)
def test_the_urgent_destination_goes_before_every_rule(called: str, priority: Priority) -> None:
    rule = PriorityRule(rank=1, priority=Priority.P3)

    assert find(make_header(called_ae_title=called), rule) is priority


def test_of_several_urgencies_the_most_urgent_counts_and_of_equal_ones_the_first() -> None:
    first, second = Urgency(Priority.P2, "first"), Urgency(Priority.P2, "second")
    urgent = Urgency(Priority.P1, "stroke")

    assert find_most_urgent([first, urgent, second]) is urgent
    assert find_most_urgent([first, second]) is first


@pytest.mark.parametrize(("old", "new"), list(product(Priority, Priority)))
def test_anybody_raises_a_priority_and_only_who_may_lowers_it(old: Priority, new: Priority) -> None:
    check_change(old, new, may_lower=True)
    if new > old:
        with pytest.raises(NotAllowed):
            check_change(old, new, may_lower=False)
    else:
        check_change(old, new, may_lower=False)
    assert is_raise(old, new) is (new < old)


def test_a_word_is_found_whatever_its_accents_and_case() -> None:
    rule = PriorityRule(rank=1, priority=Priority.P1, words=fold("CEREBRAL"))

    assert find(make_header(study_description="scanner Cérébral"), rule) is Priority.P1


def test_a_part_of_a_word_is_not_the_word() -> None:
    assert find(make_header(study_description="AVCX"), STROKE) is Priority.P2


@pytest.mark.parametrize(
    "rule",
    [
        PriorityRule(rank=1, priority=Priority.P1, sender_id=2),
        PriorityRule(rank=1, priority=Priority.P1, modality="MR"),
        PriorityRule(rank=1, priority=Priority.P1, station_name="CT2"),
        PriorityRule(rank=1, priority=Priority.P1, words=fold("genou")),
        PriorityRule(rank=1, priority=Priority.P1, modality="CT", words=fold("genou")),
    ],
)
def test_a_rule_of_which_one_field_differs_says_nothing(rule: PriorityRule) -> None:
    assert find(make_header(), rule) is Priority.P2


def test_the_reason_names_the_rule() -> None:
    urgency = find_urgency(make_header(), rules=[STROKE], ae_title="ASTREINTE")

    assert urgency.reason == "rule 10"


@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.sampled_from(Priority)),
        min_size=1,
        unique_by=lambda each: each[0],
    )
)
def test_the_lowest_rank_wins_in_whatever_order_the_rules_come(
    ranked: list[tuple[int, Priority]],
) -> None:
    rules = [PriorityRule(rank=rank, priority=priority) for rank, priority in ranked]

    assert find(make_header(), *rules) is min(ranked)[1]

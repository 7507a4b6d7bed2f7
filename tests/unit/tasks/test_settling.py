"""Who may say that a task is done, kind by kind."""

from itertools import product

import pytest

from app.kit.errors import Invalid, NotAllowed
from app.tasks.domain.kinds import RULES, TaskKind
from app.tasks.domain.settling import SETTLERS, SettledElsewhere, check_outcome, check_settler

# Columns: a radiologist, a coordinator, the site; "!" is settled elsewhere.
EXPECTED = {
    "late_images": "yes no no",
    "corrected_identity": "yes yes no",
    "critical_call": "! ! !",
    "call_site": "! ! !",
    "ask_for_images": "yes yes yes",
    "confirm_site": "yes yes no",
    "association_refused": "yes yes no",
    "unknown_calling": "yes yes no",
    "disk": "! ! !",
    "no_node": "yes yes no",
    "certificate": "yes yes no",
    "quota": "! ! !",
    "commitment": "yes yes no",
    "check_in_missing": "yes yes no",
    "relief_missing": "yes yes no",
    "handover_offered": "! ! !",
    "handover_open": "! ! !",
    "still_reading": "! ! !",
    "claim_silent": "! ! !",
    "claim_late": "yes yes no",
    "use_fallback": "! ! !",
    "gap": "! ! !",
    "call_reader": "! ! !",
    "mass_silence": "! ! !",
    "surge": "yes yes no",
    "called_in": "yes yes no",
    "case_forgotten": "! ! !",
    "heartbeat": "! ! !",
    "guard_cancelled": "yes yes no",
}
WHO = ({"is_radiologist": True, "is_site": False}, {"is_radiologist": False, "is_site": False})
PEOPLE = (*WHO, {"is_radiologist": False, "is_site": True})


def test_every_kind_stands_in_both_tables() -> None:
    assert set(SETTLERS) == set(RULES) == set(TaskKind)
    assert set(EXPECTED) == {kind.value for kind in TaskKind}


@pytest.mark.parametrize(("kind", "column"), list(product(TaskKind, range(3))))
def test_a_word_settles_what_the_grid_says(kind: TaskKind, column: int) -> None:
    expected = EXPECTED[kind].split()[column]

    if expected == "yes":
        check_settler(kind, **PEOPLE[column])
        return
    with pytest.raises(SettledElsewhere if expected == "!" else NotAllowed):
        check_settler(kind, **PEOPLE[column])


@pytest.mark.parametrize("outcome", ["", " \n", "x" * 501])
def test_an_outcome_says_something_that_a_page_can_show(outcome: str) -> None:
    with pytest.raises(Invalid):
        check_outcome(outcome)


def test_an_outcome_of_500_characters_is_kept() -> None:
    check_outcome("x" * 500)

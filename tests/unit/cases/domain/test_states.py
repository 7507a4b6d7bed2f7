"""Every pair of a state and an action, written out a second time."""

import pytest

from app.cases.domain.states import (
    OPEN_FOR_DELIVERY,
    OPEN_FOR_DISPATCH,
    CaseAction,
    CaseState,
    MoveRefused,
    next_state,
    states_before,
)

# Columns: open, nominated, reading, signed, delivered, acknowledged, voided; "-" is refused.
EXPECTED = {
    "nominate": "nominated nominated - - - - -",
    "widen": "- nominated - - - - -",
    "claim": "- reading - - - - -",
    "release": "- - nominated - - - -",
    "reassign": "- - nominated - - - -",
    "dispossess": "- - nominated - - - -",
    "fail_over": "- - nominated - - - -",
    "sign": "- - signed - - - -",
    "deliver": "- - - delivered - - -",
    "acknowledge": "- - - - acknowledged - -",
    "void": "voided voided voided voided voided voided -",
}
STATES = ("open", "nominated", "reading", "signed", "delivered", "acknowledged", "voided")
PAIRS = [
    (state, action, target)
    for action, row in EXPECTED.items()
    for state, target in zip(STATES, row.split(), strict=True)
]


def test_the_grid_speaks_of_every_state_and_every_action() -> None:
    assert {state.value for state in CaseState} == set(STATES)
    assert {action.value for action in CaseAction} == set(EXPECTED)


@pytest.mark.parametrize(("state", "action", "target"), PAIRS)
def test_every_action_in_every_state_leads_where_the_grid_says_or_is_refused(
    state: str, action: str, target: str
) -> None:
    if target != "-":
        assert next_state(CaseState(state), CaseAction(action)) == CaseState(target)
        assert CaseState(state) in states_before(CaseAction(action))
        return

    with pytest.raises(MoveRefused) as refused:
        next_state(CaseState(state), CaseAction(action))

    assert refused.value.state == CaseState(state)
    assert CaseState(state) not in states_before(CaseAction(action))


def test_each_action_leads_to_one_state_only() -> None:
    for action in CaseAction:
        assert len({next_state(state, action) for state in states_before(action)}) == 1


def test_a_voided_case_goes_nowhere() -> None:
    assert all(CaseState.VOIDED not in states_before(action) for action in CaseAction)


def test_open_for_dispatch_and_open_for_delivery_have_nothing_in_common() -> None:
    assert not OPEN_FOR_DISPATCH & OPEN_FOR_DELIVERY

"""Every pair of a state and an action, written out a second time."""

import pytest

from app.requests.domain.states import (
    ACCEPTED,
    STANDING,
    RequestAction,
    RequestMoveRefused,
    RequestState,
    next_state,
)

# Columns: draft, requested, validated, substituted, refused, cancelled; "-" is refused.
EXPECTED = {
    "submit": "requested - - - - -",
    "validate": "- validated - - - -",
    "substitute": "- substituted - - - -",
    "refuse": "- refused - - - -",
    "ask": "- requested - - - -",
    "amend": "draft requested validated substituted - -",
    "cancel": "cancelled cancelled cancelled cancelled - -",
}
STATES = ("draft", "requested", "validated", "substituted", "refused", "cancelled")
PAIRS = [
    (state, action, target)
    for action, row in EXPECTED.items()
    for state, target in zip(STATES, row.split(), strict=True)
]


def test_the_grid_speaks_of_every_state_and_every_action() -> None:
    assert {state.value for state in RequestState} == set(STATES)
    assert {action.value for action in RequestAction} == set(EXPECTED)


@pytest.mark.parametrize(("state", "action", "target"), PAIRS)
def test_every_action_in_every_state_leads_where_the_grid_says_or_is_refused(
    state: str, action: str, target: str
) -> None:
    if target != "-":
        assert next_state(RequestState(state), RequestAction(action)) == RequestState(target)
        return

    with pytest.raises(RequestMoveRefused) as refused:
        next_state(RequestState(state), RequestAction(action))

    assert refused.value.state == RequestState(state)
    assert refused.value.action == RequestAction(action)


def test_what_is_accepted_still_stands() -> None:
    assert ACCEPTED < STANDING

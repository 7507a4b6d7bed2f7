"""Every state and every action of a centre, and of the call to one of its readers."""

from itertools import product

import pytest

from app.dispatch.domain.failover_moves import (
    CENTRES,
    CHECKS,
    CentreAction,
    CentreMoveRefused,
    CentreState,
    CheckAction,
    CheckAnswered,
    CheckState,
    next_centre_state,
    next_check_state,
)

UP, DOWN = CentreState.UP, CentreState.DOWN
OF_CENTRE = {
    (UP, CentreAction.FALL_SILENT): DOWN,
    (UP, CentreAction.LOSE_NODE): DOWN,
    (UP, CentreAction.SAY_DOWN): DOWN,
    (DOWN, CentreAction.SAY_DOWN): DOWN,
    (DOWN, CentreAction.COME_BACK): UP,
    (DOWN, CentreAction.SAY_BACK): UP,
}
OF_CHECK = {
    (CheckState.ASKED, CheckAction.STILL_READING): CheckState.STILL_READING,
    (CheckState.ASKED, CheckAction.FAIL_OVER): CheckState.FAILED_OVER,
    (CheckState.ASKED, CheckAction.CANCEL): CheckState.CANCELLED,
}


@pytest.mark.parametrize(("state", "action"), list(product(CentreState, CentreAction)))
def test_every_move_of_a_centre(state: CentreState, action: CentreAction) -> None:
    assert dict(CENTRES) == OF_CENTRE
    if (state, action) in OF_CENTRE:
        assert next_centre_state(state, action) is OF_CENTRE[state, action]
    else:
        with pytest.raises(CentreMoveRefused, match=state.value):
            next_centre_state(state, action)


@pytest.mark.parametrize(("state", "action"), list(product(CheckState, CheckAction)))
def test_every_answer_to_a_call(state: CheckState, action: CheckAction) -> None:
    assert dict(CHECKS) == OF_CHECK
    if (state, action) in OF_CHECK:
        assert next_check_state(state, action) is OF_CHECK[state, action]
    else:
        with pytest.raises(CheckAnswered, match=state.value):
            next_check_state(state, action)

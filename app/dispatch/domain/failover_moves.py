"""The states of a centre, and of the telephone call to a reader of one that is down."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.kit.errors import Conflict


class DownCause(StrEnum):
    """Why a centre is held to be down."""

    SILENCE = "silence"
    """The streams of all its readers have been gone for 90 s."""
    NODE = "node"
    """Its node failed three echoes in 60 s while a study waited for it."""
    COORDINATOR = "coordinator"


class CentreState(StrEnum):
    """Whether a centre answers."""

    UP = "up"
    DOWN = "down"


class CentreAction(StrEnum):
    """What changes it."""

    FALL_SILENT = "fall_silent"
    LOSE_NODE = "lose_node"
    SAY_DOWN = "say_down"
    COME_BACK = "come_back"
    """What it was held down for is over."""
    SAY_BACK = "say_back"


CENTRES: Mapping[tuple[CentreState, CentreAction], CentreState] = MappingProxyType(
    {
        (CentreState.UP, CentreAction.FALL_SILENT): CentreState.DOWN,
        (CentreState.UP, CentreAction.LOSE_NODE): CentreState.DOWN,
        (CentreState.UP, CentreAction.SAY_DOWN): CentreState.DOWN,
        # From now on only the coordinator's word ends it.
        (CentreState.DOWN, CentreAction.SAY_DOWN): CentreState.DOWN,
        (CentreState.DOWN, CentreAction.COME_BACK): CentreState.UP,
        (CentreState.DOWN, CentreAction.SAY_BACK): CentreState.UP,
    }
)
"""Every allowed change of a centre."""

CAUSES: Mapping[CentreAction, DownCause] = MappingProxyType(
    {
        CentreAction.FALL_SILENT: DownCause.SILENCE,
        CentreAction.LOSE_NODE: DownCause.NODE,
        CentreAction.SAY_DOWN: DownCause.COORDINATOR,
    }
)


class CentreMoveRefused(Conflict):
    """The centre stands where this is not possible."""

    def __init__(self, state: CentreState, action: CentreAction) -> None:
        super().__init__(f"'{action.value}' is not possible: the centre is {state.value} already")
        self.state = state
        self.action = action


def next_centre_state(state: CentreState, action: CentreAction) -> CentreState:
    """Say where an action leads a centre.

    Raises
    ------
    CentreMoveRefused
        If the table has no such change.
    """
    try:
        return CENTRES[state, action]
    except KeyError:
        raise CentreMoveRefused(state, action) from None


class CheckState(StrEnum):
    """Where the telephone call to a reader stands whose centre is down."""

    ASKED = "asked"
    STILL_READING = "still_reading"
    """They were reached, and read on: their claims stay."""
    FAILED_OVER = "failed_over"
    """Their cases went to others."""
    CANCELLED = "cancelled"
    """The centre came back before anybody had called."""


class CheckAction(StrEnum):
    """What answers it."""

    STILL_READING = "still_reading"
    FAIL_OVER = "fail_over"
    CANCEL = "cancel"


CHECKS: Mapping[tuple[CheckState, CheckAction], CheckState] = MappingProxyType(
    {
        (CheckState.ASKED, CheckAction.STILL_READING): CheckState.STILL_READING,
        (CheckState.ASKED, CheckAction.FAIL_OVER): CheckState.FAILED_OVER,
        (CheckState.ASKED, CheckAction.CANCEL): CheckState.CANCELLED,
    }
)
"""Every allowed answer; there is one."""


class CheckAnswered(Conflict):
    """Somebody has answered, or the centre is back."""

    def __init__(self, state: CheckState, action: CheckAction) -> None:
        super().__init__(f"'{action.value}' comes too late: this call is settled ({state.value})")
        self.state = state
        self.action = action


def next_check_state(state: CheckState, action: CheckAction) -> CheckState:
    """Say where an answer leads.

    Raises
    ------
    CheckAnswered
        If it is answered already.
    """
    try:
        return CHECKS[state, action]
    except KeyError:
        raise CheckAnswered(state, action) from None

"""The states of a case and every move between them, in one table."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.kit.errors import Conflict


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "open"
    NOMINATED = "nominated"
    READING = "reading"
    SIGNED = "signed"
    DELIVERED = "delivered"
    ACKNOWLEDGED = "acknowledged"
    VOIDED = "voided"


class CaseAction(StrEnum):
    """What moves a case."""

    NOMINATE = "nominate"
    WIDEN = "widen"
    CLAIM = "claim"
    RELEASE = "release"
    REASSIGN = "reassign"
    DISPOSSESS = "dispossess"
    FAIL_OVER = "fail_over"
    SIGN = "sign"
    DELIVER = "deliver"
    """The last required delivery succeeded."""
    ACKNOWLEDGE = "acknowledge"
    """The requester has read the report."""
    VOID = "void"


#: For dispatch: somebody must still read.
OPEN_FOR_DISPATCH = frozenset({CaseState.OPEN, CaseState.NOMINATED, CaseState.READING})
#: Nobody has taken it: offered, or still to be.
UNCLAIMED = frozenset({CaseState.OPEN, CaseState.NOMINATED})
#: For delivery: somebody must still receive.
OPEN_FOR_DELIVERY = frozenset({CaseState.SIGNED})

_S, _A = CaseState, CaseAction

TRANSITIONS: Mapping[tuple[CaseState, CaseAction], CaseState] = MappingProxyType(
    {
        (_S.OPEN, _A.NOMINATE): _S.NOMINATED,
        (_S.OPEN, _A.VOID): _S.VOIDED,
        (_S.NOMINATED, _A.NOMINATE): _S.NOMINATED,
        (_S.NOMINATED, _A.WIDEN): _S.NOMINATED,
        (_S.NOMINATED, _A.CLAIM): _S.READING,
        (_S.NOMINATED, _A.VOID): _S.VOIDED,
        (_S.READING, _A.RELEASE): _S.NOMINATED,
        (_S.READING, _A.REASSIGN): _S.NOMINATED,
        (_S.READING, _A.DISPOSSESS): _S.NOMINATED,
        (_S.READING, _A.FAIL_OVER): _S.NOMINATED,
        (_S.READING, _A.SIGN): _S.SIGNED,
        (_S.READING, _A.VOID): _S.VOIDED,
        (_S.SIGNED, _A.DELIVER): _S.DELIVERED,
        (_S.SIGNED, _A.VOID): _S.VOIDED,
        (_S.DELIVERED, _A.ACKNOWLEDGE): _S.ACKNOWLEDGED,
        (_S.DELIVERED, _A.VOID): _S.VOIDED,
        (_S.ACKNOWLEDGED, _A.VOID): _S.VOIDED,
    }
)
"""Every allowed move (DESIGN, "Case states"); what is not here is refused."""


class MoveRefused(Conflict):
    """The case stands where this action is not possible."""

    def __init__(self, state: CaseState, action: CaseAction) -> None:
        super().__init__(
            f"a case that is {state.value} cannot be moved by '{action.value}'; "
            "somebody else has moved it: look at it again"
        )
        self.state = state
        self.action = action


def next_state(state: CaseState, action: CaseAction) -> CaseState:
    """Say where an action leads.

    Raises
    ------
    MoveRefused
        If the table has no such move.
    """
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise MoveRefused(state, action) from None


def states_before(action: CaseAction) -> frozenset[CaseState]:
    """Say from which states an action is possible."""
    return frozenset(state for state, each in TRANSITIONS if each is action)

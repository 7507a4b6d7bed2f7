"""The states of a request and every move between them, in one table."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.kit.errors import Conflict


class RequestState(StrEnum):
    """Where a request stands."""

    DRAFT = "draft"
    """Being written: what a new request is until its submission is accepted."""
    REQUESTED = "requested"
    """A radiologist is to decide."""
    VALIDATED = "validated"
    SUBSTITUTED = "substituted"
    """Validated with another exam than the one wished."""
    REFUSED = "refused"
    CANCELLED = "cancelled"


class RequestAction(StrEnum):
    """What moves a request."""

    SUBMIT = "submit"
    VALIDATE = "validate"
    SUBSTITUTE = "substitute"
    REFUSE = "refuse"
    ASK = "ask"
    """Want more information: it stays requested, with a question that the site answers."""
    AMEND = "amend"
    """Change what it says; this also answers a question."""
    CANCEL = "cancel"


_S, _A = RequestState, RequestAction

#: Images that come belong to a request in one of these; it may still be cancelled before.
STANDING = frozenset({_S.REQUESTED, _S.VALIDATED, _S.SUBSTITUTED})
#: A radiologist wants the exam done, and owns its images.
ACCEPTED = frozenset({_S.VALIDATED, _S.SUBSTITUTED})

TRANSITIONS: Mapping[tuple[RequestState, RequestAction], RequestState] = MappingProxyType(
    {
        (_S.DRAFT, _A.SUBMIT): _S.REQUESTED,
        (_S.DRAFT, _A.AMEND): _S.DRAFT,
        (_S.DRAFT, _A.CANCEL): _S.CANCELLED,
        (_S.REQUESTED, _A.VALIDATE): _S.VALIDATED,
        (_S.REQUESTED, _A.SUBSTITUTE): _S.SUBSTITUTED,
        (_S.REQUESTED, _A.REFUSE): _S.REFUSED,
        (_S.REQUESTED, _A.ASK): _S.REQUESTED,
        (_S.REQUESTED, _A.AMEND): _S.REQUESTED,
        (_S.REQUESTED, _A.CANCEL): _S.CANCELLED,
        (_S.VALIDATED, _A.AMEND): _S.VALIDATED,
        (_S.VALIDATED, _A.CANCEL): _S.CANCELLED,
        (_S.SUBSTITUTED, _A.AMEND): _S.SUBSTITUTED,
        (_S.SUBSTITUTED, _A.CANCEL): _S.CANCELLED,
    }
)
"""Every allowed move; what is not here is refused.

A decision is taken once, in `requested`. After it, `content.check_change` says what may still be
amended, and a request whose images have come is no longer cancelled.
"""


class RequestMoveRefused(Conflict):
    """The request stands where this action is not possible."""

    def __init__(self, state: RequestState, action: RequestAction) -> None:
        super().__init__(
            f"a request that is {state.value} cannot be moved by '{action.value}'; look at it again"
        )
        self.state = state
        self.action = action


def next_state(state: RequestState, action: RequestAction) -> RequestState:
    """Say where an action leads.

    Raises
    ------
    RequestMoveRefused
        If the table has no such move.
    """
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise RequestMoveRefused(state, action) from None

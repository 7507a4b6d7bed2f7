"""The state machine of the DICOM upper layer: PS3.8 §9.2, table 9-10, as one table."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class State(StrEnum):
    """The states of PS3.8 §9.2.1."""

    IDLE = "Sta1"
    AWAITING_REQUEST = "Sta2"
    """The transport is open; the peer has to send its A-ASSOCIATE-RQ."""
    DECIDING = "Sta3"
    """The request is there; the local user accepts or rejects it."""
    CONNECTING = "Sta4"
    AWAITING_ANSWER = "Sta5"
    """The A-ASSOCIATE-RQ is sent; the peer accepts or rejects it."""
    ESTABLISHED = "Sta6"
    AWAITING_RELEASE = "Sta7"
    """The A-RELEASE-RQ is sent; the peer has to answer it."""
    RELEASING = "Sta8"
    """The peer asks for release; the local user has to agree."""
    COLLIDED_REQUESTOR_RELEASING = "Sta9"
    """Both asked for release, we opened the association; the local user has to agree."""
    COLLIDED_ACCEPTOR_AWAITING = "Sta10"
    """Both asked for release, the peer opened the association; it has to answer."""
    COLLIDED_REQUESTOR_AWAITING = "Sta11"
    """Both asked for release, we opened the association and agreed; the peer has to answer."""
    COLLIDED_ACCEPTOR_RELEASING = "Sta12"
    """Both asked for release, the peer opened and agreed; the local user has to agree."""
    AWAITING_CLOSE = "Sta13"
    """Nothing more is said; the peer has to close the transport."""


class Event(StrEnum):
    """The events of PS3.8 §9.2.2."""

    ASSOCIATE_REQUESTED = "Evt1"
    TRANSPORT_CONNECTED = "Evt2"
    ACCEPT_RECEIVED = "Evt3"
    REJECT_RECEIVED = "Evt4"
    TRANSPORT_INDICATED = "Evt5"
    """A peer opened a transport connection to us."""
    REQUEST_RECEIVED = "Evt6"
    ASSOCIATE_ACCEPTED = "Evt7"
    """By the local user; so are the other three of its words."""
    ASSOCIATE_REJECTED = "Evt8"
    DATA_REQUESTED = "Evt9"
    DATA_RECEIVED = "Evt10"
    RELEASE_REQUESTED = "Evt11"
    RELEASE_RECEIVED = "Evt12"
    RELEASE_ANSWER_RECEIVED = "Evt13"
    RELEASE_AGREED = "Evt14"
    ABORT_REQUESTED = "Evt15"
    ABORT_RECEIVED = "Evt16"
    TRANSPORT_CLOSED = "Evt17"
    TIMER_EXPIRED = "Evt18"
    """ARTIM: association request, reject, release."""
    INVALID_PDU_RECEIVED = "Evt19"
    """Of an unknown type, or malformed."""


class Action(StrEnum):
    """The actions of PS3.8 §9.2.3, tables 9-6 to 9-9."""

    AE_1 = "AE-1"
    """Open the transport."""
    AE_2 = "AE-2"
    """Send the A-ASSOCIATE-RQ."""
    AE_3 = "AE-3"
    """Tell the user that the association is accepted."""
    AE_4 = "AE-4"
    """Tell the user that it is rejected; close the transport."""
    AE_5 = "AE-5"
    """Take the transport; start the timer."""
    AE_6 = "AE-6"
    """Stop the timer; ask the user, or send an A-ASSOCIATE-RJ and start the timer."""
    AE_7 = "AE-7"
    """Send the A-ASSOCIATE-AC."""
    AE_8 = "AE-8"
    """Send the A-ASSOCIATE-RJ; start the timer."""
    DT_1 = "DT-1"
    """Send a P-DATA-TF."""
    DT_2 = "DT-2"
    """Pass a P-DATA-TF to the user."""
    AR_1 = "AR-1"
    """Send the A-RELEASE-RQ."""
    AR_2 = "AR-2"
    """Ask the user for release."""
    AR_3 = "AR-3"
    """Tell the user that it is released; close the transport."""
    AR_4 = "AR-4"
    """Send the A-RELEASE-RP; start the timer."""
    AR_5 = "AR-5"
    """Stop the timer."""
    AR_6 = "AR-6"
    """Pass a P-DATA-TF to the user although it asked for release."""
    AR_7 = "AR-7"
    """Send a P-DATA-TF although the peer asked for release."""
    AR_8 = "AR-8"
    """Ask the user for release: both sides did."""
    AR_9 = "AR-9"
    """Send the A-RELEASE-RP."""
    AR_10 = "AR-10"
    """Tell the user that the peer agreed."""
    AA_1 = "AA-1"
    """Send an A-ABORT of the user's (source 0); start the timer again."""
    AA_2 = "AA-2"
    """Stop the timer; close the transport."""
    AA_3 = "AA-3"
    """Tell the user that the peer aborted; close the transport."""
    AA_4 = "AA-4"
    """Tell the user that the transport is gone."""
    AA_5 = "AA-5"
    """Stop the timer."""
    AA_6 = "AA-6"
    """Ignore the PDU."""
    AA_7 = "AA-7"
    """Send an A-ABORT."""
    AA_8 = "AA-8"
    """Send an A-ABORT of the provider's (source 2), tell the user, start the timer."""


class Transition(NamedTuple):
    """What to do, and the state afterwards.

    Parameters
    ----------
    alternative
        The other state that the action can lead to. AE-6: `next_state` if the request is put to
        the user, the alternative if the provider itself rejects it. AR-8: `next_state` if we
        opened the association, the alternative if the peer did.
    """

    action: Action
    next_state: State
    alternative: State | None = None


class ImpossibleEvent(Exception):
    """An event cannot happen in a state: table 9-10 has an empty cell there."""

    def __init__(self, state: State, event: Event) -> None:
        super().__init__(f"{event.name} ({event}) cannot happen in {state.name} ({state})")
        self.state = state
        self.event = event


_NEXT: Mapping[Action, tuple[State, State | None]] = {
    Action.AE_1: (State.CONNECTING, None),
    Action.AE_2: (State.AWAITING_ANSWER, None),
    Action.AE_3: (State.ESTABLISHED, None),
    Action.AE_4: (State.IDLE, None),
    Action.AE_5: (State.AWAITING_REQUEST, None),
    Action.AE_6: (State.DECIDING, State.AWAITING_CLOSE),
    Action.AE_7: (State.ESTABLISHED, None),
    Action.AE_8: (State.AWAITING_CLOSE, None),
    Action.DT_1: (State.ESTABLISHED, None),
    Action.DT_2: (State.ESTABLISHED, None),
    Action.AR_1: (State.AWAITING_RELEASE, None),
    Action.AR_2: (State.RELEASING, None),
    Action.AR_3: (State.IDLE, None),
    Action.AR_4: (State.AWAITING_CLOSE, None),
    Action.AR_5: (State.IDLE, None),
    Action.AR_6: (State.AWAITING_RELEASE, None),
    Action.AR_7: (State.RELEASING, None),
    Action.AR_8: (State.COLLIDED_REQUESTOR_RELEASING, State.COLLIDED_ACCEPTOR_AWAITING),
    Action.AR_9: (State.COLLIDED_REQUESTOR_AWAITING, None),
    Action.AR_10: (State.COLLIDED_ACCEPTOR_RELEASING, None),
    Action.AA_1: (State.AWAITING_CLOSE, None),
    Action.AA_2: (State.IDLE, None),
    Action.AA_3: (State.IDLE, None),
    Action.AA_4: (State.IDLE, None),
    Action.AA_5: (State.IDLE, None),
    Action.AA_6: (State.AWAITING_CLOSE, None),
    Action.AA_7: (State.AWAITING_CLOSE, None),
    Action.AA_8: (State.AWAITING_CLOSE, None),
}

# One line for each event, one column for each state, Sta1 to Sta13, as in PS3.8 table 9-10.
_ROWS: Mapping[Event, str] = {
    Event.ASSOCIATE_REQUESTED: "AE-1 - - - - - - - - - - - -",
    Event.TRANSPORT_CONNECTED: "- - - AE-2 - - - - - - - - -",
    Event.ACCEPT_RECEIVED: "- AA-1 AA-8 - AE-3 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-6",
    Event.REJECT_RECEIVED: "- AA-1 AA-8 - AE-4 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-6",
    Event.TRANSPORT_INDICATED: "AE-5 - - - - - - - - - - - -",
    Event.REQUEST_RECEIVED: "- AE-6 AA-8 - AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-7",
    Event.ASSOCIATE_ACCEPTED: "- - AE-7 - - - - - - - - - -",
    Event.ASSOCIATE_REJECTED: "- - AE-8 - - - - - - - - - -",
    Event.DATA_REQUESTED: "- - - - - DT-1 - AR-7 - - - - -",
    Event.DATA_RECEIVED: "- AA-1 AA-8 - AA-8 DT-2 AR-6 AA-8 AA-8 AA-8 AA-8 AA-8 AA-6",
    Event.RELEASE_REQUESTED: "- - - - - AR-1 - - - - - - -",
    Event.RELEASE_RECEIVED: "- AA-1 AA-8 - AA-8 AR-2 AR-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-6",
    Event.RELEASE_ANSWER_RECEIVED: "- AA-1 AA-8 - AA-8 AA-8 AR-3 AA-8 AA-8 AR-10 AR-3 AA-8 AA-6",
    Event.RELEASE_AGREED: "- - - - - - - AR-4 AR-9 - - AR-4 -",
    Event.ABORT_REQUESTED: "- - AA-1 AA-2 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1 AA-1 -",
    Event.ABORT_RECEIVED: "- AA-2 AA-3 - AA-3 AA-3 AA-3 AA-3 AA-3 AA-3 AA-3 AA-3 AA-2",
    Event.TRANSPORT_CLOSED: "- AA-5 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AA-4 AR-5",
    Event.TIMER_EXPIRED: "- AA-2 - - - - - - - - - - AA-2",
    Event.INVALID_PDU_RECEIVED: "- AA-1 AA-8 - AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-8 AA-7",
}

TABLE: Mapping[tuple[State, Event], Transition] = {
    (state, event): Transition(Action(cell), *_NEXT[Action(cell)])
    for event, row in _ROWS.items()
    for state, cell in zip(State, row.split(), strict=True)
    if cell != "-"
}
"""PS3.8 table 9-10; what it leaves empty is absent."""


def find_transition(state: State, event: Event) -> Transition:
    """Find what an event does in a state.

    Raises
    ------
    ImpossibleEvent
        If table 9-10 leaves the cell empty.
    """
    try:
        return TABLE[state, event]
    except KeyError:
        raise ImpossibleEvent(state, event) from None

from itertools import product

import pytest
from pynetdicom.fsm import ACTIONS, TRANSITION_TABLE

from dicom_gateway.upper_layer.machine import (
    TABLE,
    Action,
    Event,
    ImpossibleEvent,
    State,
    find_transition,
)

# Table 9-10 by its columns, written down apart from the source: for each state what each event
# does, and the states that it leads to. Events that are not named cannot happen.
WAITING_FOR_THE_USER = {
    3: "AA-8",
    4: "AA-8",
    6: "AA-8",
    10: "AA-8",
    12: "AA-8",
    13: "AA-8",
    15: "AA-1",
    16: "AA-3",
    17: "AA-4",
    19: "AA-8",
}
EXPECTED: dict[int, dict[int, str]] = {
    1: {1: "AE-1", 5: "AE-5"},
    2: {
        3: "AA-1",
        4: "AA-1",
        6: "AE-6",
        10: "AA-1",
        12: "AA-1",
        13: "AA-1",
        16: "AA-2",
        17: "AA-5",
        18: "AA-2",
        19: "AA-1",
    },
    3: {**WAITING_FOR_THE_USER, 7: "AE-7", 8: "AE-8"},
    4: {2: "AE-2", 15: "AA-2", 17: "AA-4"},
    5: {**WAITING_FOR_THE_USER, 3: "AE-3", 4: "AE-4"},
    6: {**WAITING_FOR_THE_USER, 9: "DT-1", 10: "DT-2", 11: "AR-1", 12: "AR-2"},
    7: {**WAITING_FOR_THE_USER, 10: "AR-6", 12: "AR-8", 13: "AR-3"},
    8: {**WAITING_FOR_THE_USER, 9: "AR-7", 14: "AR-4"},
    9: {**WAITING_FOR_THE_USER, 14: "AR-9"},
    10: {**WAITING_FOR_THE_USER, 13: "AR-10"},
    11: {**WAITING_FOR_THE_USER, 13: "AR-3"},
    12: {**WAITING_FOR_THE_USER, 14: "AR-4"},
    13: {
        3: "AA-6",
        4: "AA-6",
        6: "AA-7",
        10: "AA-6",
        12: "AA-6",
        13: "AA-6",
        16: "AA-2",
        17: "AR-5",
        18: "AA-2",
        19: "AA-7",
    },
}
LEADS_TO: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("AE-4", "AR-3", "AR-5", "AA-2", "AA-3", "AA-4", "AA-5"), (1,)),
    **dict.fromkeys(("AE-8", "AR-4", "AA-1", "AA-6", "AA-7", "AA-8"), (13,)),
    **dict.fromkeys(("AE-3", "AE-7", "DT-1", "DT-2"), (6,)),
    **dict.fromkeys(("AR-1", "AR-6"), (7,)),
    **dict.fromkeys(("AR-2", "AR-7"), (8,)),
    "AE-1": (4,),
    "AE-2": (5,),
    "AE-5": (2,),
    "AE-6": (3, 13),
    "AR-8": (9, 10),
    "AR-9": (11,),
    "AR-10": (12,),
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_each_event_does_in_each_state_what_the_standard_says(state: State, event: Event) -> None:
    action = EXPECTED[number_of(state)].get(number_of(event))

    if action is None:
        with pytest.raises(ImpossibleEvent, match=rf"\({event}\).*\({state}\)"):
            find_transition(state, event)
        assert (state, event) not in TABLE
        return
    found = find_transition(state, event)
    assert found.action == action
    led_to = [found.next_state] + ([found.alternative] if found.alternative else [])
    assert tuple(map(number_of, led_to)) == LEADS_TO[action]


def number_of(value: State | Event) -> int:
    return int(value.value[3:])


def test_pynetdicom_has_the_same_table() -> None:
    ours = {(event.value, state.value): each.action.value for (state, event), each in TABLE.items()}

    assert ours == TRANSITION_TABLE


@pytest.mark.parametrize("action", list(Action))
def test_actions_lead_where_pynetdicom_goes(action: Action) -> None:
    expected = ACTIONS[action.value][2]
    led_to = {
        state.value
        for each in TABLE.values()
        if each.action is action
        for state in (each.next_state, each.alternative)
        if state is not None
    }

    assert led_to == ({expected} if isinstance(expected, str) else set(expected))


def test_states_and_events_are_numbered_as_in_the_standard() -> None:
    assert [each.value for each in State] == [f"Sta{number}" for number in range(1, 14)]
    assert [each.value for each in Event] == [f"Evt{number}" for number in range(1, 20)]


def test_a_peer_can_always_abort_and_vanish_while_a_transport_is_open() -> None:
    # A transport that is being opened (Sta4) can only fail.
    for state in set(State) - {State.IDLE, State.CONNECTING}:
        for event in (Event.ABORT_RECEIVED, Event.TRANSPORT_CLOSED):
            assert find_transition(state, event).next_state is State.IDLE
    assert find_transition(State.CONNECTING, Event.TRANSPORT_CLOSED).next_state is State.IDLE


def test_no_pdu_is_impossible_once_a_peer_is_connected() -> None:
    received = {
        Event.ACCEPT_RECEIVED,
        Event.REJECT_RECEIVED,
        Event.REQUEST_RECEIVED,
        Event.DATA_RECEIVED,
        Event.RELEASE_RECEIVED,
        Event.RELEASE_ANSWER_RECEIVED,
        Event.ABORT_RECEIVED,
        Event.INVALID_PDU_RECEIVED,
        Event.TRANSPORT_CLOSED,
    }
    for state in set(State) - {State.IDLE, State.CONNECTING}:
        assert {event for event in received if (state, event) in TABLE} == received

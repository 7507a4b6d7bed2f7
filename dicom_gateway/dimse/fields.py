"""The kinds of DIMSE messages, their elements, and what each needs (PS3.7 §9, §10, annex E)."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final


class Element:
    """Element numbers of group 0000 (PS3.7 table E.1-1)."""

    GROUP_LENGTH: Final = 0x0000
    AFFECTED_SOP_CLASS_UID: Final = 0x0002
    REQUESTED_SOP_CLASS_UID: Final = 0x0003
    COMMAND_FIELD: Final = 0x0100
    MESSAGE_ID: Final = 0x0110
    MESSAGE_ID_RESPONDED_TO: Final = 0x0120
    MOVE_DESTINATION: Final = 0x0600
    PRIORITY: Final = 0x0700
    DATA_SET_TYPE: Final = 0x0800
    STATUS: Final = 0x0900
    ERROR_COMMENT: Final = 0x0902
    ERROR_ID: Final = 0x0903
    AFFECTED_SOP_INSTANCE_UID: Final = 0x1000
    REQUESTED_SOP_INSTANCE_UID: Final = 0x1001
    EVENT_TYPE_ID: Final = 0x1002
    ACTION_TYPE_ID: Final = 0x1008
    MOVE_ORIGINATOR_AE_TITLE: Final = 0x1030
    MOVE_ORIGINATOR_MESSAGE_ID: Final = 0x1031


class CommandField(IntEnum):
    """The kinds of messages (PS3.7 table E.1-1)."""

    C_STORE_RQ = 0x0001
    C_STORE_RSP = 0x8001
    C_GET_RQ = 0x0010
    C_GET_RSP = 0x8010
    C_FIND_RQ = 0x0020
    C_FIND_RSP = 0x8020
    C_MOVE_RQ = 0x0021
    C_MOVE_RSP = 0x8021
    C_ECHO_RQ = 0x0030
    C_ECHO_RSP = 0x8030
    N_EVENT_REPORT_RQ = 0x0100
    N_EVENT_REPORT_RSP = 0x8100
    N_GET_RQ = 0x0110
    N_GET_RSP = 0x8110
    N_SET_RQ = 0x0120
    N_SET_RSP = 0x8120
    N_ACTION_RQ = 0x0130
    N_ACTION_RSP = 0x8130
    N_CREATE_RQ = 0x0140
    N_CREATE_RSP = 0x8140
    N_DELETE_RQ = 0x0150
    N_DELETE_RSP = 0x8150
    C_CANCEL_RQ = 0x0FFF


class Priority(IntEnum):
    """The values of PS3.7 table E.1-1."""

    MEDIUM = 0
    HIGH = 1
    LOW = 2


_AFFECTED = (Element.AFFECTED_SOP_CLASS_UID, Element.AFFECTED_SOP_INSTANCE_UID)
_REQUESTED = (Element.REQUESTED_SOP_CLASS_UID, Element.REQUESTED_SOP_INSTANCE_UID)
_OF_REQUESTS: Mapping[CommandField, tuple[int, ...]] = {
    CommandField.C_STORE_RQ: (Element.MESSAGE_ID, Element.PRIORITY, *_AFFECTED),
    CommandField.C_GET_RQ: (Element.MESSAGE_ID, Element.PRIORITY, Element.AFFECTED_SOP_CLASS_UID),
    CommandField.C_FIND_RQ: (Element.MESSAGE_ID, Element.PRIORITY, Element.AFFECTED_SOP_CLASS_UID),
    CommandField.C_MOVE_RQ: (
        Element.MESSAGE_ID,
        Element.PRIORITY,
        Element.AFFECTED_SOP_CLASS_UID,
        Element.MOVE_DESTINATION,
    ),
    CommandField.C_ECHO_RQ: (Element.MESSAGE_ID, Element.AFFECTED_SOP_CLASS_UID),
    CommandField.N_EVENT_REPORT_RQ: (Element.MESSAGE_ID, Element.EVENT_TYPE_ID, *_AFFECTED),
    CommandField.N_GET_RQ: (Element.MESSAGE_ID, *_REQUESTED),
    CommandField.N_SET_RQ: (Element.MESSAGE_ID, *_REQUESTED),
    CommandField.N_ACTION_RQ: (Element.MESSAGE_ID, Element.ACTION_TYPE_ID, *_REQUESTED),
    # The one who performs it may give the instance its UID (PS3.7 §10.1.5.1.4).
    CommandField.N_CREATE_RQ: (Element.MESSAGE_ID, Element.AFFECTED_SOP_CLASS_UID),
    CommandField.N_DELETE_RQ: (Element.MESSAGE_ID, *_REQUESTED),
    CommandField.C_CANCEL_RQ: (Element.MESSAGE_ID_RESPONDED_TO,),
}
# The UIDs of responses are optional (PS3.7 §9.1, §10.1).
MANDATORY: Mapping[CommandField, tuple[int, ...]] = {
    each: _OF_REQUESTS.get(each, (Element.MESSAGE_ID_RESPONDED_TO, Element.STATUS))
    for each in CommandField
}
WITH_DATA_SET = frozenset(
    {
        CommandField.C_STORE_RQ,
        CommandField.C_GET_RQ,
        CommandField.C_FIND_RQ,
        CommandField.C_MOVE_RQ,
        CommandField.N_SET_RQ,
    }
)
WITHOUT_DATA_SET = frozenset(
    {
        CommandField.C_STORE_RSP,
        CommandField.C_ECHO_RQ,
        CommandField.C_ECHO_RSP,
        CommandField.C_CANCEL_RQ,
        CommandField.N_GET_RQ,
        CommandField.N_DELETE_RQ,
        CommandField.N_DELETE_RSP,
    }
)

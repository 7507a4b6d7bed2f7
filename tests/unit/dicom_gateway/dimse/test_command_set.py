from io import BytesIO
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom import dimse_primitives

from dicom_gateway.dimse.command_set import (
    Command,
    CommandField,
    Priority,
    decode_command,
    encode_command,
    encode_response,
)
from tests.factories.messages import read_with_pynetdicom, write_with_pynetdicom
from tests.factories.negotiating import TITLES, U16, UIDS


@given(U16, UIDS, UIDS, st.sampled_from(Priority), st.none() | TITLES, st.none() | U16)
def test_store_requests_of_pynetdicom_are_read(
    message_id: int,
    sop_class_uid: str,
    instance_uid: str,
    priority: Priority,
    title: str | None,
    originator: int | None,
) -> None:
    command = write_with_pynetdicom(
        "C_STORE_RQ",
        MessageID=message_id,
        AffectedSOPClassUID=sop_class_uid,
        AffectedSOPInstanceUID=instance_uid,
        Priority=int(priority),
        MoveOriginatorApplicationEntityTitle=title,
        MoveOriginatorMessageID=originator,
        DataSet=BytesIO(b"ab"),
    )

    assert decode_command(command) == Command(
        CommandField.C_STORE_RQ,
        has_data_set=True,
        message_id=message_id,
        affected_sop_class_uid=sop_class_uid,
        affected_sop_instance_uid=instance_uid,
        priority=priority,
        move_originator_ae_title=title or "",
        move_originator_message_id=originator,
    )


CONTENTS = st.none() | st.just(b"ab")


def name_instance(which: str, sop_class_uid: str, instance_uid: str) -> dict[str, str]:
    return {f"{which}SOPClassUID": sop_class_uid, f"{which}SOPInstanceUID": instance_uid}


def name_ours(which: str, sop_class_uid: str, instance_uid: str) -> dict[str, str]:
    return {f"{which}_sop_class_uid": sop_class_uid, f"{which}_sop_instance_uid": instance_uid}


@given(U16, UIDS, UIDS, CONTENTS)
def test_requests_to_make_and_change_instances_of_pynetdicom_are_read(
    message_id: int, sop_class_uid: str, instance_uid: str, content: bytes | None
) -> None:
    uids = sop_class_uid, instance_uid
    create = write_with_pynetdicom(
        "N_CREATE_RQ",
        MessageID=message_id,
        AttributeList=BytesIO(content) if content else None,
        **name_instance("Affected", *uids),
    )
    change = write_with_pynetdicom(
        "N_SET_RQ",
        MessageID=message_id,
        ModificationList=BytesIO(b"ab"),
        **name_instance("Requested", *uids),
    )

    assert decode_command(create) == make(
        CommandField.N_CREATE_RQ,
        has_data_set=content is not None,
        message_id=message_id,
        **name_ours("affected", *uids),
    )
    assert decode_command(change) == make(
        CommandField.N_SET_RQ,
        has_data_set=True,
        message_id=message_id,
        **name_ours("requested", *uids),
    )


@given(U16, UIDS, UIDS, U16, CONTENTS)
def test_actions_and_events_of_pynetdicom_are_read(
    message_id: int, sop_class_uid: str, instance_uid: str, kind: int, content: bytes | None
) -> None:
    uids, data = (sop_class_uid, instance_uid), BytesIO(content) if content else None
    ours = {"has_data_set": content is not None, "message_id": message_id}
    action = write_with_pynetdicom(
        "N_ACTION_RQ",
        MessageID=message_id,
        ActionTypeID=kind,
        ActionInformation=data,
        **name_instance("Requested", *uids),
    )
    event = write_with_pynetdicom(
        "N_EVENT_REPORT_RQ",
        MessageID=message_id,
        EventTypeID=kind,
        EventInformation=data,
        **name_instance("Affected", *uids),
    )

    assert decode_command(action) == make(
        CommandField.N_ACTION_RQ, action_type_id=kind, **ours, **name_ours("requested", *uids)
    )
    assert decode_command(event) == make(
        CommandField.N_EVENT_REPORT_RQ, event_type_id=kind, **ours, **name_ours("affected", *uids)
    )


def make(field: CommandField, **values: Any) -> Command:
    return Command(field, **values)


@given(U16, UIDS)
def test_an_echo_request_of_pynetdicom_is_read(message_id: int, sop_class_uid: str) -> None:
    command = write_with_pynetdicom(
        "C_ECHO_RQ", MessageID=message_id, AffectedSOPClassUID=sop_class_uid
    )

    assert decode_command(command) == Command(
        CommandField.C_ECHO_RQ, message_id=message_id, affected_sop_class_uid=sop_class_uid
    )


@given(U16, UIDS, UIDS, U16)
def test_pynetdicom_reads_our_responses_to_stores_and_echoes(
    message_id: int, sop_class_uid: str, instance_uid: str, status: int
) -> None:
    store = Command(
        CommandField.C_STORE_RQ,
        has_data_set=True,
        message_id=message_id,
        affected_sop_class_uid=sop_class_uid,
        affected_sop_instance_uid=instance_uid,
    )
    echo = Command(
        CommandField.C_ECHO_RQ, message_id=message_id, affected_sop_class_uid=sop_class_uid
    )

    stored = read_with_pynetdicom(encode_response(store, status, error_comment="no room"))
    echoed = read_with_pynetdicom(encode_response(echo, status))

    for read in (stored, echoed):
        assert read.MessageIDBeingRespondedTo == message_id
        assert (read.AffectedSOPClassUID, read.Status) == (sop_class_uid, status)
    assert isinstance(stored, dimse_primitives.C_STORE)
    assert isinstance(echoed, dimse_primitives.C_ECHO)
    assert stored.AffectedSOPInstanceUID == instance_uid
    assert stored.ErrorComment == "no room"


@given(
    st.sampled_from(["N_SET", "N_ACTION", "N_EVENT_REPORT", "N_CREATE"]),
    U16,
    UIDS,
    UIDS,
    U16,
    st.none() | U16,
    st.none() | st.just(b"ab"),
)
def test_pynetdicom_reads_our_responses_about_instances(
    name: str,
    message_id: int,
    sop_class_uid: str,
    instance_uid: str,
    kind: int,
    error_id: int | None,
    content: bytes | None,
) -> None:
    has_data_set = content is not None
    whose = "requested" if name in {"N_SET", "N_ACTION"} else "affected"
    kinds = {"N_ACTION": "action_type_id", "N_EVENT_REPORT": "event_type_id"}
    uids = {f"{whose}_sop_class_uid": sop_class_uid, f"{whose}_sop_instance_uid": instance_uid}
    request = make(
        CommandField[f"{name}_RQ"],
        message_id=message_id,
        **uids,
        **({kinds[name]: kind} if name in kinds else {}),
    )

    response = encode_response(request, 0x0110, error_id=error_id, has_data_set=has_data_set)

    read = read_with_pynetdicom(response, has_data_set=has_data_set)
    assert type(read) is getattr(dimse_primitives, name)
    assert (read.MessageIDBeingRespondedTo, read.Status) == (message_id, 0x0110)
    assert read.AffectedSOPClassUID == sop_class_uid
    assert read.AffectedSOPInstanceUID == instance_uid
    assert read.ErrorID == error_id
    if name in kinds:
        keyword = {"N_ACTION": "ActionTypeID", "N_EVENT_REPORT": "EventTypeID"}[name]
        assert getattr(read, keyword) == kind
    assert decode_command(response).has_data_set is has_data_set


def test_the_response_to_a_create_names_the_instance_that_was_made() -> None:
    request = Command(CommandField.N_CREATE_RQ, message_id=1, affected_sop_class_uid="1.2")

    response = decode_command(encode_response(request, 0, affected_sop_instance_uid="1.2.9"))

    assert response.affected_sop_instance_uid == "1.2.9"


@pytest.mark.parametrize(
    "field", [CommandField.C_STORE_RSP, CommandField.C_CANCEL_RQ, CommandField.N_ACTION_RSP]
)
def test_what_needs_no_response_gets_none(field: CommandField) -> None:
    with pytest.raises(ValueError, match=field.name):
        encode_response(Command(field), 0)


WITH_DATA_SET = {
    CommandField.C_STORE_RQ,
    CommandField.C_GET_RQ,
    CommandField.C_FIND_RQ,
    CommandField.C_MOVE_RQ,
    CommandField.N_SET_RQ,
}
COMMANDS = st.builds(
    lambda field, **values: Command(field, has_data_set=field in WITH_DATA_SET, **values),
    st.sampled_from([each for each in CommandField if each & 0x8000 == 0]),
    message_id=U16,
    affected_sop_class_uid=UIDS,
    affected_sop_instance_uid=UIDS,
    requested_sop_class_uid=UIDS,
    requested_sop_instance_uid=UIDS,
    action_type_id=U16,
    event_type_id=U16,
    move_destination=TITLES,
    move_originator_ae_title=TITLES,
    move_originator_message_id=U16,
)


@given(COMMANDS)
def test_any_request_is_read_as_it_was_written(command: Command) -> None:
    written = encode_command(command)

    read = decode_command(written)

    assert encode_command(read) == written
    assert read.affected_sop_instance_uid == command.affected_sop_instance_uid

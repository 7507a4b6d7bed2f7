"""Requests that we send ourselves (PS3.7 §9.3, §10.3)."""

from dicom_gateway.dimse.command_set import Command, CommandField, Priority, encode_command


def encode_store_request(
    message_id: int,
    *,
    sop_class_uid: str,
    sop_instance_uid: str,
    priority: int = Priority.MEDIUM,
) -> bytes:
    """Encode a C-STORE-RQ (PS3.7 §9.3.1.1)."""
    return encode_command(
        Command(
            CommandField.C_STORE_RQ,
            has_data_set=True,
            message_id=message_id,
            affected_sop_class_uid=sop_class_uid,
            affected_sop_instance_uid=sop_instance_uid,
            priority=priority,
        )
    )


def encode_echo_request(message_id: int) -> bytes:
    """Encode a C-ECHO-RQ (PS3.7 §9.3.5.1)."""
    return encode_command(
        Command(
            CommandField.C_ECHO_RQ,
            message_id=message_id,
            affected_sop_class_uid="1.2.840.10008.1.1",
        )
    )


def encode_action_request(
    message_id: int,
    *,
    sop_class_uid: str,
    sop_instance_uid: str,
    action_type_id: int,
    has_data_set: bool = True,
) -> bytes:
    """Encode an N-ACTION-RQ (PS3.7 §10.3.4.1)."""
    return encode_command(
        Command(
            CommandField.N_ACTION_RQ,
            has_data_set=has_data_set,
            message_id=message_id,
            requested_sop_class_uid=sop_class_uid,
            requested_sop_instance_uid=sop_instance_uid,
            action_type_id=action_type_id,
        )
    )

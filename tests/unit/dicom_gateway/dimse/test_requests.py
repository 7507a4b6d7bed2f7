from io import BytesIO

from hypothesis import given
from pynetdicom import dimse_primitives

from dicom_gateway.dimse.requests import (
    encode_action_request,
    encode_echo_request,
    encode_store_request,
)
from tests.factories.messages import read_with_pynetdicom, write_with_pynetdicom
from tests.factories.negotiating import U16, UIDS


@given(U16, UIDS, UIDS)
def test_a_store_request_is_that_of_pynetdicom(
    message_id: int, sop_class_uid: str, instance_uid: str
) -> None:
    ours = encode_store_request(
        message_id, sop_class_uid=sop_class_uid, sop_instance_uid=instance_uid, priority=1
    )

    theirs = write_with_pynetdicom(
        "C_STORE_RQ",
        MessageID=message_id,
        AffectedSOPClassUID=sop_class_uid,
        AffectedSOPInstanceUID=instance_uid,
        Priority=1,
        DataSet=BytesIO(b"ab"),
    )
    assert ours == theirs


@given(U16)
def test_an_echo_request_is_that_of_pynetdicom(message_id: int) -> None:
    theirs = write_with_pynetdicom(
        "C_ECHO_RQ", MessageID=message_id, AffectedSOPClassUID="1.2.840.10008.1.1"
    )

    assert encode_echo_request(message_id) == theirs


@given(U16, UIDS, UIDS, U16)
def test_pynetdicom_reads_an_action_request(
    message_id: int, sop_class_uid: str, instance_uid: str, kind: int
) -> None:
    request = encode_action_request(
        message_id,
        sop_class_uid=sop_class_uid,
        sop_instance_uid=instance_uid,
        action_type_id=kind,
    )

    read = read_with_pynetdicom(request, has_data_set=True)
    assert isinstance(read, dimse_primitives.N_ACTION)
    assert (read.MessageID, read.ActionTypeID) == (message_id, kind)
    assert read.RequestedSOPClassUID == sop_class_uid
    assert read.RequestedSOPInstanceUID == instance_uid

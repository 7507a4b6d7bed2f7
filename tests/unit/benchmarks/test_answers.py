"""What the load generator understands of answers: pynetdicom encodes them."""

import pytest
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from pynetdicom.dimse_messages import C_ECHO_RSP, C_STORE_RSP
from pynetdicom.dimse_primitives import C_ECHO, C_STORE
from pynetdicom.pdu import A_ASSOCIATE_AC, P_DATA_TF
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    ImplementationClassUIDNotification,
    MaximumLengthNotification,
)
from pynetdicom.presentation import PresentationContext

from benchmarks._load.answers import (
    StoreAnswer,
    Unexpected,
    read_most_pdu_bytes,
    read_store_answer,
)
from benchmarks._load.recording import IMAGE_CONTEXT


def encode_acceptance(*, most_pdu_bytes: int, result: int) -> bytes:
    """Encode the body of an A-ASSOCIATE-AC for the images and one more context."""
    contexts = []
    for context_id, found in ((IMAGE_CONTEXT, result), (IMAGE_CONTEXT + 2, 3)):
        context = PresentationContext()
        context.context_id, context.result = context_id, found
        context.transfer_syntax = [ExplicitVRLittleEndian]
        contexts.append(context)
    most, implementation = MaximumLengthNotification(), ImplementationClassUIDNotification()
    most.maximum_length_received = most_pdu_bytes
    implementation.implementation_class_uid = "1.2.3"
    primitive = A_ASSOCIATE()
    primitive.application_context_name = "1.2.840.10008.3.1.1.1"
    primitive.calling_ae_title, primitive.called_ae_title = "VALLON_CT1", "ASTREINTE"
    primitive.result, primitive.result_source = 0, 1
    primitive.presentation_context_definition_results_list = contexts
    primitive.user_information = [most, implementation]
    pdu = A_ASSOCIATE_AC()
    pdu.from_primitive(primitive)
    return pdu.encode()[6:]


def encode_answer(primitive: C_STORE | C_ECHO, *, context_id: int = IMAGE_CONTEXT) -> bytes:
    """Encode the body of the P-DATA-TF of an answer."""
    primitive.MessageIDBeingRespondedTo = 7
    message = C_STORE_RSP() if isinstance(primitive, C_STORE) else C_ECHO_RSP()
    message.primitive_to_message(primitive)
    (data,) = message.encode_msg(context_id, 16384)
    pdu = P_DATA_TF()
    pdu.from_primitive(data)
    return pdu.encode()[6:]


def make_store_answer(status: int) -> C_STORE:
    """Make a C-STORE-RSP that names what was stored, as it may."""
    primitive = C_STORE()
    primitive.AffectedSOPClassUID = CTImageStorage
    primitive.AffectedSOPInstanceUID = "1.2.3.4"
    primitive.Status = status
    return primitive


@pytest.mark.parametrize("most", (0, 4096, 131_072))
def test_what_the_peer_takes_is_read(most: int) -> None:
    assert read_most_pdu_bytes(encode_acceptance(most_pdu_bytes=most, result=0)) == most


@pytest.mark.parametrize("result", (1, 2, 3, 4))
def test_a_context_that_is_not_accepted_is_unexpected(result: int) -> None:
    with pytest.raises(Unexpected, match=f"got {result}"):
        read_most_pdu_bytes(encode_acceptance(most_pdu_bytes=0, result=result))


@pytest.mark.parametrize("status", (0x0000, 0xA700, 0xB000, 0xC001))
def test_a_status_is_read_as_it_is(status: int) -> None:
    assert read_store_answer(encode_answer(make_store_answer(status))) == StoreAnswer(7, status)


def test_an_answer_to_another_command_is_unexpected() -> None:
    echo = C_ECHO()
    echo.Status = 0

    with pytest.raises(Unexpected, match="command 0x8030"):
        read_store_answer(encode_answer(echo))


def test_an_answer_on_another_context_is_unexpected() -> None:
    with pytest.raises(Unexpected, match="context 3"):
        read_store_answer(encode_answer(make_store_answer(0), context_id=3))


def test_an_answer_that_goes_on_is_unexpected() -> None:
    with pytest.raises(Unexpected, match="a PDV of"):
        read_store_answer(encode_answer(make_store_answer(0)) + b"more")

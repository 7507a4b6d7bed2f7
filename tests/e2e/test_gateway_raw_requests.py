"""The gateway and requests for an association that are none, or ask for what there is not."""

import struct

import pytest

from dicom_gateway.arrival import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicom_gateway.negotiation import MAXIMUM_PDU_BYTES
from dicom_gateway.upper_layer.associate import (
    AnsweredContext,
    ContextResult,
    ProposedContext,
    encode_request,
)
from dicom_gateway.upper_layer.items import (
    AsynchronousOperationsWindow,
    ExtendedNegotiation,
    RoleSelection,
    UserIdentity,
)
from dicom_gateway.upper_layer.pdu import AbortSource, PduType, encode_pdu
from tests.e2e.association import CT_IMAGE, EXPLICIT_LITTLE, VERIFICATION
from tests.e2e.gateway_process import GatewayProcess, read_journal, wait_until
from tests.e2e.raw import (
    ECHO,
    IMAGE,
    IMPLICIT_LITTLE,
    RawPeer,
    draw_instance_uid,
    make_associate_request,
)
from tests.factories.odd_requests import (
    APPLICATION,
    MALFORMED,
    context,
    item,
)

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("nobody_else_is_harmed")]


@pytest.mark.parametrize("name", MALFORMED)
def test_a_request_that_can_be_read_in_two_ways_or_none_is_aborted(
    raw_gateway: GatewayProcess, name: str
) -> None:
    body, _ = MALFORMED[name]
    with RawPeer(raw_gateway.port) as peer:
        peer.send(encode_pdu(PduType.ASSOCIATE_RQ, body))

        # PS3.8 table 9-10, state 2: AA-1, whose source is the user.
        assert peer.expect_abort().source == AbortSource.SERVICE_USER
    # Who looks why nothing arrives must find it: nobody knows its title.
    line = read_journal(raw_gateway)[-1]
    assert (line["outcome"], line["reason"]) == ("refused", "request_malformed")
    assert (line["address"], line["calling"]) == ("127.0.0.1", "")


def test_a_request_is_cut_anywhere_and_padded(raw_gateway: GatewayProcess) -> None:
    whole = encode_request(make_associate_request())
    for cut in range(10, len(whole), 23):
        with RawPeer(raw_gateway.port) as peer:
            # The length says that it is whole, and what is missing is zeros: items of type 0.
            peer.send(whole[:cut].ljust(len(whole), b"\0"))

            pdu = peer.read_pdu()
            assert pdu is not None
            assert pdu.kind in {PduType.ASSOCIATE_AC, PduType.ASSOCIATE_RJ, PduType.ABORT}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"protocol_version": 0}, (1, 2, 2)),
        ({"protocol_version": 2}, (1, 2, 2)),
        ({"application_context": "1.2.3"}, (1, 1, 2)),
        ({"called_ae_title": "NOBODY"}, (1, 1, 7)),
        ({"calling_ae_title": "NOBODY"}, (1, 1, 3)),
        ({"calling_ae_title": "CT\xe9"}, (1, 1, 3)),
        ({"calling_ae_title": ""}, (1, 1, 3)),
    ],
)
def test_what_there_is_not_is_rejected_with_its_reason(
    raw_gateway: GatewayProcess, changes: dict[str, object], expected: tuple[int, int, int]
) -> None:
    with RawPeer(raw_gateway.port) as peer:
        peer.send(encode_request(make_associate_request(**changes)))

        pdu = peer.read_pdu()
        assert pdu is not None
        assert pdu.kind == PduType.ASSOCIATE_RJ
        assert tuple(pdu.body[1:]) == expected


def test_more_versions_than_ours_are_no_reason_to_reject(raw_gateway: GatewayProcess) -> None:
    with RawPeer(raw_gateway.port) as peer:
        peer.associate(make_associate_request(protocol_version=0x8001))
        assert peer.echo() == 0
        peer.release()


def test_what_is_negotiated_is_answered_by_the_book(raw_gateway: GatewayProcess) -> None:
    request = make_associate_request(
        asynchronous_operations_window=AsynchronousOperationsWindow(0, 0),
        roles=(RoleSelection(CT_IMAGE, scu=True, scp=True),),
        extended_negotiations=(
            ExtendedNegotiation(CT_IMAGE, b"\2\0\0\0\0\0"),
            ExtendedNegotiation("1.2.840.10008.5.1.4.1.2.2.1", b"\1\1\1"),
        ),
        user_identity=UserIdentity(2, wants_answer=True, primary=b"ana", secondary=b"secret"),
    )

    with RawPeer(raw_gateway.port) as peer:
        accept = peer.associate(request)
        peer.release()

    assert accept.asynchronous_operations_window == AsynchronousOperationsWindow(1, 1)
    assert accept.roles == (RoleSelection(CT_IMAGE, scu=True, scp=False),)
    assert [each.sop_class_uid for each in accept.extended_negotiations] == [CT_IMAGE]
    assert accept.user_identity_response is None
    assert (accept.called_ae_title, accept.calling_ae_title) == ("ASTREINTE", "CT1")
    assert "secret" not in raw_gateway.read_log()


def test_who_we_are_and_how_much_we_take_is_said(raw_gateway: GatewayProcess) -> None:
    with RawPeer(raw_gateway.port) as peer:
        accept = peer.associate()
        peer.release()

    assert (accept.implementation_class_uid, accept.implementation_version_name) == (
        IMPLEMENTATION_CLASS_UID,
        IMPLEMENTATION_VERSION_NAME,
    )
    assert accept.max_pdu_bytes == MAXIMUM_PDU_BYTES
    # What nobody asked for is not answered.
    assert accept.asynchronous_operations_window is None
    assert (accept.roles, accept.extended_negotiations) == ((), ())


def test_128_contexts_with_128_negotiations_are_answered(raw_gateway: GatewayProcess) -> None:
    classes = [f"{CT_IMAGE}.{number}" for number in range(128)]
    request = make_associate_request(
        contexts=tuple(
            ProposedContext(2 * number + 1, each, (EXPLICIT_LITTLE, IMPLICIT_LITTLE))
            for number, each in enumerate(classes)
        ),
        roles=tuple(RoleSelection(each, scu=True, scp=False) for each in classes),
        extended_negotiations=tuple(ExtendedNegotiation(each, b"\2\0\0\0\0\0") for each in classes),
    )

    with RawPeer(raw_gateway.port) as peer:
        accept = peer.associate(request)
        peer.release()

    assert accept.contexts == tuple(
        AnsweredContext(2 * number + 1, ContextResult.ACCEPTANCE, EXPLICIT_LITTLE)
        for number in range(128)
    )
    assert len(accept.roles) == 128


CONTEXTS = {
    "no transfer syntax": (
        context(ECHO, item(0x30, VERIFICATION.encode())),
        ContextResult.TRANSFER_SYNTAXES_NOT_SUPPORTED,
    ),
    "a transfer syntax that is no UID": (
        context(ECHO, item(0x30, VERIFICATION.encode()), item(0x40, b"\xff" * 300)),
        ContextResult.TRANSFER_SYNTAXES_NOT_SUPPORTED,
    ),
    "an abstract syntax that is no UID": (
        context(ECHO, item(0x30, b"1.2\0; DROP"), item(0x40, IMPLICIT_LITTLE.encode())),
        ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED,
    ),
    "an empty abstract syntax": (
        context(ECHO, item(0x30), item(0x40, IMPLICIT_LITTLE.encode())),
        ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED,
    ),
}


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_context_that_nobody_can_take_is_refused_and_the_others_taken(
    raw_gateway: GatewayProcess, name: str
) -> None:
    odd, expected = CONTEXTS[name]
    image = context(IMAGE, item(0x30, CT_IMAGE.encode()), item(0x40, EXPLICIT_LITTLE.encode()))
    fixed = struct.pack(">HH16s16s32x", 1, 0, b"ASTREINTE".ljust(16), b"CT1".ljust(16))
    body = fixed + APPLICATION + odd + image

    with RawPeer(raw_gateway.port) as peer:
        accept = peer.associate_raw(encode_pdu(PduType.ASSOCIATE_RQ, body))

        assert [each.result for each in accept.contexts] == [expected, ContextResult.ACCEPTANCE]
        assert peer.store(draw_instance_uid()) == 0
        peer.release()


def test_a_peer_that_takes_8_bytes_gets_its_answers_in_many_pdus(
    raw_gateway: GatewayProcess,
) -> None:
    with RawPeer(raw_gateway.port) as peer:
        peer.associate(make_associate_request(max_pdu_bytes=8))

        peer.send_store(draw_instance_uid())
        assert peer.read_response(longest=8).status == 0


def test_titles_with_control_characters_are_rejected_and_noted_without_them(
    raw_gateway: GatewayProcess,
) -> None:
    called, calling = b"ASTREINTE".ljust(16), b"CT1\r\n\0\x1b[31m".ljust(16)
    fixed = struct.pack(">HH16s16s32x", 1, 0, called, calling)
    with RawPeer(raw_gateway.port) as peer:
        peer.send(encode_pdu(PduType.ASSOCIATE_RQ, fixed + APPLICATION + context(1)))

        pdu = peer.read_pdu()
        assert pdu is not None
        assert (pdu.kind, tuple(pdu.body[1:])) == (PduType.ASSOCIATE_RJ, (1, 1, 3))

    def read_titles() -> list[str]:
        return [str(line["calling"]) for line in read_journal(raw_gateway)]

    wait_until(lambda: "CT1" + "\ufffd" * 4 + "[31m" in read_titles(), read_titles, within_s=5)

"""The gateway and PDUs that are none: one association ends, and no more."""

import struct

import pytest

from dicom_gateway.dimse.requests import encode_echo_request, encode_store_request
from dicom_gateway.upper_layer.pdu import (
    Abort,
    AbortReason,
    AbortSource,
    PduType,
    encode_p_data,
    encode_pdu,
)
from tests.e2e.association import CT_IMAGE
from tests.e2e.gateway_process import GatewayProcess, read_journal, wait_until
from tests.e2e.raw import (
    ECHO,
    IMAGE,
    NEVER_PROPOSED,
    OTHER_IMAGE,
    REFUSED,
    RawPeer,
    associated,
    draw_instance_uid,
    encode_image,
    encode_store,
    encode_value,
    wrap,
)

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("nobody_else_is_harmed")]
INVALID = Abort(AbortSource.SERVICE_PROVIDER, AbortReason.INVALID_PARAMETER_VALUE)
UNRECOGNIZED = Abort(AbortSource.SERVICE_PROVIDER, AbortReason.UNRECOGNIZED_PDU)
UNEXPECTED = Abort(AbortSource.SERVICE_PROVIDER, AbortReason.UNEXPECTED_PDU)


def header(kind: int, length: int) -> bytes:
    return struct.pack(">BxI", kind, length)


WRONG_LENGTHS = {
    "a release of 0": header(PduType.RELEASE_RQ, 0),
    "a release of 3": header(PduType.RELEASE_RQ, 3) + b"\0\0\0",
    "a release of 5": header(PduType.RELEASE_RQ, 5) + bytes(5),
    "a release of 4 GiB": header(PduType.RELEASE_RQ, 0xFFFFFFFF),
    "data of 0": header(PduType.P_DATA_TF, 0),
    "data of 1": header(PduType.P_DATA_TF, 1) + b"\0",
    "data of 5": header(PduType.P_DATA_TF, 5) + bytes(5),
    "data of 4 GiB": header(PduType.P_DATA_TF, 0xFFFFFFFF) + bytes(10000),
    "an abort of 4 GiB": header(PduType.ABORT, 0xFFFFFFFF),
    "a request of 0": header(PduType.ASSOCIATE_RQ, 0),
    "a request of 4 GiB": header(PduType.ASSOCIATE_RQ, 0xFFFFFFFF),
}


@pytest.mark.parametrize("name", WRONG_LENGTHS)
def test_a_pdu_of_a_wrong_length_ends_its_association(
    raw_gateway: GatewayProcess, name: str
) -> None:
    with associated(raw_gateway.port) as peer:
        peer.send(WRONG_LENGTHS[name])

        assert peer.expect_abort() == INVALID


@pytest.mark.parametrize(
    "length", [0, 67, 71, 1 << 20, 0xFFFFFFFF], ids=["0", "67", "71", "1 MiB", "4 GiB"]
)
def test_a_request_of_a_wrong_length_opens_no_association(
    raw_gateway: GatewayProcess, length: int
) -> None:
    with RawPeer(raw_gateway.port) as peer:
        peer.send(header(PduType.ASSOCIATE_RQ, length), bytes(min(length, 1 << 20)))

        assert peer.expect_abort().source == AbortSource.SERVICE_USER


@pytest.mark.parametrize("kind", [0, 8, 0x20, 0x47, 0xFF])
def test_a_pdu_of_an_unknown_type_ends_the_association(
    raw_gateway: GatewayProcess, kind: int
) -> None:
    with associated(raw_gateway.port) as peer:
        peer.send(header(kind, 4) + bytes(4))

        assert peer.expect_abort() == UNRECOGNIZED


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\x02\0\1"])
def test_who_speaks_no_dicom_is_told_so(raw_gateway: GatewayProcess, said: bytes) -> None:
    with RawPeer(raw_gateway.port) as peer:
        peer.send(said)

        # PS3.8 table 9-10: before the request it is AA-1, whose source is the user.
        assert peer.expect_abort().source == AbortSource.SERVICE_USER


WRONG_VALUES = {
    "a length of 0": struct.pack(">IBB", 0, ECHO, 3),
    "a length of 1": struct.pack(">IBB", 1, ECHO, 3),
    "a length of 4 GiB": struct.pack(">IBB", 0xFFFFFFFF, ECHO, 3) + bytes(100),
    "one byte more than its PDU": struct.pack(">IBB", 11, ECHO, 3) + bytes(8),
    "a rest behind it": encode_value(ECHO, 1, b"ab") + b"\0\0\0",
    "a second one that does not fit": encode_value(ECHO, 1, b"ab") + struct.pack(">IBB", 9, 1, 3),
    "a context that was refused": encode_value(REFUSED, 3, encode_echo_request(1)),
    "a context that was not proposed": encode_value(NEVER_PROPOSED, 3, encode_echo_request(1)),
    "an even context": encode_value(2, 3, encode_echo_request(1)),
    "the context 0": encode_value(0, 3, encode_echo_request(1)),
    "data of a context that was refused": encode_value(REFUSED, 2, bytes(100)),
}


@pytest.mark.parametrize("name", WRONG_VALUES)
def test_a_value_that_fits_nowhere_ends_its_association(
    raw_gateway: GatewayProcess, name: str
) -> None:
    with associated(raw_gateway.port) as peer:
        peer.send(wrap(WRONG_VALUES[name]))

        assert peer.expect_abort() == INVALID


@pytest.mark.parametrize("longest", [1, 2, 3, 7, 999])
def test_values_of_odd_and_tiny_lengths_are_put_together(
    raw_gateway: GatewayProcess, longest: int
) -> None:
    uid = draw_instance_uid()
    command = encode_store_request(1, sop_class_uid=CT_IMAGE, sop_instance_uid=uid)

    with associated(raw_gateway.port) as peer:
        for kind, message in ((1, command), (0, encode_image(uid))):
            cuts = [message[at : at + longest] for at in range(0, len(message), longest)]
            values = [encode_value(IMAGE, kind, cut) for cut in cuts[:-1]]
            values.append(encode_value(IMAGE, kind | 2, cuts[-1]))
            # Some PDUs with one value, some with several.
            peer.send(wrap(*values[:3]), *map(wrap, values[3:6]))
            if values[6:]:
                peer.send(wrap(*values[6:]))
        assert peer.read_response().status == 0
        peer.release()


@pytest.mark.parametrize("step", [1, 5, 6, 7, 11, 500])
def test_pdus_may_come_in_pieces_of_any_size(raw_gateway: GatewayProcess, step: int) -> None:
    uid = draw_instance_uid()
    with associated(raw_gateway.port) as peer:
        sent = encode_store(uid) + encode_p_data(ECHO, command=encode_echo_request(2))
        for at in range(0, len(sent), step):
            peer.send(sent[at : at + step])

        assert [peer.read_response().status for _ in range(2)] == [0, 0]
        peer.release()


def test_empty_values_before_the_last_are_harmless(raw_gateway: GatewayProcess) -> None:
    uid = draw_instance_uid()
    command = encode_store_request(1, sop_class_uid=CT_IMAGE, sop_instance_uid=uid)
    with associated(raw_gateway.port) as peer:
        peer.send(
            wrap(encode_value(IMAGE, 1, b""), encode_value(IMAGE, 1, command)),
            wrap(encode_value(IMAGE, 3, b"")),
            wrap(encode_value(IMAGE, 0, b""), encode_value(IMAGE, 0, encode_image(uid))),
            wrap(encode_value(IMAGE, 2, b"")),
        )

        assert peer.read_response().status == 0


def test_images_before_a_wrong_pdu_are_kept_and_counted(raw_gateway: GatewayProcess) -> None:
    with associated(raw_gateway.port) as peer:
        for _ in range(3):
            assert peer.store(draw_instance_uid()) == 0
        peer.send(encode_store(draw_instance_uid()), encode_pdu(PduType.RELEASE_RQ, b""))
        peer.expect_abort()

    def is_counted() -> bool:
        ends = [line for line in read_journal(raw_gateway) if line["outcome"] == "lost"]
        return any(line["instances"] == 4 for line in ends)

    wait_until(is_counted, within_s=10)


def test_two_contexts_of_one_class_are_two(raw_gateway: GatewayProcess) -> None:
    with associated(raw_gateway.port) as peer:
        peer.send(
            encode_store(draw_instance_uid(), context_id=OTHER_IMAGE),
            encode_store(draw_instance_uid(), context_id=IMAGE),
        )

        assert [peer.read_response().status for _ in range(2)] == [0, 0]

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_RJ, A_RELEASE_RP, A_RELEASE_RQ, P_DATA_TF

from dicom_gateway.upper_layer.pdu import (
    HEADER_BYTES,
    LEAST_MAX_PDU_BYTES,
    RELEASE_RP,
    RELEASE_RQ,
    Abort,
    AbortReason,
    AbortSource,
    DataValue,
    MalformedPdu,
    PduType,
    Reject,
    decode_abort,
    decode_header,
    decode_p_data,
    decode_reject,
    encode_abort,
    encode_p_data,
    encode_pdu,
    encode_reject,
)

CONTEXT_IDS = st.integers(0, 127).map(lambda number: 2 * number + 1)
LENGTHS = st.just(0) | st.integers(LEAST_MAX_PDU_BYTES, 300)


@pytest.mark.parametrize(
    ("result", "source", "reason"), [(1, 1, 1), (1, 1, 7), (1, 2, 2), (2, 3, 1), (2, 3, 2)]
)
def test_pynetdicom_reads_our_rejections(result: int, source: int, reason: int) -> None:
    pdu = encode_reject(result, source, reason)

    read = A_ASSOCIATE_RJ()
    read.decode(pdu)
    assert (read.result, read.source, read.reason_diagnostic) == (result, source, reason)
    assert bytes(read.encode()) == pdu
    assert decode_reject(pdu[HEADER_BYTES:]) == Reject(result, source, reason)


@pytest.mark.parametrize("source", list(AbortSource))
@pytest.mark.parametrize("reason", list(AbortReason))
def test_pynetdicom_reads_our_aborts(source: AbortSource, reason: AbortReason) -> None:
    pdu = encode_abort(source, reason)

    read = A_ABORT_RQ()
    read.decode(pdu)
    assert (read.source, read.reason_diagnostic) == (source, reason)
    assert bytes(read.encode()) == pdu
    assert decode_abort(pdu[HEADER_BYTES:]) == Abort(source, reason)


def test_releases_are_those_of_pynetdicom() -> None:
    assert A_RELEASE_RQ().encode() == RELEASE_RQ
    assert A_RELEASE_RP().encode() == RELEASE_RP


def test_a_header_gives_type_and_length_as_they_are() -> None:
    assert decode_header(b"\xc8\0\xff\xff\xff\xff") == (200, 0xFFFFFFFF)
    assert decode_header(encode_pdu(PduType.RELEASE_RQ, b"abcd")) == (5, 4)


@pytest.mark.parametrize("decode", [decode_reject, decode_abort])
@pytest.mark.parametrize("body", [b"", b"\0\1\1", b"\0\1\1\1\1"])
def test_short_pdus_have_one_length_only(decode: object, body: bytes) -> None:
    assert callable(decode)
    with pytest.raises(MalformedPdu, match=f"{len(body)} bytes") as raised:
        decode(body)

    assert raised.value.reason is AbortReason.INVALID_PARAMETER_VALUE


@given(CONTEXT_IDS, st.binary(max_size=700), st.none() | st.binary(max_size=700), LENGTHS)
def test_a_message_is_cut_to_what_the_peer_takes_and_put_together_by_pynetdicom(
    context_id: int, command: bytes, data_set: bytes | None, longest: int
) -> None:
    sent = encode_p_data(context_id, command=command, data_set=data_set, max_pdu_bytes=longest)

    read: dict[int, list[bytes]] = {1: [], 0: []}
    ends = []
    for body in split(sent):
        assert longest == 0 or len(body) <= longest
        pdu = P_DATA_TF()
        pdu.decode(encode_pdu(PduType.P_DATA_TF, body))
        (value,) = pdu.presentation_data_value_items
        assert value.context_id == context_id
        assert value.presentation_data_value is not None
        control = value.presentation_data_value[0]
        read[control & 1].append(value.presentation_data_value[1:])
        ends.append(control)
    assert b"".join(read[1]) == command
    assert b"".join(read[0]) == (data_set or b"")
    assert ends == (
        [1] * (len(read[1]) - 1) + [3] + ([0] * (len(read[0]) - 1) + [2] if read[0] else [])
    )
    assert bool(read[0]) is (data_set is not None)
    assert all(len(each) % 2 == 0 for kind in read.values() for each in kind[:-1])


def split(pdus: bytes) -> list[bytes]:
    bodies = []
    while pdus:
        kind, length = decode_header(pdus)
        assert kind == PduType.P_DATA_TF
        bodies.append(pdus[HEADER_BYTES : HEADER_BYTES + length])
        pdus = pdus[HEADER_BYTES + length :]
    return bodies


@given(
    st.lists(
        st.tuples(CONTEXT_IDS, st.booleans(), st.booleans(), st.binary(max_size=40)), min_size=1
    )
)
def test_data_values_are_read_in_their_order_whatever_lies_behind_each(
    values: list[tuple[int, bool, bool, bytes]],
) -> None:
    body = b"".join(
        struct.pack(">IBB", len(fragment) + 2, context_id, command | last << 1) + fragment
        for context_id, command, last, fragment in values
    )

    assert list(decode_p_data(body)) == [
        DataValue(context_id, command, last, memoryview(fragment))
        for context_id, command, last, fragment in values
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\0\0\0\2\1",
        struct.pack(">IBB", 0, 1, 3),
        struct.pack(">IBB", 1, 1, 3),
        struct.pack(">IBB", 3, 1, 3),
        struct.pack(">IBB", 0xFFFFFFFF, 1, 3),
        struct.pack(">IBB", 2, 1, 3) + b"\0",
    ],
    ids=["empty", "half a head", "length 0", "length 1", "one too many", "4 GiB", "a rest"],
)
def test_data_values_that_do_not_fit_are_malformed(body: bytes) -> None:
    with pytest.raises(MalformedPdu) as raised:
        list(decode_p_data(body))

    assert raised.value.reason is AbortReason.INVALID_PARAMETER_VALUE


@pytest.mark.parametrize("longest", range(1, LEAST_MAX_PDU_BYTES))
def test_nothing_is_sent_to_a_peer_that_leaves_no_room(longest: int) -> None:
    with pytest.raises(ValueError, match="no fragment fits"):
        encode_p_data(1, command=b"ab", max_pdu_bytes=longest)

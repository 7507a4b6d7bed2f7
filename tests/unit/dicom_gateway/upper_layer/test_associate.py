import struct
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_gateway.upper_layer.associate import (
    AnsweredContext,
    AssociateAccept,
    AssociateRequest,
    ContextResult,
    ProposedContext,
    decode_accept,
    decode_request,
    encode_accept,
    encode_request,
)
from dicom_gateway.upper_layer.items import DEFAULT_MAX_PDU_BYTES
from dicom_gateway.upper_layer.pdu import HEADER_BYTES, MalformedPdu
from tests.factories.negotiating import (
    ACCEPTS,
    REQUESTS,
    make_request,
    read_accept_with_pynetdicom,
    read_request_with_pynetdicom,
    write_accept_with_pynetdicom,
    write_request_with_pynetdicom,
)
from tests.factories.odd_requests import (
    ABSTRACT,
    APPLICATION,
    FIXED,
    INVALID,
    MALFORMED,
    TRANSFER,
    USER,
    context,
    item,
)
from tests.factories.recorded import ACCEPTS as RECORDED_ACCEPTS
from tests.factories.recorded import REQUESTS as RECORDED_REQUESTS


def decode(*items: bytes) -> AssociateRequest:
    return decode_request(FIXED + b"".join(items))


@given(REQUESTS)
def test_requests_written_by_pynetdicom_are_read(request: AssociateRequest) -> None:
    assert decode_request(write_request_with_pynetdicom(request)[HEADER_BYTES:]) == request


@given(REQUESTS)
def test_pynetdicom_reads_our_requests(request: AssociateRequest) -> None:
    assert read_request_with_pynetdicom(encode_request(request)) == request


@given(ACCEPTS)
def test_accepts_written_by_pynetdicom_are_read(accept: AssociateAccept) -> None:
    assert decode_accept(write_accept_with_pynetdicom(accept)[HEADER_BYTES:]) == accept


@given(ACCEPTS)
def test_pynetdicom_reads_our_accepts(accept: AssociateAccept) -> None:
    read = read_accept_with_pynetdicom(encode_accept(accept))

    # Of a refused context the transfer syntax has no meaning.
    assert without_meaningless(read) == without_meaningless(accept)


def without_meaningless(accept: AssociateAccept) -> AssociateAccept:
    contexts = tuple(
        each if each.result is ContextResult.ACCEPTANCE else replace(each, transfer_syntax="")
        for each in accept.contexts
    )
    return replace(accept, contexts=contexts)


@pytest.mark.parametrize("name", RECORDED_REQUESTS)
def test_recorded_requests_are_read_as_pynetdicom_reads_them(name: str) -> None:
    pdu = RECORDED_REQUESTS[name]

    read = decode_request(pdu[HEADER_BYTES:])

    assert read == read_request_with_pynetdicom(pdu)
    assert (read.called_ae_title, read.protocol_version) == ("ASTREINTE", 1)


@pytest.mark.parametrize("name", RECORDED_ACCEPTS)
def test_recorded_accepts_are_read_as_pynetdicom_reads_them(name: str) -> None:
    pdu = RECORDED_ACCEPTS[name]

    read = decode_accept(pdu[HEADER_BYTES:])

    assert read == read_accept_with_pynetdicom(pdu)
    assert {each.result for each in read.contexts} >= {
        ContextResult.ACCEPTANCE,
        ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED,
    }


def test_what_was_recorded_holds_what_it_should() -> None:
    of_128 = decode_request(RECORDED_REQUESTS["echoscu_of_128_contexts"][HEADER_BYTES:])
    with_user = decode_request(RECORDED_REQUESTS["storescu_with_user_identity"][HEADER_BYTES:])
    with_roles = decode_request(RECORDED_REQUESTS["getscu"][HEADER_BYTES:])

    assert [len(each.transfer_syntaxes) for each in of_128.contexts] == [38] * 128
    assert with_user.user_identity is not None
    assert (with_user.user_identity.primary, with_user.user_identity.wants_answer) == (b"ana", True)
    assert len(with_roles.roles) > 100


@given(st.sampled_from(sorted(RECORDED_REQUESTS)), st.data())
def test_a_request_that_breaks_off_is_malformed(name: str, data: st.DataObject) -> None:
    body = RECORDED_REQUESTS[name][HEADER_BYTES:]
    # The user information stands last; whole without it, a request can be read.
    without_user = body.rindex(b"\x50\0", 0, body.rindex(b"\x51\0\0\4"))
    cut = data.draw(st.integers(0, len(body) - 1).filter(lambda at: at != without_user))

    try:
        read = decode_request(body[:cut])
    except MalformedPdu:
        return
    # It broke off between two contexts.
    whole = decode_request(body)
    assert read.contexts == whole.contexts[: len(read.contexts)]
    assert len(read.contexts) < len(whole.contexts)


@given(st.binary(max_size=300))
def test_whatever_bytes_come_they_are_read_or_malformed(noise: bytes) -> None:
    for body in (noise, FIXED + noise, FIXED + APPLICATION + context(1) + noise):
        for decode_any in (decode_request, decode_accept):
            with suppress(MalformedPdu):
                decode_any(body)


@given(REQUESTS, st.data())
def test_a_request_with_a_wrong_byte_is_read_or_malformed(
    request: AssociateRequest, data: st.DataObject
) -> None:
    body = bytearray(encode_request(request)[HEADER_BYTES:])
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))

    try:
        read = decode_request(body)
    except MalformedPdu:
        return
    assert len({each.context_id for each in read.contexts}) == len(read.contexts)
    assert all(each.context_id % 2 for each in read.contexts)


@pytest.mark.parametrize("name", MALFORMED)
def test_what_can_be_read_in_two_ways_or_none_is_malformed(name: str) -> None:
    body, reason = MALFORMED[name]

    with pytest.raises(MalformedPdu) as raised:
        decode_request(body)

    assert raised.value.reason is reason
    assert raised.value.message == str(raised.value)


def test_items_of_unknown_types_are_skipped_everywhere() -> None:
    unknown = item(0x77, b"something new")

    read = decode(
        unknown,
        APPLICATION,
        context(1, unknown, ABSTRACT, unknown, TRANSFER, unknown),
        item(0x50, unknown, item(0x51, struct.pack(">I", 20000)), unknown),
        unknown,
    )

    assert read.contexts == (ProposedContext(1, "1.2.840.10008.1.1", ("1.2.840.10008.1.2",)),)
    assert (read.max_pdu_bytes, read.application_context) == (20000, "1.2.840.10008.3.1.1.1")


def test_a_request_may_lack_what_devices_forget() -> None:
    read = decode(context(1))

    assert (read.application_context, read.implementation_class_uid) == ("", "")
    assert read.max_pdu_bytes == DEFAULT_MAX_PDU_BYTES


def test_uids_may_be_padded() -> None:
    padded = item(0x30, b"1.2.840.10008.1.1\0"), item(0x40, b"1.2.840.10008.1.2 ")

    assert decode(context(1, *padded)).contexts == decode(context(1)).contexts


def test_a_context_may_lack_transfer_syntaxes_and_is_refused_later() -> None:
    assert decode(context(1, ABSTRACT)).contexts[0].transfer_syntaxes == ()


@pytest.mark.parametrize("uid", [b"", b"1.2.x", b"1" * 65, b"1.2\0.3", b"1.2\xff"])
def test_syntaxes_that_are_no_uids_are_nothing_to_choose(uid: bytes) -> None:
    read = decode(context(1, item(0x30, uid), item(0x40, uid), TRANSFER), context(3))

    assert read.contexts[0] == ProposedContext(1, "", ("1.2.840.10008.1.2",))
    assert read.contexts[1].abstract_syntax == "1.2.840.10008.1.1"


@pytest.mark.parametrize(
    ("titles", "expected"),
    [
        (b"  CT1           ", "CT1"),
        (b"CT1\0\0\0\0\0\0\0\0\0\0\0\0\0", "CT1"),
        (b"SCANNER \xe9TAGE 2 ", "SCANNER \ufffdTAGE 2"),
        (b"CT1\r\nlevel=error", "CT1\ufffd\ufffdlevel=error"),
        (b" " * 16, ""),
    ],
)
def test_ae_titles_lose_their_padding_and_what_is_no_character(
    titles: bytes, expected: str
) -> None:
    fixed = struct.pack(">HH16s16s32x", 1, 0, titles, titles)

    read = decode_request(fixed + context(1))

    assert (read.called_ae_title, read.calling_ae_title) == (expected, expected)


def test_transfer_syntaxes_belong_to_their_context_in_whatever_order_items_come() -> None:
    other = item(0x40, b"1.2.840.10008.1.2.1")

    read = decode(
        context(1, other, ABSTRACT, TRANSFER),
        context(3, ABSTRACT, TRANSFER),
        context(5, ABSTRACT, other),
        context(7, ABSTRACT, TRANSFER),
        context(9, TRANSFER, ABSTRACT),
    )

    assert [each.transfer_syntaxes for each in read.contexts] == [
        ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2"),
        ("1.2.840.10008.1.2",),
        ("1.2.840.10008.1.2.1",),
        ("1.2.840.10008.1.2",),
        ("1.2.840.10008.1.2",),
    ]


@pytest.mark.parametrize("version", [0, 1, 2, 3, 0xFFFF])
def test_the_protocol_version_is_given_as_it_came(version: int) -> None:
    fixed = struct.pack(">H", version) + FIXED[2:]

    assert decode_request(fixed + context(1)).protocol_version == version


def test_as_many_transfer_syntaxes_as_anybody_has_are_taken() -> None:
    read = decode(context(1, ABSTRACT, TRANSFER * 159))

    assert len(read.contexts[0].transfer_syntaxes) == 159


def test_128_contexts_are_taken() -> None:
    read = decode(*(context(number) for number in range(1, 256, 2)))

    assert [each.context_id for each in read.contexts] == list(range(1, 256, 2))


def test_a_memoryview_is_read_like_bytes() -> None:
    pdu = encode_request(make_request())

    assert decode_request(memoryview(bytearray(pdu))[HEADER_BYTES:]) == make_request()


def test_an_ae_title_of_17_characters_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match="16 characters"):
        encode_request(make_request(calling_ae_title="A" * 17))


def answer(*contexts: AnsweredContext, **changes: Any) -> AssociateAccept:
    return AssociateAccept(
        called_ae_title="ASTREINTE", calling_ae_title="CT1", contexts=contexts, **changes
    )


def test_a_refused_context_is_answered_with_some_transfer_syntax() -> None:
    refused = AnsweredContext(1, ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED)

    read = decode_accept(encode_accept(answer(refused))[HEADER_BYTES:])

    assert read.contexts == (replace(refused, transfer_syntax="1.2.840.10008.1.2"),)


@pytest.mark.parametrize(
    "contexts",
    [
        item(0x21, b"\1\0\0\0"),
        item(0x21, b"\1\0\0\0", TRANSFER, TRANSFER),
        item(0x21, b"\1\0\5\0", TRANSFER),
        item(0x21, b"\1\0"),
        item(0x21, b"\1\0\0\0", TRANSFER) * 2,
    ],
    ids=["no transfer syntax", "two", "an unknown result", "broken off", "answered twice"],
)
def test_an_accept_that_leaves_a_context_open_is_malformed(contexts: bytes) -> None:
    with pytest.raises(MalformedPdu) as raised:
        decode_accept(FIXED + APPLICATION + contexts + USER)

    assert raised.value.reason is INVALID


def test_an_accept_may_refuse_a_context_without_naming_a_transfer_syntax() -> None:
    read = decode_accept(FIXED + APPLICATION + item(0x21, b"\1\0\3\0") + USER)

    assert read.contexts == (AnsweredContext(1, ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED),)

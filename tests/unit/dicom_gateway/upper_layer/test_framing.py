"""Framing: PDUs and values come out the same however the bytes were cut on their way."""

import struct
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicom_gateway.upper_layer.framing import Framing
from dicom_gateway.upper_layer.pdu import AbortReason, MalformedPdu, PduType


class Heard:
    """Writes down what comes."""

    def __init__(self, *, takes: bool = True) -> None:
        self.events: list[tuple[object, ...]] = []
        self._takes = takes
        self._value = b""

    def begin_p_data(self) -> bool:
        self.events.append(("p-data",))
        return self._takes

    def open_value(self, context_id: int, flags: int) -> None:
        self._value = b""
        self.events.append(("open", context_id, flags))

    def write_value(self, fragment: memoryview) -> None:
        assert len(fragment)
        self._value += bytes(fragment)

    def close_value(self) -> None:
        self.events.append(("close", self._value))

    def take_pdu(self, kind: PduType, body: bytes) -> None:
        self.events.append((kind, body))


def make_pdu(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBI", kind, 0, len(body)) + body


def make_value(context_id: int, flags: int, content: bytes) -> bytes:
    return struct.pack(">IBB", len(content) + 2, context_id, flags) + content


def feed(content: bytes, cuts: Sequence[int] = (), *, takes: bool = True) -> tuple[Framing, Heard]:
    heard = Heard(takes=takes)
    framing = Framing(heard)
    edges = [0, *sorted(cut for cut in cuts if cut < len(content)), len(content)]
    for start, end in pairwise(edges):
        framing.feed(memoryview(content[start:end]))
    return framing, heard


VALUES = st.lists(
    st.builds(make_value, st.integers(0, 255), st.integers(0, 3), st.binary(max_size=40)),
    min_size=1,
    max_size=4,
)
PDUS = st.lists(
    st.one_of(
        VALUES.map(lambda values: make_pdu(4, b"".join(values))),
        st.binary(min_size=6, max_size=90).map(lambda body: make_pdu(1, body)),
        st.binary(min_size=6, max_size=90).map(lambda body: make_pdu(2, body)),
        st.binary(min_size=4, max_size=4).map(lambda body: make_pdu(7, body)),
        st.binary(min_size=4, max_size=4).map(lambda body: make_pdu(5, body)),
    ),
    max_size=6,
)


@given(PDUS, st.lists(st.integers(0, 700), max_size=30))
def test_the_same_comes_out_however_it_was_cut(pdus: list[bytes], cuts: list[int]) -> None:
    content = b"".join(pdus)

    whole, expected = feed(content)
    cut, heard = feed(content, cuts)

    assert heard.events == expected.events
    assert not whole.is_within_pdu
    assert not cut.is_within_pdu


def test_values_keep_their_context_flags_and_bytes() -> None:
    content = make_pdu(4, make_value(1, 3, b"command") + make_value(1, 2, b""))
    content += make_pdu(5, bytes(4))

    _, heard = feed(content, range(len(content)))

    assert heard.events == [
        ("p-data",),
        ("open", 1, 3),
        ("close", b"command"),
        ("open", 1, 2),
        ("close", b""),
        (PduType.RELEASE_RQ, bytes(4)),
    ]


@given(VALUES, st.lists(st.integers(0, 200), max_size=20))
def test_a_pdu_that_is_not_taken_is_passed_over_whole(values: list[bytes], cuts: list[int]) -> None:
    content = make_pdu(4, b"".join(values)) + make_pdu(7, bytes(4))

    _, heard = feed(content, cuts, takes=False)

    assert heard.events == [("p-data",), (PduType.ABORT, bytes(4))]


@given(PDUS.filter(bool), st.data())
def test_a_pdu_that_has_begun_is_known_until_its_last_byte(
    pdus: list[bytes], data: st.DataObject
) -> None:
    last = pdus[-1]
    missing = data.draw(st.integers(1, len(last) - 1))
    content = b"".join(pdus)

    framing, _ = feed(content[: len(content) - missing])

    assert framing.is_within_pdu


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (make_pdu(0, bytes(10)), AbortReason.UNRECOGNIZED_PDU),
        (make_pdu(8, bytes(10)), AbortReason.UNRECOGNIZED_PDU),
        (b"GET / HTTP/1.1\r\n", AbortReason.UNRECOGNIZED_PDU),
        (struct.pack(">BBI", 1, 0, 0xFFFFFFFF), AbortReason.INVALID_PARAMETER_VALUE),
        (struct.pack(">BBI", 4, 0, (1 << 20) + 1), AbortReason.INVALID_PARAMETER_VALUE),
        # It would be held, of a peer that nobody knows yet.
        (struct.pack(">BBI", 1, 0, (256 << 10) + 1), AbortReason.INVALID_PARAMETER_VALUE),
        (struct.pack(">BBI", 4, 0, 0), AbortReason.INVALID_PARAMETER_VALUE),
        (struct.pack(">BBI", 1, 0, 0), AbortReason.INVALID_PARAMETER_VALUE),
        (make_pdu(5, bytes(5)), AbortReason.INVALID_PARAMETER_VALUE),
        (make_pdu(7, bytes(3)), AbortReason.INVALID_PARAMETER_VALUE),
        (make_pdu(4, make_value(1, 3, b"x") + b"tail"), AbortReason.INVALID_PARAMETER_VALUE),
        (make_pdu(4, struct.pack(">IBB", 9, 1, 3) + b"short"), AbortReason.INVALID_PARAMETER_VALUE),
        (make_pdu(4, struct.pack(">IBB", 1, 1, 3)), AbortReason.INVALID_PARAMETER_VALUE),
        (make_pdu(4, struct.pack(">IBB", 0, 1, 3)), AbortReason.INVALID_PARAMETER_VALUE),
    ],
    ids=(
        "type 0", "type 8", "http", "4 GiB", "above 1 MiB", "long request",
        "empty data", "empty request", "long release", "short abort", "tail",
        "value beyond the PDU", "value of 1", "value of 0",
    ),
)  # fmt: skip
@pytest.mark.parametrize("step", [1, 1000])
def test_what_is_no_pdu_is_refused_with_its_reason(
    content: bytes, reason: AbortReason, step: int
) -> None:
    with pytest.raises(MalformedPdu) as caught:
        feed(content, range(0, len(content), step))

    assert caught.value.reason is reason


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=10))
def test_garbage_is_refused_or_awaited_and_nothing_else_happens(
    content: bytes, cuts: list[int]
) -> None:
    with suppress(MalformedPdu):
        _, heard = feed(content, cuts)
        # A type and a length that fit by chance: at most what they announce.
        assert len(heard.events) <= len(content)


def test_nothing_is_taken_any_more_once_it_is_stopped() -> None:
    heard = Heard()
    framing = Framing(heard)
    framing.is_stopped = True

    framing.feed(memoryview(make_pdu(5, bytes(4))))

    assert heard.events == []

import struct
from io import BytesIO
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.filewriter import dcmwrite

from dicom_gateway.elements import Element, MalformedDataSet, walk
from tests.factories.encoded import encode_data_set
from tests.factories.steps import make_step_end

EXPLICIT, IMPLICIT, BIG = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.2"
UID, SERIES, IMAGES = 0x00081155, 0x00400340, 0x00081140
SEQUENCES = frozenset({SERIES, IMAGES})
SYNTAXES = st.sampled_from([EXPLICIT, IMPLICIT, BIG])
NUMBERS = st.lists(st.integers(1, 999), max_size=5, unique=True)


def encode(dataset: Dataset, syntax: str) -> bytes:
    return encode_data_set(dataset, implicit_vr=syntax == IMPLICIT, little_endian=syntax != BIG)


def find(data: bytes, syntax: str = EXPLICIT) -> list[Element]:
    return list(
        walk(data, transfer_syntax_uid=syntax, wanted=frozenset({UID}), sequences=SEQUENCES)
    )


@given(series=st.lists(NUMBERS, max_size=3), syntax=SYNTAXES, undefined=st.booleans())
def test_elements_are_found_in_their_sequences_however_these_are_encoded(
    *, series: list[list[int]], syntax: str, undefined: bool
) -> None:
    uids = [[f"1.{number}" for number in numbers] for numbers in series]
    step = make_step_end(*uids)
    if undefined:
        step["PerformedSeriesSequence"].is_undefined_length = True
        for item in step.PerformedSeriesSequence:
            item.is_undefined_length_sequence_item = True
            item["ReferencedImageSequence"].is_undefined_length = True

    found = find(encode(step, syntax), syntax)

    assert [each.value.strip(b"\0").decode() for each in found] == list(chain.from_iterable(uids))
    assert {each.path for each in found} <= {(SERIES, IMAGES)}


@given(st.data(), SYNTAXES)
def test_a_data_set_that_breaks_off_says_so_or_gives_its_beginning(
    data: st.DataObject, syntax: str
) -> None:
    whole = encode(make_step_end(["1.1", "1.2"], ["1.3"]), syntax)
    cut = data.draw(st.integers(0, len(whole)))

    try:
        found = find(whole[:cut], syntax)
    except MalformedDataSet:
        return
    assert find(whole, syntax)[: len(found)] == found


@given(st.binary(max_size=300), SYNTAXES)
def test_nonsense_is_malformed_or_empty_and_never_anything_else(data: bytes, syntax: str) -> None:
    try:
        found = find(data, syntax)
    except MalformedDataSet:
        return
    assert all(each.value in data for each in found)


@given(st.data(), SYNTAXES)
def test_a_damaged_byte_does_no_harm(data: st.DataObject, syntax: str) -> None:
    whole = bytearray(encode(make_step_end(["1.1", "1.2"]), syntax))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))

    try:
        found = find(bytes(whole), syntax)
    except MalformedDataSet:
        return
    assert len(found) <= 3


def test_sequences_within_sequences_end_somewhere() -> None:
    opened = struct.pack("<HH2sHI", 0x0040, 0x0340, b"SQ", 0, 0xFFFFFFFF)
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)

    with pytest.raises(MalformedDataSet, match="too deeply"):
        find((opened + item) * 100_000)


def test_a_million_empty_elements_are_too_many() -> None:
    with pytest.raises(MalformedDataSet, match="too many"):
        find(struct.pack("<HH2sH", 0x0008, 0x0005, b"CS", 0) * 300_000)


def test_a_delimiter_of_nothing_is_malformed() -> None:
    with pytest.raises(MalformedDataSet, match="delimiter"):
        find(struct.pack("<HHI", 0xFFFE, 0xE00D, 0))


def test_an_item_that_is_longer_than_its_sequence_is_malformed() -> None:
    stream = BytesIO()
    dcmwrite(stream, make_step_end(["1.1"]), implicit_vr=False, little_endian=True)
    data = stream.getvalue()
    at = data.index(struct.pack("<HH", 0xFFFE, 0xE000))
    (length,) = struct.unpack_from("<I", data, at + 4)

    with pytest.raises(MalformedDataSet, match="longer"):
        find(data[: at + 4] + struct.pack("<I", length + 2) + data[at + 8 :])

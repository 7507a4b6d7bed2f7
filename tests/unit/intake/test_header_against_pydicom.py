"""The header scan finds in any data set what pydicom wrote at its top level, and nothing else."""

import zlib
from io import BytesIO

import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from app.intake.domain.header import scan_elements

# VRs with short and long heads, before, between and behind those that are wanted.
_VRS = {
    0x00080070: "LO",
    0x00080016: "UI",
    0x00080018: "UI",
    0x00081030: "LO",
    0x00100010: "PN",
    0x00101002: "SQ",
    0x00104000: "LT",
    0x00120063: "LO",
    0x00181030: "LO",
    0x0020000D: "UI",
    0x0020000E: "UI",
    0x00204000: "LT",
    0x00400275: "SQ",
    0x00420011: "OB",
    0x00081140: "SQ",
    0x00082112: "SQ",
    0x00191010: "UN",
    0x00080119: "UC",
    0x00080120: "UR",
    0x0028106A: "US",
}
_SEQUENCES = sorted(tag for tag, vr in _VRS.items() if vr == "SQ")
_PLAIN = sorted(_VRS.keys() - _SEQUENCES)
_TEXT = st.text("123456789", max_size=20)
_SYNTAXES = {
    ExplicitVRLittleEndian: (False, True),
    ImplicitVRLittleEndian: (True, True),
    ExplicitVRBigEndian: (False, False),
    DeflatedExplicitVRLittleEndian: (False, True),
}


def make_element(tag: int, text: str) -> DataElement:
    vr = _VRS[tag]
    if vr in {"OB", "UN"}:
        return DataElement(tag, vr, text.encode() + b"\0" * (len(text) % 2))
    return DataElement(tag, vr, len(text) if vr == "US" else text)


def make_data_set(
    plain: dict[int, str], nested: dict[int, tuple[list[pydicom.Dataset], bool]]
) -> pydicom.Dataset:
    made = pydicom.Dataset()
    for tag, text in plain.items():
        made.add(make_element(tag, text))
    for tag, (items, is_open) in nested.items():
        element = DataElement(tag, "SQ", Sequence(items))
        element.is_undefined_length = is_open
        made.add(element)
        for item in items:
            item.is_undefined_length_sequence_item = is_open
    return made


_plain = st.dictionaries(st.sampled_from(_PLAIN), _TEXT, max_size=10)
data_sets = st.recursive(
    st.builds(make_data_set, _plain, st.just({})),
    lambda items: st.builds(
        make_data_set,
        _plain,
        st.dictionaries(
            st.sampled_from(_SEQUENCES),
            st.tuples(st.lists(items, max_size=3), st.booleans()),
            max_size=3,
        ),
    ),
    max_leaves=6,
)


def encode(data_set: pydicom.Dataset, syntax: pydicom.uid.UID) -> bytes:
    implicit, little = _SYNTAXES[syntax]
    stream = BytesIO()
    pydicom.dcmwrite(stream, data_set, implicit_vr=implicit, little_endian=little)
    if syntax != DeflatedExplicitVRLittleEndian:
        return stream.getvalue()
    squeezed = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeezed.compress(stream.getvalue()) + squeezed.flush()


@pytest.mark.parametrize("syntax", _SYNTAXES, ids=lambda syntax: syntax.name)
@settings(max_examples=50)
@given(data_set=data_sets, wanted=st.sets(st.sampled_from(_PLAIN), min_size=1))
def test_what_stands_at_the_top_level_is_found(
    syntax: pydicom.uid.UID, data_set: pydicom.Dataset, wanted: set[int]
) -> None:
    data = encode(data_set, syntax)

    found = scan_elements(data, transfer_syntax_uid=syntax, wanted=frozenset(wanted))

    assert found.keys() == {tag for tag in wanted if tag in data_set}
    for tag, raw in found.items():
        expected = data_set[tag].value
        if _VRS[tag] == "US":
            assert int.from_bytes(raw, "big" if "Big" in syntax.name else "little") == expected
        else:
            text = expected if isinstance(expected, bytes) else str(expected or "").encode()
            assert raw.strip(b"\0 ") == text.strip(b"\0 ")
    assert (
        scan_elements(
            memoryview(bytearray(data)), transfer_syntax_uid=syntax, wanted=frozenset(wanted)
        )
        == found
    )


@given(data_set=data_sets, cut=st.integers(0, 400))
def test_a_cut_data_set_gives_only_values_that_stand_whole_before_the_cut(
    data_set: pydicom.Dataset, cut: int
) -> None:
    data = encode(data_set, ExplicitVRLittleEndian)
    syntax, wanted = str(ExplicitVRLittleEndian), frozenset(_PLAIN)
    whole = scan_elements(data, transfer_syntax_uid=syntax, wanted=wanted)

    found = scan_elements(data[:cut], transfer_syntax_uid=syntax, wanted=wanted)

    assert found.items() <= whole.items()
    assert list(found) == list(whole)[: len(found)]


def test_only_so_much_of_a_deflated_data_set_is_inflated_as_the_caller_allows() -> None:
    data_set = make_data_set({0x00080016: "1.2", 0x00420011: "7" * 1000}, {})
    data = encode(data_set, DeflatedExplicitVRLittleEndian)
    wanted = frozenset({0x00080016, 0x00420011})

    few = scan_elements(
        data,
        transfer_syntax_uid=str(DeflatedExplicitVRLittleEndian),
        wanted=wanted,
        most_inflated=200,
    )

    assert few == {0x00080016: b"1.2\0"}

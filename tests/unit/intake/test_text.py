import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.charset import decode_bytes, python_encoding

from app.intake.domain.text import codec_of, decode_text


@pytest.mark.parametrize(
    ("raw", "declared", "expected"),
    (
        (b"DUPONT^JEAN ", (), "DUPONT^JEAN"),
        (b"L\xe9a^N\xefm", ("ISO_IR 100",), "Léa^Nïm"),
        ("Léa".encode(), ("ISO_IR 192",), "Léa"),
        (b"\xbb\xee\xda\xf2", ("ISO_IR 144",), "Люкђ"),
        (b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B", ("", "ISO 2022 IR 87"), None),
        (b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7", ("", "ISO 2022 IR 149"), None),
        ("Wang^XiaoDong=王^小东".encode("gb18030"), ("GB18030",), None),
        (b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3", ("ISO_IR 13",), None),
        (b"Zhang=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1", ("", "ISO 2022 IR 58"), "Zhang=张^小"),
    ),
)
def test_declared_text_is_read_as_pydicom_reads_it(
    raw: bytes, declared: tuple[str, ...], expected: str | None
) -> None:
    expected = expected or pydicom_reads(raw, declared)

    assert decode_text(raw, character_sets=declared) == expected


def pydicom_reads(raw: bytes, declared: tuple[str, ...]) -> str:
    codecs = [python_encoding.get(each, each) for each in declared]
    groups = [decode_bytes(group, codecs, {ord("^")}) for group in raw.split(b"=")]
    return "=".join(groups).strip()


@pytest.mark.parametrize(
    ("raw", "declared", "shown"),
    (
        ("Léa".encode(), (), "Léa"),
        ("Léa".encode(), ("ISO_IR 100",), "Léa"),
        (b"L\xe9a", (), "Léa"),
        (b"L\xe9a", ("ISO_IR 192",), "Léa"),
        (b"L\xe9a", ("NO SUCH SET",), "Léa"),
        (b"L\xe9a", ("ISO-8859-1",), "Léa"),
        ("Léa".encode(), ("UTF-8",), "Léa"),
        (b"L\xe9a", ("ISO 2022 IR 6", "ISO 2022 IR 100"), "Léa"),
        (b"A\x1b-AL\xe9a", ("", "ISO 2022 IR 149"), "ALéa"),
        (b"A\x1b%GB", (), "AB"),
        (b"nul\0padded\0", (), "nulpadded"),
        (b"\x81\x8d", (), "\x81\x8d"),
    ),
)
def test_wrong_declarations_are_shown_as_best_we_can(
    raw: bytes, declared: tuple[str, ...], shown: str
) -> None:
    assert decode_text(raw, character_sets=declared) == shown


SETS = ["", "ISO_IR 100", "ISO_IR 13", "ISO_IR 192", "GB18030", "ISO 2022 IR 87", "x", "ISO_IR 999"]


@given(st.binary(max_size=80), st.lists(st.sampled_from(SETS), max_size=3))
def test_every_byte_string_becomes_text_that_a_database_takes(
    raw: bytes, declared: list[str]
) -> None:
    text = decode_text(raw, character_sets=tuple(declared))

    assert "\0" not in text
    text.encode()


def test_every_term_of_the_standard_names_a_codec_that_pydicom_names_too() -> None:
    for term, codec in python_encoding.items():
        if term and codec != "iso_ir_58":
            expected = bytes(range(0x20, 0x7F)).decode(codec, errors="replace")
            assert bytes(range(0x20, 0x7F)).decode(codec_of(term), errors="replace") == expected


def test_the_attributes_of_a_data_set_keep_their_order_of_values() -> None:
    assert Dataset.from_json({"00100010": {"vr": "PN", "Value": [{"Alphabetic": "A"}]}})
    assert decode_text(b"A\\B ", character_sets=()) == "A\\B"

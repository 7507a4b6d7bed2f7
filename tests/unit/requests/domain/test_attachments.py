"""Files are judged by their content."""

import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.requests.domain.attachments import (
    AttachmentRefused,
    FileFault,
    MediaType,
    check_pdf,
    clean_name,
    find_media_type,
)
from tests.factories.files import make_pdf, make_picture, pack_objects


def find_fault(content: bytes) -> FileFault:
    with pytest.raises(AttachmentRefused) as refused:
        check_pdf(content)
    assert refused.value.field == "file"
    return refused.value.fault


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (make_pdf(), MediaType.PDF),
        (make_picture(form="JPEG"), MediaType.JPEG),
        (make_picture(form="PNG"), MediaType.PNG),
    ],
)
def test_a_file_is_known_by_its_first_bytes(content: bytes, media_type: MediaType) -> None:
    assert find_media_type(content) is media_type


@pytest.mark.parametrize(
    "content",
    [
        b"<script>alert(1)</script>",
        b"MZ\x90\x00",
        b"PK\x03\x04",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b" %PDF-1.7",
        b"\x89PNG",
    ],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(AttachmentRefused) as refused:
        find_media_type(content)

    assert refused.value.fault is FileFault.UNKNOWN


def test_an_empty_file_is_said_to_be_empty() -> None:
    with pytest.raises(AttachmentRefused) as refused:
        find_media_type(b"")

    assert refused.value.fault is FileFault.EMPTY


def test_a_plain_pdf_is_taken() -> None:
    check_pdf(make_pdf())
    check_pdf(make_pdf(objects=pack_objects(b"4 0 <</Type/Font/Name/JScript>>")))


def test_compressed_points_are_not_mistaken_for_a_script() -> None:
    noise = random.Random(1).randbytes(200_000) + b"/JS /XFA "
    stream = b"8 0 obj\n<</Length %d>>\nstream\n%s\nendstream\nendobj\n" % (len(noise), noise)

    check_pdf(make_pdf(objects=stream))


@pytest.mark.parametrize("cut", [20, 60, 200])
def test_a_pdf_that_is_cut_off_is_refused(cut: int) -> None:
    assert find_fault(make_pdf()[:-cut]) is FileFault.DAMAGED


def test_an_encrypted_pdf_is_refused() -> None:
    assert find_fault(make_pdf(trailer=b"/Encrypt 5 0 R")) is FileFault.ENCRYPTED


@pytest.mark.parametrize(
    "catalog",
    [
        b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>",
        b"/OpenAction<</S/Launch/F(cmd.exe)>>",
        b"/Names<</EmbeddedFiles 5 0 R>>",
        b"/AA<</O<</S/J#61vaScript/J#53 5 0 R>>>>",
        b"/AcroForm<</XFA 5 0 R>>",
        b"/X<</Type/RichMedia >>",
    ],
)
def test_a_pdf_with_a_script_a_program_or_a_file_is_refused(catalog: bytes) -> None:
    assert find_fault(make_pdf(catalog=catalog)) is FileFault.ACTIVE
    hidden = pack_objects(b"4 0 <<" + catalog + b">>")
    assert find_fault(make_pdf(objects=hidden)) is FileFault.ACTIVE


def test_a_script_behind_a_comment_that_looks_like_a_stream_is_found() -> None:
    objects = b"% >>stream\n7 0 obj <</S/JavaScript>> endobj\n% endstream\n"

    assert find_fault(make_pdf(objects=objects)) is FileFault.ACTIVE


def test_objects_that_cannot_be_unpacked_are_refused() -> None:
    packed = b"9 0 obj\n<</Type/ObjStm/Filter/LZWDecode>>\nstream\nzzzz\nendstream\nendobj\n"

    assert find_fault(make_pdf(objects=packed)) is FileFault.OPAQUE


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    bomb = zlib.compress(b" " * (40 << 20))
    head = b"9 0 obj\n<</Type/ObjStm/Filter/FlateDecode>>\nstream\n"

    assert find_fault(make_pdf(objects=head + bomb + b"\nendstream\nendobj\n")) is FileFault.OPAQUE


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("ordonnance.pdf", "ordonnance.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\x\\Lettre.PDF", "Lettre.pdf"),
        ("a\x00b\r\nc\u202e.pdf", "abc.pdf"),
        ("photo.html", "photo.html.pdf"),
        ("", "document.pdf"),
        (" .. ", "document.pdf"),
        ('"x";y.pdf', "_x__y.pdf"),
        ("Échographie n°3.jpeg", "Échographie n°3.pdf"),
    ],
)
def test_a_name_loses_its_path_and_what_cannot_be_seen(name: str, cleaned: str) -> None:
    assert clean_name(name, media_type=MediaType.PDF) == cleaned


@given(st.text(), st.sampled_from(MediaType))
def test_a_cleaned_name_is_short_plain_and_stays_as_it_is(name: str, media_type: MediaType) -> None:
    cleaned = clean_name(name, media_type=media_type)

    assert cleaned.isprintable()
    assert not set(cleaned) & set('/\\<>:"|?*')
    assert len(cleaned) <= 124
    assert clean_name(cleaned, media_type=media_type) == cleaned


@given(st.binary(max_size=2000))
def test_whatever_follows_the_first_bytes_is_judged_without_a_fault_of_ours(rest: bytes) -> None:
    with pytest.raises(AttachmentRefused):
        check_pdf(b"%PDF-1.7\n" + rest)

"""Pictures are read to their end, and only of a bounded size."""

import struct
import zlib

import pytest

from app.requests.domain.attachments import AttachmentRefused, FileFault, MediaType
from app.requests.service.pictures import check_picture
from tests.factories.files import make_picture

KINDS = [("JPEG", MediaType.JPEG), ("PNG", MediaType.PNG)]


def find_fault(content: bytes, media_type: MediaType) -> FileFault:
    with pytest.raises(AttachmentRefused) as refused:
        check_picture(content, media_type=media_type)
    return refused.value.fault


@pytest.mark.parametrize(("form", "media_type"), KINDS)
def test_a_picture_is_taken(form: str, media_type: MediaType) -> None:
    check_picture(make_picture(form=form), media_type=media_type)


@pytest.mark.parametrize(("form", "media_type"), KINDS)
@pytest.mark.parametrize("part", [0.02, 0.3, 0.6])
def test_a_picture_that_is_cut_off_is_refused(
    form: str, media_type: MediaType, part: float
) -> None:
    content = make_picture(form=form, size=(400, 300))

    assert find_fault(content[: int(len(content) * part)], media_type) is FileFault.DAMAGED


@pytest.mark.parametrize(("form", "media_type"), KINDS)
def test_what_only_begins_like_a_picture_is_refused(form: str, media_type: MediaType) -> None:
    content = make_picture(form=form)[:16] + b"<script>alert(1)</script>"

    assert find_fault(content, media_type) is FileFault.DAMAGED


@pytest.mark.parametrize("side", [8_000, 15_000, 60_000])
def test_a_bomb_is_refused_by_its_head(side: int) -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    points = chunk(b"IDAT", zlib.compress(b"\x00" * 1000))
    bomb = b"\x89PNG\r\n\x1a\n" + head + points + chunk(b"IEND", b"")

    assert find_fault(bomb, MediaType.PNG) is FileFault.TOO_MANY_PIXELS

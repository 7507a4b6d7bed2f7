"""Looking into pictures: they must be what their first bytes say, to their end."""

import io
import struct
from typing import Final

from PIL import Image

from app.requests.domain.attachments import (
    MOST_PIXELS,
    AttachmentRefused,
    FileFault,
    MediaType,
)

_FORMATS: Final = {MediaType.JPEG: "JPEG", MediaType.PNG: "PNG"}
# How Pillow says that a file is not what it should be; SyntaxError is its word for a broken PNG.
_BROKEN: Final = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error)
_THUMB: Final = (64, 64)


def check_picture(content: bytes, *, media_type: MediaType) -> None:
    """Refuse a picture that is damaged, or would fill the memory of who opens it.

    Raises
    ------
    AttachmentRefused
        With what is wrong.
    """
    try:
        with Image.open(io.BytesIO(content), formats=[_FORMATS[media_type]]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise AttachmentRefused(FileFault.TOO_MANY_PIXELS)
            if media_type is MediaType.PNG:
                # Reads every chunk and its checksum, without unpacking the points.
                image.verify()
            else:
                # Decodes at an eighth of the size: a whole one may take 150 MB.
                image.draft("L", _THUMB)
                image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise AttachmentRefused(FileFault.TOO_MANY_PIXELS) from None
    except _BROKEN:
        raise AttachmentRefused(FileFault.DAMAGED) from None

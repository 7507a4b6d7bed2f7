"""What a file that comes with a request must be: judged by its content, never by its name."""

import re
import unicodedata
import zlib
from collections.abc import Iterator
from enum import StrEnum

from app.directory.domain import InvalidField

LARGEST_BYTES = 10 << 20
MOST_PIXELS = 50_000_000
_LONGEST_NAME = 120
_LARGEST_INFLATED = 32 << 20


class MediaType(StrEnum):
    """What a file may be."""

    PDF = "application/pdf"
    JPEG = "image/jpeg"
    PNG = "image/png"


SUFFIXES = {MediaType.PDF: ".pdf", MediaType.JPEG: ".jpg", MediaType.PNG: ".png"}


class FileFault(StrEnum):
    """Why a file is refused."""

    EMPTY = "this file is empty"
    UNKNOWN = "this is no PDF, JPEG or PNG, whatever its name says"
    DAMAGED = "this file is damaged or cut off: it cannot be read to its end"
    TOO_MANY_PIXELS = "this picture has too many points: send a smaller one"
    ENCRYPTED = "this PDF is encrypted: send it without a password"
    ACTIVE = "this PDF carries a script, a program or another file: print it to a new PDF"
    OPAQUE = "this PDF is packed in a way that cannot be looked into: print it to a new PDF"


class AttachmentRefused(InvalidField):
    """A file is not one that a request may carry."""

    def __init__(self, fault: FileFault) -> None:
        super().__init__("file", fault.value)
        self.fault = fault


_MAGIC = (
    (b"%PDF-", MediaType.PDF),
    (b"\xff\xd8\xff", MediaType.JPEG),
    (b"\x89PNG\r\n\x1a\n", MediaType.PNG),
)


def find_media_type(content: bytes) -> MediaType:
    """Tell what a file is by its first bytes.

    Raises
    ------
    AttachmentRefused
        If it is empty, or none of the three.
    """
    if not content:
        raise AttachmentRefused(FileFault.EMPTY)
    for magic, media_type in _MAGIC:
        if content.startswith(magic):
            return media_type
    raise AttachmentRefused(FileFault.UNKNOWN)


def clean_name(name: str, *, media_type: MediaType) -> str:
    """Return a name for people: no path, no control or invisible character, the right suffix."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(each for each in last if unicodedata.category(each)[0] != "C")
    stem = re.sub(r"\s+", " ", re.sub(r'[<>:"|?*;%]', "_", kept)).strip(" .")
    for suffix in (".pdf", ".jpeg", ".jpg", ".png"):
        if stem.lower().endswith(suffix):
            stem = stem[: -len(suffix)].strip(" .")
            break
    stem = stem[:_LONGEST_NAME].rstrip(" .")
    return f"{stem or 'document'}{SUFFIXES[media_type]}"


# ISO 32000-1 §7.5.5: the trailer ends with `startxref`, an offset and `%%EOF`.
_END = re.compile(rb"startxref\s+\d+\s+%%EOF")
_END_WITHIN = 2048
# §7.3.5: in a name, `#` and two hexadecimal digits stand for a byte.
_ESCAPE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb">>\s*stream\r?\n(.*?)endstream", re.DOTALL)
_AFTER_NAME = rb"(?=[\x00\s/<>\[\](){}%]|$)"
_ENCRYPTED = re.compile(rb"/Encrypt" + _AFTER_NAME)
# Long enough that compressed pixels do not hold them by chance: looked for everywhere.
_ACTIVE_ANYWHERE = re.compile(
    rb"/(JavaScript|Launch|EmbeddedFiles?|RichMedia|GoToE|ImportData|SubmitForm)" + _AFTER_NAME
)
_ACTIVE_IN_OBJECTS = re.compile(rb"/(JS|XFA)" + _AFTER_NAME)
_OBJECT_STREAM = re.compile(rb"/ObjStm" + _AFTER_NAME)
_LONGEST_DICTIONARY = 4096


def check_pdf(content: bytes) -> None:
    """Refuse a PDF that is cut off, encrypted, or carries more than pages.

    Objects may hide in compressed object streams (ISO 32000-1 §7.5.7): these are inflated, up to
    32 MiB. This is no parser: what is let through is still served as a download, or in a sandbox.

    Raises
    ------
    AttachmentRefused
        With what is wrong.
    """
    if _END.search(content[-_END_WITHIN:]) is None:
        raise AttachmentRefused(FileFault.DAMAGED)
    outside = _unescape(_STREAM.sub(b">> ", content))
    if _ENCRYPTED.search(outside):
        raise AttachmentRefused(FileFault.ENCRYPTED)
    if _ACTIVE_ANYWHERE.search(content) or _is_active(outside):
        raise AttachmentRefused(FileFault.ACTIVE)
    for objects in _inflate_objects(content):
        if _is_active(_unescape(objects)):
            raise AttachmentRefused(FileFault.ACTIVE)


def _unescape(text: bytes) -> bytes:
    return _ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), text)


def _is_active(objects: bytes) -> bool:
    return bool(_ACTIVE_ANYWHERE.search(objects) or _ACTIVE_IN_OBJECTS.search(objects))


def _inflate_objects(content: bytes) -> Iterator[bytes]:
    room = _LARGEST_INFLATED
    for match in _STREAM.finditer(content):
        head = content[max(0, match.start() - _LONGEST_DICTIONARY) : match.start()]
        dictionary = _unescape(head[head.rfind(b" obj") + 1 :])
        if not _OBJECT_STREAM.search(dictionary):
            continue
        objects = _inflate(match[1], dictionary=dictionary, room=room)
        room -= len(objects)
        yield objects


def _inflate(packed: bytes, *, dictionary: bytes, room: int) -> bytes:
    if b"/Filter" not in dictionary:
        return packed
    inflater = zlib.decompressobj()
    try:
        objects = inflater.decompress(packed, max(1, room))
    except zlib.error:
        # Another filter than FlateDecode, or several.
        raise AttachmentRefused(FileFault.OPAQUE) from None
    if not inflater.eof:
        raise AttachmentRefused(FileFault.OPAQUE)
    return objects

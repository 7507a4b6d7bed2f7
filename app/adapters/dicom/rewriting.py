"""Make the identifiers in a DICOM file unique per site, on its way to a centre's node.

Patient ID, its issuer and Accession Number get the prefix of their site; the original goes into
Other Patient IDs. Where two hospitals use one Study Instance UID, the later one's UIDs are replaced
too. The rest of the header is copied bit by bit, and what follows it - the pixel data - is never
decoded nor held in memory.

References
----------
PS3.3 §C.2.2 (patient identification), §C.7.3.1 (request attributes); PS3.10 §7.1.
"""

import shutil
import zlib
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from pydicom.filereader import read_preamble

from app.adapters.dicom.elements import (
    EXPLICIT,
    IMPLICIT,
    ITEM,
    ITEM_END,
    UNDEFINED,
    Encoding,
    Header,
    MalformedDataSet,
    copy_value,
    iterate_items,
    read_header,
    read_items,
    read_value,
    write_element,
)
from app.adapters.dicom.values import find_vr, pad, put_before, read_uid, replace_uid
from app.delivery.domain.ports import Rewriting
from app.directory.domain.prefixes import (
    LONGEST_LO,
    prefix_accession,
    prefix_identifier,
    prefix_nameless,
)
from app.intake.domain.text import decode_text

_META_GROUP = b"\x02\x00"
_META_LENGTH, _META_INSTANCE, _META_SYNTAX = 0x00020000, 0x00020003, 0x00020010
_CHARACTER_SET = 0x00080005
_SOP_INSTANCE, _STUDY_INSTANCE, _SERIES_INSTANCE = 0x00080018, 0x0020000D, 0x0020000E
_ACCESSION = 0x00080050
_PATIENT_ID, _ISSUER, _TYPE_OF_ID = 0x00100020, 0x00100021, 0x00100022
_OTHER_IDS = 0x00101002
_REQUESTS = frozenset({0x00400275, 0x0040A370})
"""Request Attributes Sequence, Referenced Request Sequence."""
_OF_THE_FILE = frozenset({_SOP_INSTANCE, _STUDY_INSTANCE, _SERIES_INSTANCE})
_PIXELS = 0x7FE00000
"""What is in this group or behind it is copied: pixels, padding, signatures."""
_DEFLATED, _BIG_ENDIAN = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
_IMPLICIT_SYNTAX = "1.2.840.10008.1.2"
_CHUNK = 1 << 20


def rewrite_file(source: Path, target: Path, *, rewriting: Rewriting) -> None:
    """Write a DICOM file anew with its identifiers made unique.

    Raises
    ------
    InvalidDicomError
        If it does not begin as a DICOM file does.
    MalformedDataSet
        If its header cannot be followed to its end: better not sent than sent as another's.
    OSError
        If a file cannot be read or written.
    """
    with source.open("rb") as read, target.open("wb") as written:
        written.write(read_preamble(read, force=False) or bytes(128))
        written.write(b"DICM")
        syntax = _rewrite_meta(read, written, rewriting=rewriting)
        if syntax == _DEFLATED:
            _rewrite_deflated(read, written, rewriting=rewriting)
        else:
            _rewrite_data_set(
                read, written, encoding=_find_encoding(read, syntax), rewriting=rewriting
            )


def _rewrite_meta(source: BinaryIO, target: BinaryIO, *, rewriting: Rewriting) -> str:
    """Write the file meta information anew, and return the transfer syntax that it names."""
    elements, syntax = BytesIO(), ""
    while (
        _peek(source, 2) == _META_GROUP
        and (header := read_header(source, encoding=EXPLICIT)) is not None
    ):
        value = read_value(source, header)
        if header.tag == _META_SYNTAX:
            syntax = read_uid(value)
        if header.tag == _META_INSTANCE and rewriting.own_uids:
            value = replace_uid(value, rewriting)
        if header.tag != _META_LENGTH:
            write_element(elements, header.tag, header.vr, value, encoding=EXPLICIT)
    if not syntax:
        msg = "the file names no transfer syntax"
        raise MalformedDataSet(msg)
    length = len(elements.getvalue()).to_bytes(4, "little")
    write_element(target, _META_LENGTH, b"UL", length, encoding=EXPLICIT)
    target.write(elements.getvalue())
    return syntax


def _peek(source: BinaryIO, length: int) -> bytes:
    at = source.tell()
    raw = source.read(length)
    source.seek(at)
    return raw


def _find_encoding(source: BinaryIO, syntax: str) -> Encoding:
    """Say how a data set is encoded, by its syntax; by itself where a writer mistook the VR."""
    if syntax == _BIG_ENDIAN:
        return Encoding(is_implicit=False, is_little_endian=False)
    vr = _peek(source, 6)[4:]
    has_vr = vr.isalpha() and vr.isupper()
    if syntax == _IMPLICIT_SYNTAX and not has_vr:
        return IMPLICIT
    return EXPLICIT if has_vr else IMPLICIT


def _rewrite_deflated(source: BinaryIO, target: BinaryIO, *, rewriting: Rewriting) -> None:
    """Rewrite a data set that is compressed as a whole (PS3.5 §A.5), over a file on the disk."""
    inflate, deflate = zlib.decompressobj(-zlib.MAX_WBITS), zlib.compressobj(wbits=-zlib.MAX_WBITS)
    with TemporaryFile() as plain, TemporaryFile() as rewritten:
        while chunk := source.read(_CHUNK):
            plain.write(inflate.decompress(chunk))
        plain.write(inflate.flush())
        plain.seek(0)
        _rewrite_data_set(plain, rewritten, encoding=EXPLICIT, rewriting=rewriting)
        rewritten.seek(0)
        while chunk := rewritten.read(_CHUNK):
            target.write(deflate.compress(chunk))
        last = deflate.flush()
        # PS3.5 §A.5: padded to an even length.
        target.write(last + bytes((target.tell() + len(last)) % 2))


def _rewrite_data_set(
    source: BinaryIO, target: BinaryIO, *, encoding: Encoding, rewriting: Rewriting
) -> None:
    header = _Header(target, encoding, rewriting)
    while True:
        at = source.tell()
        element = read_header(source, encoding=encoding)
        if element is None or element.tag >= _PIXELS:
            break
        header.take(source, element)
    header.finish()
    source.seek(at)
    shutil.copyfileobj(source, target, _CHUNK)


class _Header:
    """Writes the top level of a data set element by element, in their order."""

    def __init__(self, target: BinaryIO, encoding: Encoding, rewriting: Rewriting) -> None:
        self._target = target
        self._encoding = encoding
        self._rewriting = rewriting
        self._last = -1
        self._character_sets: tuple[str, ...] = ()
        self._patient_id = self._issuer = b""
        self._missing = [_PATIENT_ID, _ISSUER, _OTHER_IDS]

    def take(self, source: BinaryIO, element: Header) -> None:
        """Write the next element, and before it what should have stood before it."""
        if element.tag <= self._last:
            msg = f"element {element.tag:08X} stands behind {self._last:08X}"
            raise MalformedDataSet(msg)
        self._last = element.tag
        self._fill_in(before=element.tag)
        if element.tag & 0xFFFF == 0:
            # Group lengths are retired (PS3.5 §7.2), and would no longer be right.
            copy_value(source, BytesIO(), element, encoding=self._encoding)
        elif element.tag in self._missing:
            self._missing.remove(element.tag)
            self._write_identity(element.tag, self._read(source, element))
        else:
            self._write_other(source, element)

    def finish(self) -> None:
        """Write what should have stood somewhere before the end."""
        self._fill_in(before=_PIXELS)

    def _fill_in(self, *, before: int) -> None:
        while self._missing and self._missing[0] < before:
            self._write_identity(self._missing.pop(0), b"")

    def _read(self, source: BinaryIO, element: Header) -> bytes:
        if element.tag == _OTHER_IDS:
            return read_items(source, element, encoding=self._encoding)
        return read_value(source, element)

    def _write_identity(self, tag: int, value: bytes) -> None:
        vr = b"LO"
        if tag == _PATIENT_ID:
            self._patient_id, value = value, self._prefix_patient(value)
        elif tag == _ISSUER:
            self._issuer, value = value, self._prefix(value)
        else:
            vr, value = b"SQ", value + self._write_original()
        if value:
            write_element(self._target, tag, vr, value, encoding=self._encoding)

    def _prefix(self, value: bytes) -> bytes:
        text = decode_text(value, character_sets=self._character_sets)
        prefixed = prefix_identifier(self._rewriting.prefix, text, longest=LONGEST_LO)
        return put_before(value, text=text, prefixed=prefixed)

    def _prefix_patient(self, value: bytes) -> bytes:
        text = decode_text(value, character_sets=self._character_sets)
        if not self._rewriting.names_nobody(text):
            return self._prefix(value)
        study = self._rewriting.study_instance_uid
        prefixed = prefix_nameless(self._rewriting.prefix, text, study_instance_uid=study)
        return pad(prefixed.encode("ascii"))

    def _write_original(self) -> bytes:
        """Write the identity as the site knows it, as an item; nothing when there was none."""
        if not self._patient_id.strip(b" \0"):
            return b""
        elements, item = BytesIO(), BytesIO()
        write_element(elements, _PATIENT_ID, b"LO", self._patient_id, encoding=self._encoding)
        if self._issuer:
            write_element(elements, _ISSUER, b"LO", self._issuer, encoding=self._encoding)
        write_element(elements, _TYPE_OF_ID, b"CS", b"TEXT", encoding=self._encoding)
        write_element(item, ITEM, b"", elements.getvalue(), encoding=self._encoding)
        return item.getvalue()

    def _write_other(self, source: BinaryIO, element: Header) -> None:
        encoding = self._encoding
        if element.tag == _CHARACTER_SET:
            value = read_value(source, element)
            self._character_sets = tuple(value.decode("latin_1").split("\\"))
            self._target.write(element.raw + value)
            return
        nested = _Nested(encoding, self._rewriting, self._character_sets)
        nested.take(source, self._target, element, in_request=True, is_top=True)


class _Nested:
    """Writes elements at any depth: accession numbers inside requests, and UIDs."""

    def __init__(
        self, encoding: Encoding, rewriting: Rewriting, character_sets: tuple[str, ...]
    ) -> None:
        self._encoding = encoding
        self._rewriting = rewriting
        self._character_sets = character_sets

    def take(
        self,
        source: BinaryIO,
        target: BinaryIO,
        element: Header,
        *,
        in_request: bool,
        is_top: bool = False,
    ) -> None:
        """Write an element, changed where it must be."""
        if element.length != UNDEFINED and element.tag == _ACCESSION and in_request:
            self._write(target, element, self._prefix(read_value(source, element)))
        elif self._has_uid(element):
            value = read_value(source, element)
            always = is_top and element.tag in _OF_THE_FILE
            self._write(target, element, replace_uid(value, self._rewriting, always=always))
        elif self._is_sequence(element):
            self._take_sequence(source, target, element)
        else:
            target.write(element.raw)
            copy_value(source, target, element, encoding=self._encoding)

    def _write(self, target: BinaryIO, element: Header, value: bytes) -> None:
        write_element(target, element.tag, element.vr, value, encoding=self._encoding)

    def _has_uid(self, element: Header) -> bool:
        if not self._rewriting.own_uids or element.length == UNDEFINED:
            return False
        return find_vr(element) == b"UI"

    def _is_sequence(self, element: Header) -> bool:
        if element.tag not in _REQUESTS and not self._rewriting.own_uids:
            return False
        if element.vr == b"UN":
            return False
        return find_vr(element) == b"SQ" or (element.vr == b"" and element.length == UNDEFINED)

    def _take_sequence(self, source: BinaryIO, target: BinaryIO, element: Header) -> None:
        items = BytesIO(read_items(source, element, encoding=self._encoding))
        written = BytesIO()
        for item in iterate_items(items, encoding=self._encoding):
            content = BytesIO()
            body = items if item.length == UNDEFINED else BytesIO(read_value(items, item))
            self._take_item(body, content, in_request=element.tag in _REQUESTS)
            write_element(written, ITEM, b"", content.getvalue(), encoding=self._encoding)
        vr = element.vr or b"SQ"
        write_element(target, element.tag, vr, written.getvalue(), encoding=self._encoding)

    def _take_item(self, source: BinaryIO, target: BinaryIO, *, in_request: bool) -> None:
        while (element := read_header(source, encoding=self._encoding)) is not None:
            if element.tag == ITEM_END:
                return
            self.take(source, target, element, in_request=in_request)

    def _prefix(self, value: bytes) -> bytes:
        text = decode_text(value, character_sets=self._character_sets)
        prefixed = prefix_accession(self._rewriting.prefix, text)
        return put_before(value, text=text, prefixed=prefixed)

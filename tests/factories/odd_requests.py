"""Requests for an association by hand, and those that can be read in two ways or none."""

import struct

from dicom_gateway.upper_layer.pdu import AbortReason

INVALID, UNEXPECTED = AbortReason.INVALID_PARAMETER_VALUE, AbortReason.UNEXPECTED_PARAMETER
FIXED = struct.pack(">HH16s16s32x", 1, 0, b"ASTREINTE".ljust(16), b"CT1".ljust(16))


def item(kind: int, *parts: bytes) -> bytes:
    value = b"".join(parts)
    return struct.pack(">BBH", kind, 0, len(value)) + value


APPLICATION = item(0x10, b"1.2.840.10008.3.1.1.1")
ABSTRACT, TRANSFER = item(0x30, b"1.2.840.10008.1.1"), item(0x40, b"1.2.840.10008.1.2")
USER = item(0x50, item(0x51, struct.pack(">I", 16384)), item(0x52, b"1.2.3.4"))


def context(context_id: int, *sub_items: bytes) -> bytes:
    return item(0x20, bytes((context_id, 0, 0, 0)), *(sub_items or (ABSTRACT, TRANSFER)))


MALFORMED = {
    "shorter than its fixed part": (FIXED[:67], INVALID),
    "no context": (FIXED + APPLICATION + USER, INVALID),
    "an even context id": (FIXED + context(2), INVALID),
    "the context id 0": (FIXED + context(0), INVALID),
    "a context id twice": (FIXED + context(1) + context(3) + context(1), INVALID),
    "a context without an abstract syntax": (FIXED + context(1, TRANSFER), INVALID),
    "a context of its head only": (FIXED + item(0x20, b"\1\0\0\0"), INVALID),
    "a context shorter than its head": (FIXED + item(0x20, b"\1\0\0"), INVALID),
    "two abstract syntaxes": (FIXED + context(1, ABSTRACT, TRANSFER, ABSTRACT), UNEXPECTED),
    "a context in a context": (FIXED + context(1, ABSTRACT, context(3)), UNEXPECTED),
    "a context in the user information": (FIXED + item(0x50, context(1)), UNEXPECTED),
    "user information in itself": (FIXED + context(1) + item(0x50, USER), UNEXPECTED),
    "user information twice": (FIXED + context(1) + USER + USER, UNEXPECTED),
    "two application contexts": (FIXED + APPLICATION * 2 + context(1), UNEXPECTED),
    "an abstract syntax outside": (FIXED + ABSTRACT + context(1), UNEXPECTED),
    "a sub-item outside": (FIXED + context(1) + item(0x51, b"\0\0\0\0"), UNEXPECTED),
    "an answered context": (FIXED + item(0x21, b"\1\0\0\0", TRANSFER), UNEXPECTED),
    "an item that is too long": (FIXED + context(1)[:-1], INVALID),
    "a sub-item longer than its item": (FIXED + context(1, ABSTRACT, TRANSFER[:-1]), INVALID),
    "an item's head that breaks off": (FIXED + context(1) + b"\x50\0\0", INVALID),
    "a sub-item's head that breaks off": (FIXED + context(1, ABSTRACT, b"\x40"), INVALID),
    "160 transfer syntaxes": (FIXED + context(1, ABSTRACT, TRANSFER * 160), INVALID),
    "hundreds of items": (FIXED + context(1) + item(0x77) * 512, INVALID),
    "hundreds of sub-items": (FIXED + context(1) + item(0x50, item(0x77) * 513), INVALID),
}

"""Identifiers that we draw ourselves."""

import secrets
import uuid

from app.kit.clock import read_host_clock

_MILLISECOND = 1000


def draw_uid() -> str:
    """Draw a DICOM UID from a random UUID, at most 44 characters long.

    References
    ----------
    PS3.5 §B.2: the root 2.25 followed by the UUID as a decimal integer.
    """
    return f"2.25.{uuid.uuid4().int}"


def draw_arrival_id() -> uuid.UUID:
    """Draw an identifier whose order of text is the order of arrival, to the millisecond.

    References
    ----------
    RFC 9562 §5.7, version 7: 48 bits of Unix time in milliseconds, then random bits.
    """
    milliseconds = int(read_host_clock().timestamp() * _MILLISECOND)
    value = (milliseconds & (2**48 - 1)) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


def draw_token() -> str:
    """Draw a secret of 256 bits, safe in a URL or a header."""
    return secrets.token_urlsafe(32)

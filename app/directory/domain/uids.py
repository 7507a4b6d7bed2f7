"""UIDs that take the place of those that two hospitals use for different things.

A UID is unique in the whole world, but devices copy and misconfigure them, and a centre's node
knows a study by nothing else. Of two domains with one Study Instance UID the one whose study came
first keeps it; what leaves of the other bears UIDs that are computed from the domain and the
original: the same each time, so that a repeat sends the same object, and put back on everything
that returns by computing them again for the UIDs that the domain has.
"""

import hashlib
from collections.abc import Iterable

_ROOT = "2.25."
_VERSION_8, _VARIANT = 0x8 << 76, 0x2 << 62
_VERSION_BITS, _VARIANT_BITS = 0xF << 76, 0x3 << 62


def derive_uid(domain_id: int, uid: str) -> str:
    """Compute the UID that takes the place of one of a domain's.

    Parameters
    ----------
    domain_id
        Who issued the original.
    uid
        The original, without padding.

    Returns
    -------
    str
        At most 44 characters; two originals or domains give two UIDs, but for an accident of one
        in 2^61 pairs.

    References
    ----------
    PS3.5 §B.2: the root 2.25 followed by a UUID as a decimal integer; RFC 9562 §5.8, version 8.
    """
    digest = hashlib.sha256(f"{domain_id}\\{uid}".encode()).digest()
    value = int.from_bytes(digest[:16], "big")
    value = value & ~_VERSION_BITS | _VERSION_8
    value = value & ~_VARIANT_BITS | _VARIANT
    return f"{_ROOT}{value}"


def find_original(domain_id: int, derived: str, *, known: Iterable[str]) -> str | None:
    """Find which of the UIDs that a domain is known to have was replaced by a derived one."""
    if not derived.startswith(_ROOT):
        return None
    return next((each for each in known if derive_uid(domain_id, each) == derived), None)

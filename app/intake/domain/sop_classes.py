"""Which SOP classes are stored, and which transfer syntaxes are the standard's.

Every class that can be stored is, also a private one and one that is newer than we are. What has no
patient (hanging protocols, palettes, implant templates: PS3.4 annex GG) belongs to no study.
"""

_STANDARD_ROOT = "1.2.840.10008."
_STORAGE_ROOT = "1.2.840.10008.5.1.4.1.1."
# PS3.6 table A-1: storage classes that do not stand below the root.
_STORAGE_ELSEWHERE = frozenset(
    {
        "1.2.840.10008.5.1.1.27",  # Stored Print Storage (retired)
        "1.2.840.10008.5.1.1.29",  # Hardcopy Grayscale Image Storage (retired)
        "1.2.840.10008.5.1.1.30",  # Hardcopy Color Image Storage (retired)
        "1.2.840.10008.5.1.4.34.1",  # RT Beams Delivery Instruction (trial, retired)
        "1.2.840.10008.5.1.4.34.7",  # RT Beams Delivery Instruction Storage
        "1.2.840.10008.5.1.4.34.10",  # RT Brachy Application Setup Delivery Instruction Storage
    }
)
_SYNTAX_ROOTS = ("1.2.840.10008.1.2", "1.2.840.10008.1.20")


def is_storage_class(uid: str) -> bool:
    """Is it a class whose instances are stored: of the standard, or of anybody else?"""
    if not uid.startswith(_STANDARD_ROOT):
        return bool(uid)
    return is_standard_storage(uid)


def is_standard_storage(uid: str) -> bool:
    """Is it a storage class of the standard?"""
    return uid.startswith(_STORAGE_ROOT) or uid in _STORAGE_ELSEWHERE


def is_standard_syntax(uid: str) -> bool:
    """Is it a transfer syntax of the standard, so that somebody can decode it one day?"""
    return uid.startswith(_SYNTAX_ROOTS)

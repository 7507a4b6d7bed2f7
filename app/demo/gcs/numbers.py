"""Numbers that look right and belong to nobody."""

from app.directory.domain.identifiers import has_luhn_check_digit

_DIGITS = "0123456789"


def add_check_digit(digits: str) -> str:
    """Append the Luhn check digit (ISO/IEC 7812-1, annex B)."""
    return next(digits + each for each in _DIGITS if has_luhn_check_digit(digits + each))


def make_rpps(ordinal: int) -> str:
    """Make an RPPS number with a right check digit, in a range that is given to nobody (99...)."""
    return add_check_digit(f"99{ordinal:08}")


def make_finess(department: str, *, ordinal: int) -> str:
    """Make a FINESS number with a right check digit, in a range that no establishment has."""
    return add_check_digit(f"{department}999{ordinal:03}")


def make_landline(ordinal: int) -> str:
    """Make a telephone number of the range that ARCEP keeps for fiction (05 36 49 xx xx)."""
    return f"+33 5 36 49 {ordinal // 100:02} {ordinal % 100:02}"


def make_mobile(ordinal: int) -> str:
    """Make a mobile number of the range that ARCEP keeps for fiction (06 39 98 xx xx)."""
    return f"+33 6 39 98 {ordinal // 100:02} {ordinal % 100:02}"

"""Who from outside may hold the seats that are opened to them, and by which act."""

from dataclasses import dataclass
from enum import StrEnum

from app.planning.domain.dated import Dates


class AuthorisedAs(StrEnum):
    """What somebody is who is no member."""

    OUTSIDE = "outside"
    """A reader from outside the group."""
    HOSPITAL = "hospital"
    """A radiologist of a hospital."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A radiologist may hold seats opened to them on these dates.

    Parameters
    ----------
    reference
        The act that allows it, with its number.
    """

    radiologist: int
    kind: AuthorisedAs
    reference: str
    dates: Dates

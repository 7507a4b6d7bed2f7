"""How near readers are to a site: set by people from a date on, else derived."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.dispatch.domain.policy.inputs import Ring
from app.kit.errors import Invalid

_MOST = 200


class InvalidRings(Invalid):
    """A list of rings breaks a rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRing:
    """A ring that somebody set: of a society, or of a named radiologist."""

    ring: Ring
    society_id: int | None = None
    radiologist_id: int | None = None


def check_rings(rings: Iterable[SetRing]) -> tuple[SetRing, ...]:
    """Return the rings of a site, when each speaks of one society or one radiologist, once.

    Raises
    ------
    InvalidRings
        If one names none or both, two speak of the same, or there are more than 200.
    """
    listed = tuple(rings)
    if len(listed) > _MOST:
        raise InvalidRings(f"rings: at most {_MOST} for a site")
    for each in listed:
        if (each.society_id is None) == (each.radiologist_id is None):
            raise InvalidRings("rings: each names either a society or a radiologist")
        if each.society_id is not None and each.ring is Ring.OUTSIDE:
            message = "rings: a society is inside the group, only a radiologist can be outside"
            raise InvalidRings(message)
    if len({(each.society_id, each.radiologist_id) for each in listed}) < len(listed):
        raise InvalidRings("rings: a society or a radiologist has one ring, and here has two")
    return listed


def derive_ring(
    *, is_member: bool, is_referent: bool, is_of_territory: bool, named: Ring | None
) -> Ring:
    """Say how near a reader is to a site.

    Parameters
    ----------
    is_member
        Whether they belong to a society of the group on that day.
    is_referent
        Whether that society is the site's referent.
    is_of_territory
        Whether that society has a site in the same territory.
    named
        What somebody set for this radiologist, else for their society.
    """
    if named is not None:
        return named
    if not is_member:
        return Ring.OUTSIDE
    if is_referent:
        return Ring.REFERENT
    return Ring.TERRITORY if is_of_territory else Ring.GCS

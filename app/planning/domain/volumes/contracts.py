"""For whom the exams of a contracted hospital count: its referent, the common pot, or both."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

MILLION = 1_000_000


class CountsFor(StrEnum):
    """Who has the exams of a site."""

    REFERENT = "referent"
    COMMON = "common"
    SPLIT = "split"


@dataclass(frozen=True, slots=True)
class Contract:
    """What was agreed for a site between two dates.

    Parameters
    ----------
    since, until
        First date, and the first on which it no longer holds (`None`: open).
    referent_share
        Of a split, what counts for the referent, in millionths; the rest is the common pot's.

    Raises
    ------
    ValueError
        If it ends before it begins, or the share is not between 0 and one million.
    """

    site: int
    since: date
    until: date | None
    counts_for: CountsFor
    referent_share: int = MILLION

    def __post_init__(self) -> None:
        """Refuse contracts that nobody could count by."""
        if self.until is not None and self.until <= self.since:
            msg = f"the contract of site {self.site} ends on {self.until}, before it begins"
            raise ValueError(msg)
        if not 0 <= self.referent_share <= MILLION:
            msg = f"the referent of site {self.site} cannot have {self.referent_share} millionths"
            raise ValueError(msg)

    def covers(self, day: date) -> bool:
        """Say whether it holds on this date."""
        return self.since <= day and (self.until is None or day < self.until)

    @property
    def part_of_referent(self) -> int:
        """What counts for the referent, in millionths."""
        parts = {CountsFor.REFERENT: MILLION, CountsFor.COMMON: 0}
        return parts.get(self.counts_for, self.referent_share)


def part_of_referent(contracts: Iterable[Contract], *, site: int, on: date) -> int:
    """Say which part of a site's exams counts for its referent, in millionths.

    Everything where no contract holds: a society brings the sites that it is the referent of. Of
    several contracts the one that began last speaks; the tables refuse such a thing.
    """
    standing = [each for each in contracts if each.site == site and each.covers(on)]
    last = max(standing, key=lambda each: each.since, default=None)
    return MILLION if last is None else last.part_of_referent


def split(count: int, *, part: int) -> tuple[int, int]:
    """Split a whole number into the referent's part and the common pot's.

    Returns
    -------
    tuple
        The first is `count * part / 1 000 000` to the nearest whole number, half up; together they
        are `count`, so that nothing is counted twice or lost.
    """
    own = (2 * count * part + MILLION) // (2 * MILLION)
    return own, count - own

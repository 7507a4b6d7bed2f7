"""What a peer's certificate says, and whether its time has come or gone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto


class Validity(Enum):
    """Where an instant stands to the time of a certificate (RFC 5280 §4.1.2.5)."""

    NOT_YET = auto()
    VALID = auto()
    IN_GRACE = auto()
    """It has expired, but not long ago."""
    EXPIRED = auto()


@dataclass(frozen=True, slots=True)
class CertificateSeen:
    """The certificate of a peer whose chain and signature are already verified.

    Parameters
    ----------
    names
        Its common names, then the DNS names of its subjectAltName; as they stand in it.
    subject
        The whole distinguished name (RFC 4514), for the log.
    not_before, not_after
        Aware. Of the whole chain: the latest beginning and the earliest end, so that an authority
        that has expired ends what it has signed.
    """

    names: tuple[str, ...]
    subject: str
    not_before: datetime
    not_after: datetime

    @property
    def name(self) -> str:
        """Give what it is called by in a list: its first name, else its subject."""
        return self.names[0] if self.names else self.subject

    def find_name(self, names: Iterable[str]) -> str | None:
        """Find the first of its names that is among others; case differs in no DNS name.

        A wildcard is a name like any other: it stands for itself only.
        """
        wanted = {each.casefold() for each in names}
        return next((each for each in self.names if each.casefold() in wanted), None)

    def judge(self, *, now: datetime, grace: timedelta) -> Validity:
        """Say whether it is valid at an instant (aware).

        Both ends belong to its time; so does the end of the grace.
        """
        if now < self.not_before:
            return Validity.NOT_YET
        if now <= self.not_after:
            return Validity.VALID
        # Subtracted, as the end of a certificate without end plus a grace would not be a date.
        return Validity.IN_GRACE if now - self.not_after <= grace else Validity.EXPIRED

"""Who may open an association: called title, calling title and address name one sender.

The senders come from a snapshot of the directory in the data folder, so that the gateway admits
modalities also while there is no database. AE titles are no secrets: the address is half of the
name.
"""

import ipaddress
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.kit.errors import Invalid

_FORMAT = 1
URGENT_SUFFIX, PRIOR_SUFFIX = "_P1", "_ANT"


class RefusalReason(StrEnum):
    """Why an association is refused."""

    CALLED_TITLE = "called_ae_title_unknown"
    CALLING_TITLE = "calling_ae_title_unknown"
    ADDRESS = "address_not_of_this_sender"
    AMBIGUOUS = "several_senders_match"
    NO_DIRECTORY = "no_senders_known_yet"
    FAULT = "fault_of_the_gateway"


@dataclass(frozen=True, slots=True)
class AssociationRequest:
    """What a peer says of itself, and where it calls from."""

    called_ae_title: str
    calling_ae_title: str
    address: str


@dataclass(frozen=True, slots=True)
class RegisteredSender:
    """A sender of the directory; `addresses` are networks in CIDR notation."""

    sender_id: int
    ae_title: str
    addresses: tuple[str, ...]

    def covers(self, address: str) -> bool:
        """Is the address in one of the sender's networks?"""
        given = _parse(address)
        return given is not None and any(
            given in ipaddress.ip_network(each, strict=False) for each in self.addresses
        )


@dataclass(frozen=True, slots=True)
class SenderSnapshot:
    """The senders of the directory at one moment."""

    senders: tuple[RegisteredSender, ...]
    taken_at: datetime

    def write(self) -> bytes:
        """Write the snapshot as it lies in the data folder."""
        senders = [
            {"id": each.sender_id, "ae_title": each.ae_title, "addresses": list(each.addresses)}
            for each in self.senders
        ]
        content = {"format": _FORMAT, "taken_at": self.taken_at.isoformat(), "senders": senders}
        return json.dumps(content, indent=1).encode()

    @classmethod
    def read(cls, content: bytes) -> "SenderSnapshot":
        """Read what `write` wrote.

        Raises
        ------
        Invalid
            If it is something else, or of a later format.
        """
        try:
            read: dict[str, Any] = json.loads(content)
            if read["format"] != _FORMAT:
                raise Invalid(f"the snapshot of senders has the unknown format {read['format']!r}")
            senders = tuple(
                RegisteredSender(
                    int(each["id"]), str(each["ae_title"]), check_networks(each["addresses"])
                )
                for each in read["senders"]
            )
            return cls(senders, datetime.fromisoformat(read["taken_at"]))
        except (ValueError, KeyError, TypeError) as error:
            raise Invalid(f"the snapshot of senders cannot be read: {error!r}") from error


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return None
    # A socket that takes both families shows IPv4 peers as ::ffff:a.b.c.d.
    return getattr(given, "ipv4_mapped", None) or given


def is_loopback(address: str) -> bool:
    """Is the address one of this machine, for itself only?"""
    given = _parse(address)
    return given is not None and given.is_loopback


def check_networks(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return networks in CIDR notation.

    Raises
    ------
    ValueError
        If one is no address and no network.
    """
    return tuple(str(ipaddress.ip_network(each, strict=False)) for each in addresses)


@dataclass(frozen=True, slots=True)
class Admitted:
    """The one sender that the request names."""

    sender_id: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The request names no sender, or more than one."""

    reason: RefusalReason


def called_titles(ae_title: str) -> frozenset[str]:
    """List the titles that we answer to: our own, and the two that carry "urgent" and "prior"."""
    return frozenset({ae_title, ae_title + URGENT_SUFFIX, ae_title + PRIOR_SUFFIX})


def admit(
    request: AssociationRequest, *, called: frozenset[str], snapshot: SenderSnapshot | None
) -> Admitted | Refused:
    """Decide on one request.

    Parameters
    ----------
    request
        AE titles without padding; upper and lower case differ (PS3.5 §6.2, AE).
    called
        The titles that we answer to.
    snapshot
        The senders, of whatever age; missing when none was ever taken.
    """
    if request.called_ae_title not in called:
        return Refused(RefusalReason.CALLED_TITLE)
    if snapshot is None:
        return Refused(RefusalReason.NO_DIRECTORY)
    named = [each for each in snapshot.senders if each.ae_title == request.calling_ae_title]
    if not named:
        return Refused(RefusalReason.CALLING_TITLE)
    matching = [each for each in named if each.covers(request.address)]
    if len(matching) > 1:
        return Refused(RefusalReason.AMBIGUOUS)
    return Admitted(matching[0].sender_id) if matching else Refused(RefusalReason.ADDRESS)

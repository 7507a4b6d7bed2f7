"""Who may open an association: called title, calling title and address name one sender.

AE titles are no secrets: the address is half of the name. A known address that calls by a title
that nobody has (a scanner was replaced, a backup line took over) is admitted and marked where its
sender allows it, or for the hours for which a person let it in.
"""

import ipaddress
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.intake.domain.arrival import LET_IN, UNKNOWN_CALLING
from app.kit.errors import Invalid

_FORMAT, _FORMAT_WITHOUT_PASSES = 2, 1
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


class UnknownCalling(StrEnum):
    """What to do when an address of a sender calls by a title that nobody has."""

    ACCEPT = "accept"
    """Admit it as this sender, with a mark."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class RegisteredSender:
    """A sender of the directory.

    Parameters
    ----------
    addresses
        Networks in CIDR notation.
    place
        Its site and its domain; senders of one place can stand for each other.
    """

    sender_id: int
    ae_title: str
    addresses: tuple[str, ...]
    unknown_calling: UnknownCalling = UnknownCalling.REFUSE
    place: tuple[int, int] | None = None

    def covers(self, address: str) -> bool:
        """Is the address in one of the sender's networks?"""
        given = _parse(address)
        return given is not None and any(
            given in ipaddress.ip_network(each, strict=False) for each in self.addresses
        )


@dataclass(frozen=True, slots=True)
class AdmissionPass:
    """A person's word that a title may come from an address, as a sender, for some hours.

    Parameters
    ----------
    until
        Aware; from this instant on it admits nobody.
    """

    sender_id: int
    calling_ae_title: str
    address: str
    until: datetime

    def admits(self, request: AssociationRequest, *, now: datetime) -> bool:
        """Is it for this title and address, and still in force?"""
        return (
            self.calling_ae_title == request.calling_ae_title
            and _parse(self.address) == _parse(request.address) is not None
            and now < self.until
        )


@dataclass(frozen=True, slots=True)
class SenderSnapshot:
    """The senders of the directory, and the passes in force, at one moment."""

    senders: tuple[RegisteredSender, ...]
    taken_at: datetime
    passes: tuple[AdmissionPass, ...] = ()

    def is_like(self, other: "SenderSnapshot") -> bool:
        """Tell whether the other one admits the same."""
        return (self.senders, self.passes) == (other.senders, other.passes)

    def write(self) -> bytes:
        """Write the snapshot as it lies in the data folder."""
        content = {
            "format": _FORMAT,
            "taken_at": self.taken_at.isoformat(),
            "senders": [_write_sender(each) for each in self.senders],
            "passes": [
                {
                    "sender": each.sender_id,
                    "calling": each.calling_ae_title,
                    "address": each.address,
                    "until": each.until.isoformat(),
                }
                for each in self.passes
            ],
        }
        return json.dumps(content, indent=1).encode()

    @classmethod
    def read(cls, content: bytes) -> "SenderSnapshot":
        """Read what `write` wrote, also before there were passes.

        Raises
        ------
        Invalid
            If it is something else, or of a later format.
        """
        try:
            read: dict[str, Any] = json.loads(content)
            if read["format"] not in {_FORMAT, _FORMAT_WITHOUT_PASSES}:
                raise Invalid(f"the snapshot of senders has the unknown format {read['format']!r}")
            passes = [] if read["format"] == _FORMAT_WITHOUT_PASSES else read["passes"]
            return cls(
                tuple(_read_sender(each) for each in read["senders"]),
                datetime.fromisoformat(read["taken_at"]),
                tuple(_read_pass(each) for each in passes),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise Invalid(f"the snapshot of senders cannot be read: {error!r}") from error


def _write_sender(sender: RegisteredSender) -> dict[str, object]:
    return {
        "id": sender.sender_id,
        "ae_title": sender.ae_title,
        "addresses": list(sender.addresses),
        "unknown_calling": sender.unknown_calling.value,
        "place": None if sender.place is None else list(sender.place),
    }


def _read_sender(read: dict[str, Any]) -> RegisteredSender:
    place = read.get("place")
    return RegisteredSender(
        int(read["id"]),
        str(read["ae_title"]),
        check_networks(read["addresses"]),
        # A snapshot of before knows nothing of it: then nobody has allowed it.
        UnknownCalling(read.get("unknown_calling", UnknownCalling.REFUSE)),
        None if place is None else (int(place[0]), int(place[1])),
    )


def _read_pass(read: dict[str, Any]) -> AdmissionPass:
    until = datetime.fromisoformat(read["until"])
    if until.tzinfo is None:
        raise ValueError("the end of a pass has no zone")
    return AdmissionPass(int(read["sender"]), str(read["calling"]), str(read["address"]), until)


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
    """The one sender that the request names.

    Parameters
    ----------
    mark
        Why it was admitted though its title is not the sender's; else missing.
    """

    sender_id: int
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The request names no sender, or more than one."""

    reason: RefusalReason


def called_titles(ae_title: str) -> frozenset[str]:
    """List the titles that we answer to: our own, and the two that carry "urgent" and "prior"."""
    return frozenset({ae_title, ae_title + URGENT_SUFFIX, ae_title + PRIOR_SUFFIX})


def admit(
    request: AssociationRequest,
    *,
    called: frozenset[str],
    snapshot: SenderSnapshot | None,
    now: datetime,
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
    now
        By the host's clock, aware: passes end by it, also while there is no database.
    """
    if request.called_ae_title not in called:
        return Refused(RefusalReason.CALLED_TITLE)
    if snapshot is None:
        return Refused(RefusalReason.NO_DIRECTORY)
    named = [each for each in snapshot.senders if each.ae_title == request.calling_ae_title]
    matching = [each for each in named if each.covers(request.address)]
    if len(matching) == 1:
        return Admitted(matching[0].sender_id)
    if let_in := _find_pass(request, snapshot=snapshot, now=now):
        return Admitted(let_in.sender_id, LET_IN)
    if named:
        return Refused(RefusalReason.AMBIGUOUS if matching else RefusalReason.ADDRESS)
    covering = [each for each in snapshot.senders if each.covers(request.address)]
    return _admit_unknown(request.calling_ae_title, covering=covering)


def _find_pass(
    request: AssociationRequest, *, snapshot: SenderSnapshot, now: datetime
) -> AdmissionPass | None:
    senders = {each.sender_id for each in snapshot.senders if each.covers(request.address)}
    valid = [
        each
        for each in snapshot.passes
        if each.sender_id in senders and each.admits(request, now=now)
    ]
    return max(valid, key=lambda each: (each.until, each.sender_id), default=None)


def _admit_unknown(title: str, *, covering: Sequence[RegisteredSender]) -> Admitted | Refused:
    """Decide on a title that nobody has, by the senders that its address belongs to."""
    accepting = [each for each in covering if each.unknown_calling is UnknownCalling.ACCEPT]
    if not title or not covering or len(accepting) < len(covering):
        return Refused(RefusalReason.CALLING_TITLE)
    first = min(covering, key=lambda each: each.sender_id)
    if len(covering) > 1 and (first.place is None or len({each.place for each in covering}) > 1):
        return Refused(RefusalReason.AMBIGUOUS)
    return Admitted(first.sender_id, UNKNOWN_CALLING)

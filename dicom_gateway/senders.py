"""The senders of the directory and the passes in force, as they lie in the data folder."""

import ipaddress
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from app.kit.errors import Invalid
from dicom_gateway.certificates import CertificateSeen

_FORMAT, _FORMAT_OF_ADDRESSES, _FORMAT_WITHOUT_PASSES = 3, 2, 1


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
    certificate_names
        Common names or DNS names of the client certificates that it may call with.
    most_associations
        At the same time; missing: as many as anybody.
    sop_classes, transfer_syntaxes
        What is taken from it, transfer syntaxes in our order; empty: all, in its own.
    commits
        Is storage commitment on for its site, and do we know where to answer?
    """

    sender_id: int
    ae_title: str
    addresses: tuple[str, ...]
    unknown_calling: UnknownCalling = UnknownCalling.REFUSE
    place: tuple[int, int] | None = None
    certificate_names: tuple[str, ...] = ()
    most_associations: int | None = None
    sop_classes: tuple[str, ...] = ()
    transfer_syntaxes: tuple[str, ...] = ()
    commits: bool = False

    def covers(self, address: str) -> bool:
        """Is the address in one of the sender's networks?"""
        given = _parse(address)
        return given is not None and any(
            given in ipaddress.ip_network(each, strict=False) for each in self.addresses
        )

    def holds(self, certificate: CertificateSeen) -> bool:
        """May the sender call with this certificate?"""
        return certificate.find_name(self.certificate_names) is not None


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

    def admits(self, calling_ae_title: str, *, address: str, now: datetime) -> bool:
        """Is it for this title and address, and still in force?"""
        return (
            self.calling_ae_title == calling_ae_title
            and _parse(self.address) == _parse(address) is not None
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
            if read["format"] not in {_FORMAT, _FORMAT_OF_ADDRESSES, _FORMAT_WITHOUT_PASSES}:
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
        "certificate_names": list(sender.certificate_names),
        "most_associations": sender.most_associations,
        "sop_classes": list(sender.sop_classes),
        "transfer_syntaxes": list(sender.transfer_syntaxes),
        "commits": sender.commits,
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
        tuple(str(each) for each in read.get("certificate_names", ())),
        most_associations=read.get("most_associations"),
        sop_classes=tuple(str(each) for each in read.get("sop_classes", ())),
        transfer_syntaxes=tuple(str(each) for each in read.get("transfer_syntaxes", ())),
        commits=bool(read.get("commits", False)),
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

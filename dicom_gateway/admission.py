"""Who may open an association: called title, calling title and address name one sender.

AE titles are no secrets: the address is half of the name. A known address that calls by a title
that nobody has (a scanner was replaced, a backup line took over) is admitted and marked where its
sender allows it, or for the hours for which a person let it in.

Over TLS the certificate takes the place of the address: who holds the key is known, wherever it
calls from. One certificate may belong to several senders (the gateway of a hospital speaks for all
its modalities): then the title tells them apart, and only where two of them share the title too,
the address.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.intake.domain.arrival import EXPIRED_CERTIFICATE, LET_IN, UNKNOWN_CALLING
from dicom_gateway.certificates import CertificateSeen, Validity
from dicom_gateway.senders import (
    AdmissionPass,
    RegisteredSender,
    SenderSnapshot,
    UnknownCalling,
    check_networks,
    is_loopback,
)

__all__ = [
    "AdmissionPass",
    "Admitted",
    "AssociationRequest",
    "CertificateSeen",
    "RefusalReason",
    "Refused",
    "RegisteredSender",
    "SenderSnapshot",
    "UnknownCalling",
    "admit",
    "called_titles",
    "check_networks",
    "is_loopback",
    "name_certificate",
]

URGENT_SUFFIX, PRIOR_SUFFIX = "_P1", "_ANT"
_NO_GRACE = timedelta(0)


class RefusalReason(StrEnum):
    """Why an association is refused."""

    CALLED_TITLE = "called_ae_title_unknown"
    CALLING_TITLE = "calling_ae_title_unknown"
    ADDRESS = "address_not_of_this_sender"
    AMBIGUOUS = "several_senders_match"
    CERTIFICATE_UNKNOWN = "certificate_of_no_sender"
    CERTIFICATE_OF_ANOTHER = "certificate_of_another_sender"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    # Of the handshake: there is no association yet.
    TLS_UNTRUSTED = "tls_certificate_not_trusted"
    TLS_NO_CERTIFICATE = "tls_without_certificate"
    TLS_WE_UNTRUSTED = "tls_our_certificate_not_trusted"
    TLS_NOTHING_SHARED = "tls_nothing_in_common"
    TLS_NOT_SPOKEN = "tls_not_spoken"
    NO_DIRECTORY = "no_senders_known_yet"
    NO_ROOM = "no_room"
    TOO_MANY = "too_many_associations"
    TOO_MANY_OF_SENDER = "too_many_associations_of_the_sender"
    PROTOCOL_VERSION = "protocol_version_not_supported"
    APPLICATION_CONTEXT = "application_context_not_supported"
    MALFORMED_REQUEST = "request_malformed"
    FAULT = "fault_of_the_gateway"


@dataclass(frozen=True, slots=True)
class AssociationRequest:
    """What a peer says of itself, and where it calls from.

    Parameters
    ----------
    certificate
        Of the client, over TLS; missing over plain TCP.
    """

    called_ae_title: str
    calling_ae_title: str
    address: str
    certificate: CertificateSeen | None = None


@dataclass(frozen=True, slots=True)
class Admitted:
    """The one sender that the request names.

    Parameters
    ----------
    mark
        Why it was admitted though its title is not the sender's, or its certificate expired; else
        missing. A title that is not the sender's weighs more.
    """

    sender_id: int
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The request names no sender, or more than one."""

    reason: RefusalReason


@dataclass(frozen=True, slots=True)
class _Ground:
    """What an admission stands on, beside the title: an address, or a certificate.

    Attributes
    ----------
    fits
        Does it name this sender?
    mismatch
        Why a title is refused that only senders have whom it does not name.
    """

    fits: Callable[[RegisteredSender], bool]
    mismatch: RefusalReason


def called_titles(ae_title: str) -> frozenset[str]:
    """List the titles that we answer to: our own, and the two that carry "urgent" and "prior"."""
    return frozenset({ae_title, ae_title + URGENT_SUFFIX, ae_title + PRIOR_SUFFIX})


def name_certificate(certificate: CertificateSeen, *, snapshot: SenderSnapshot | None) -> str:
    """Give the name to journal: the one by which a sender is known, else the first."""
    senders = snapshot.senders if snapshot else ()
    return certificate.find_name(n for each in senders for n in each.certificate_names) or (
        certificate.name
    )


def admit(
    request: AssociationRequest,
    *,
    called: frozenset[str],
    snapshot: SenderSnapshot | None,
    now: datetime,
    grace: timedelta = _NO_GRACE,
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
        By the host's clock, aware: passes and certificates end by it, also while there is no
        database.
    grace
        For how long a certificate is still taken after its end, >= 0.
    """
    if request.called_ae_title not in called:
        return Refused(RefusalReason.CALLED_TITLE)
    if snapshot is None:
        return Refused(RefusalReason.NO_DIRECTORY)
    certificate = request.certificate
    if certificate is None:
        address = _Ground(lambda each: each.covers(request.address), RefusalReason.ADDRESS)
        return _admit_on(address, request, snapshot=snapshot, now=now)
    validity = certificate.judge(now=now, grace=grace)
    if reason := _find_fault(certificate, validity, snapshot=snapshot):
        return Refused(reason)
    held = _Ground(lambda each: each.holds(certificate), RefusalReason.CERTIFICATE_OF_ANOTHER)
    decision = _admit_on(held, request, snapshot=snapshot, now=now)
    if validity is Validity.IN_GRACE and isinstance(decision, Admitted):
        return Admitted(decision.sender_id, decision.mark or EXPIRED_CERTIFICATE)
    return decision


def _find_fault(
    certificate: CertificateSeen, validity: Validity, *, snapshot: SenderSnapshot
) -> RefusalReason | None:
    if not any(each.holds(certificate) for each in snapshot.senders):
        return RefusalReason.CERTIFICATE_UNKNOWN
    if validity is Validity.NOT_YET:
        return RefusalReason.CERTIFICATE_NOT_YET_VALID
    return RefusalReason.CERTIFICATE_EXPIRED if validity is Validity.EXPIRED else None


def _admit_on(
    ground: _Ground, request: AssociationRequest, *, snapshot: SenderSnapshot, now: datetime
) -> Admitted | Refused:
    fitting = [each for each in snapshot.senders if ground.fits(each)]
    matching = [each for each in fitting if each.ae_title == request.calling_ae_title]
    if len(matching) > 1 and request.certificate is not None:
        matching = [each for each in matching if each.covers(request.address)] or matching
    if len(matching) == 1:
        return Admitted(matching[0].sender_id)
    if let_in := _find_pass(request, fitting=fitting, passes=snapshot.passes, now=now):
        return Admitted(let_in.sender_id, LET_IN)
    if matching:
        return Refused(RefusalReason.AMBIGUOUS)
    if any(each.ae_title == request.calling_ae_title for each in snapshot.senders):
        return Refused(ground.mismatch)
    return _admit_unknown(request.calling_ae_title, fitting=fitting)


def _find_pass(
    request: AssociationRequest,
    *,
    fitting: Sequence[RegisteredSender],
    passes: Sequence[AdmissionPass],
    now: datetime,
) -> AdmissionPass | None:
    senders = {each.sender_id for each in fitting}
    valid = [
        each
        for each in passes
        if each.sender_id in senders
        and each.admits(request.calling_ae_title, address=request.address, now=now)
    ]
    return max(valid, key=lambda each: (each.until, each.sender_id), default=None)


def _admit_unknown(title: str, *, fitting: Sequence[RegisteredSender]) -> Admitted | Refused:
    """Decide on a title that nobody has, by the senders that its address or certificate names."""
    accepting = [each for each in fitting if each.unknown_calling is UnknownCalling.ACCEPT]
    if not title or not fitting or len(accepting) < len(fitting):
        return Refused(RefusalReason.CALLING_TITLE)
    first = min(fitting, key=lambda each: each.sender_id)
    if len(fitting) > 1 and (first.place is None or len({each.place for each in fitting}) > 1):
        return Refused(RefusalReason.AMBIGUOUS)
    return Admitted(first.sender_id, UNKNOWN_CALLING)

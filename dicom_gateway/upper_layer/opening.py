"""From a request for an association to its answer: asks the reception, chooses the contexts."""

import asyncio
from collections.abc import Sequence

from app.intake.domain.sop_classes import is_storage_class
from dicom_gateway.admission import AssociationRequest, RefusalReason
from dicom_gateway.arrival import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from dicom_gateway.certificates import CertificateSeen
from dicom_gateway.dimse.service import AcceptedContext, Service
from dicom_gateway.negotiation import choose_contexts, describe_contexts, make_accept
from dicom_gateway.ports import AdmittedAssociation, Proposal, Reception
from dicom_gateway.statuses import Rejection, rejection_of
from dicom_gateway.upper_layer.associate import (
    APPLICATION_CONTEXT,
    AssociateRequest,
    decode_request,
    encode_accept,
)
from dicom_gateway.upper_layer.common import Common
from dicom_gateway.upper_layer.pdu import MalformedPdu


def find_address(transport: asyncio.BaseTransport | None) -> str:
    """Find where a peer calls from; empty when it is gone already."""
    peer = None if transport is None else transport.get_extra_info("peername")
    return str(peer[0]) if peer else ""


def read_request(
    body: bytes, *, transport: asyncio.BaseTransport | None, common: Common
) -> AssociateRequest:
    """Read what a peer asks for; whoever looks why it gets nowhere finds it in the journal.

    Raises
    ------
    MalformedPdu
        If it cannot be read.
    """
    try:
        return decode_request(body)
    except MalformedPdu:
        reason = RefusalReason.MALFORMED_REQUEST
        common.reception.note_nameless(find_address(transport), reason)
        raise


def ask(
    request: AssociateRequest,
    *,
    address: str,
    certificate: CertificateSeen | None,
    reception: Reception,
) -> AdmittedAssociation | Rejection:
    """Ask the reception whether a peer is admitted.

    Parameters
    ----------
    request
        What the peer asks for.
    address, certificate
        Where it calls from, and over TLS what it has shown.
    reception
        Who decides.

    References
    ----------
    PS3.8 §9.3.2: bit 0 of the version, and the one application context of DICOM.
    """
    asked = AssociationRequest(
        called_ae_title=request.called_ae_title,
        calling_ae_title=request.calling_ae_title,
        address=address,
        certificate=certificate,
    )
    if not request.protocol_version & 1:
        answer = reception.refuse(asked, reason=RefusalReason.PROTOCOL_VERSION)
    elif request.application_context != APPLICATION_CONTEXT:
        answer = reception.refuse(asked, reason=RefusalReason.APPLICATION_CONTEXT)
    else:
        opened = reception.open(asked)
        if not isinstance(opened, RefusalReason):
            return opened
        answer = opened
    return rejection_of(answer)


def accept(
    request: AssociateRequest, *, of: AdmittedAssociation, services: Sequence[Service]
) -> tuple[list[AcceptedContext], bytes]:
    """Choose the contexts of an admitted peer; give them with the A-ASSOCIATE-AC that says so."""
    accepted, answered = choose_contexts(request.contexts, services=services, of=of)
    of.start(
        Proposal(
            contexts=describe_contexts(request.contexts, accepted),
            implementation=(
                request.implementation_version_name or request.implementation_class_uid
            ),
            max_pdu_bytes=request.max_pdu_bytes,
        )
    )
    answer = make_accept(
        request,
        answered,
        storage_classes=frozenset(
            each.abstract_syntax for each in accepted if is_storage_class(each.abstract_syntax)
        ),
        implementation_class_uid=IMPLEMENTATION_CLASS_UID,
        implementation_version_name=IMPLEMENTATION_VERSION_NAME,
    )
    return accepted, encode_accept(answer)

"""Which presentation contexts are taken, and what is answered to what else a peer proposes.

A data set is kept as it comes, so that there is no reason to refuse one: of each context the first
transfer syntax that we know is taken, in the order of the peer, which puts first what costs it no
conversion.
"""

from collections.abc import Sequence

from app.intake.domain.arrival import ContextSeen
from dicom_gateway.dimse.service import AcceptedContext, Service
from dicom_gateway.ports import AdmittedAssociation
from dicom_gateway.upper_layer.associate import (
    AnsweredContext,
    AssociateAccept,
    AssociateRequest,
    ContextResult,
    ProposedContext,
)
from dicom_gateway.upper_layer.items import (
    AsynchronousOperationsWindow,
    ExtendedNegotiation,
    RoleSelection,
)

MAXIMUM_PDU_BYTES = 131_072
"""What we announce; DCMTK and Orthanc send no larger ones either (docs/benchmarks.md)."""
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
_STORAGE_LEVEL_2 = bytes((2, 0, 3, 0, 0, 0))
"""PS3.4 §B.3.1: all attributes are kept, also private ones; signatures survive bit by bit; no
element is coerced."""


def choose_contexts(
    proposed: Sequence[ProposedContext],
    *,
    services: Sequence[Service],
    of: AdmittedAssociation,
) -> tuple[list[AcceptedContext], list[AnsweredContext]]:
    """Choose of each context what we take; the first service that takes it has it.

    References
    ----------
    PS3.8 table 9-18: 3 says that we do not know the abstract syntax, 4 that we take none of the
    transfer syntaxes.
    """
    accepted, answered = [], []
    for each in proposed:
        context = _choose(each, services=services, of=of)
        if context is not None:
            accepted.append(context)
            answer = AnsweredContext(
                each.context_id, ContextResult.ACCEPTANCE, context.transfer_syntax
            )
        else:
            known = any(service.knows(each.abstract_syntax, of=of) for service in services)
            result = (
                ContextResult.TRANSFER_SYNTAXES_NOT_SUPPORTED
                if known
                else ContextResult.ABSTRACT_SYNTAX_NOT_SUPPORTED
            )
            # Of a context that is refused nobody looks at the syntax, but the item must be there.
            answer = AnsweredContext(each.context_id, result, IMPLICIT_LITTLE)
        answered.append(answer)
    return accepted, answered


def _choose(
    proposed: ProposedContext, *, services: Sequence[Service], of: AdmittedAssociation
) -> AcceptedContext | None:
    for service in services:
        syntax = service.choose(proposed, of=of)
        if syntax is not None:
            return AcceptedContext(proposed.context_id, proposed.abstract_syntax, syntax, service)
    return None


def describe_contexts(
    proposed: Sequence[ProposedContext], accepted: Sequence[AcceptedContext]
) -> tuple[ContextSeen, ...]:
    """Describe for the log what was proposed and what we took."""
    taken = {each.context_id: each.transfer_syntax for each in accepted}
    return tuple(
        ContextSeen(each.abstract_syntax, each.transfer_syntaxes, taken.get(each.context_id))
        for each in proposed
    )


def make_accept(
    request: AssociateRequest,
    answered: Sequence[AnsweredContext],
    *,
    storage_classes: frozenset[str],
    implementation_class_uid: str,
    implementation_version_name: str,
) -> AssociateAccept:
    """Make the answer to a request that was admitted.

    One operation at a time (PS3.7 §D.3.3.3); we provide (§D.3.3.4); a user identity gives no
    right, and has no answer (§D.3.3.7).

    Parameters
    ----------
    request, answered
        What was asked, and what we take of its contexts.
    storage_classes
        Those among its abstract syntaxes that we store: extended negotiation is answered for them.
    implementation_class_uid, implementation_version_name
        Ours.
    """
    asked = request.asynchronous_operations_window
    return AssociateAccept(
        called_ae_title=request.called_ae_title,
        calling_ae_title=request.calling_ae_title,
        contexts=tuple(answered),
        max_pdu_bytes=MAXIMUM_PDU_BYTES,
        implementation_class_uid=implementation_class_uid,
        implementation_version_name=implementation_version_name,
        asynchronous_operations_window=asked and AsynchronousOperationsWindow(1, 1),
        roles=tuple(
            RoleSelection(each.sop_class_uid, scu=each.scu, scp=False) for each in request.roles
        ),
        extended_negotiations=tuple(
            ExtendedNegotiation(each.sop_class_uid, _STORAGE_LEVEL_2)
            for each in request.extended_negotiations
            if each.sop_class_uid in storage_classes
        ),
    )

"""Storage (PS3.4 annex B): every class, every transfer syntax, as it comes."""

import structlog

from app.intake.domain.sop_classes import (
    is_standard_storage,
    is_standard_syntax,
    is_storage_class,
)
from dicom_gateway.arrival import Announced
from dicom_gateway.dimse.command_set import Command, CommandField
from dicom_gateway.dimse.service import AcceptedContext, Responder
from dicom_gateway.dimse.sink import Sink
from dicom_gateway.ports import AdmittedAssociation, DataSetTaker
from dicom_gateway.statuses import CANNOT_UNDERSTAND, PROCESSING_FAILURE
from dicom_gateway.upper_layer.associate import ProposedContext

_log = structlog.get_logger(__name__)
_MOST_TOLD = 1000


class StorageService:
    """Takes instances."""

    command_fields = frozenset({CommandField.C_STORE_RQ})

    def __init__(self) -> None:
        self._told: set[str] = set()

    def knows(self, abstract_syntax: str, *, of: AdmittedAssociation) -> bool:
        """Do we store the class, from this peer?"""
        policy = of.policy
        if not policy.stores or not is_storage_class(abstract_syntax):
            return False
        return not policy.sop_classes or abstract_syntax in policy.sop_classes

    def choose(self, proposed: ProposedContext, *, of: AdmittedAssociation) -> str | None:
        """Choose the transfer syntax that costs the peer no conversion.

        That is the first that it proposes: of the standard if there is one, else of anybody. A
        sender that has a list of its own gets the first of the list that it proposes.
        """
        if not self.knows(proposed.abstract_syntax, of=of):
            return None
        chosen = _choose_syntax(proposed.transfer_syntaxes, of.policy.transfer_syntaxes)
        if chosen is not None:
            self._tell(proposed.abstract_syntax, chosen)
        return chosen

    def _tell(self, abstract_syntax: str, transfer_syntax: str) -> None:
        # Once: a modality proposes it at each association.
        exotic = [
            each
            for each, is_standard in (
                (abstract_syntax, is_standard_storage(abstract_syntax)),
                (transfer_syntax, is_standard_syntax(transfer_syntax)),
            )
            if not is_standard and each not in self._told
        ]
        if exotic and len(self._told) < _MOST_TOLD:
            self._told.update(exotic)
            _log.info("exotic_context", abstract=abstract_syntax, transfer=transfer_syntax)

    def begin(
        self,
        request: Command,
        *,
        context: AcceptedContext,
        of: AdmittedAssociation,
        responder: Responder,
    ) -> Sink | None:
        """Take an instance."""
        if not request.has_data_set:
            responder.respond(CANNOT_UNDERSTAND)
            return None
        announced = Announced(
            sop_class_uid=request.affected_sop_class_uid,
            sop_instance_uid=request.affected_sop_instance_uid,
            transfer_syntax_uid=context.transfer_syntax,
        )
        return _Instance(of.begin(announced), responder=responder)


class _Instance:
    __slots__ = ("_responder", "_taker", "give_up", "write")

    def __init__(self, taker: DataSetTaker, *, responder: Responder) -> None:
        self._taker = taker
        self._responder = responder
        # Called for each fragment: without a step in between.
        self.write = taker.write
        self.give_up = taker.give_up

    def finish(self) -> None:
        try:
            self._taker.finish(self._responder.respond)
        except Exception as error:  # noqa: BLE001 - the edge: the peer must hear of it
            _log.exception("instance_failed", exc_info=error)
            self._responder.respond(PROCESSING_FAILURE)


def _choose_syntax(proposed: tuple[str, ...], listed: tuple[str, ...]) -> str | None:
    if listed:
        return next((each for each in listed if each in proposed), None)
    return next(filter(is_standard_syntax, proposed), next(iter(proposed), None))

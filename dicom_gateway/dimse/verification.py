"""Verification (PS3.4 annex A): C-ECHO."""

from dicom_gateway.dimse.classes import UNCOMPRESSED, VERIFICATION
from dicom_gateway.dimse.command_set import Command, CommandField
from dicom_gateway.dimse.service import AcceptedContext, Responder
from dicom_gateway.dimse.sink import Sink
from dicom_gateway.ports import AdmittedAssociation
from dicom_gateway.statuses import SUCCESS
from dicom_gateway.upper_layer.associate import ProposedContext


class VerificationService:
    """Answers echoes."""

    command_fields = frozenset({CommandField.C_ECHO_RQ})

    def knows(self, abstract_syntax: str, *, of: AdmittedAssociation) -> bool:  # noqa: ARG002 - anybody may
        """Is it Verification?"""
        return abstract_syntax == VERIFICATION

    def choose(self, proposed: ProposedContext, *, of: AdmittedAssociation) -> str | None:
        """Choose the first transfer syntax; there is no data set to encode."""
        if not self.knows(proposed.abstract_syntax, of=of):
            return None
        return next((each for each in proposed.transfer_syntaxes if each in UNCOMPRESSED), None)

    def begin(
        self,
        request: Command,
        *,
        context: AcceptedContext,  # noqa: ARG002 - the port's argument
        of: AdmittedAssociation,
        responder: Responder,
    ) -> Sink | None:
        """Answer an echo; a data set that a peer adds is passed over."""
        of.note_echo()
        if request.has_data_set:
            return _PassedOver(responder)
        responder.respond(SUCCESS)
        return None


class _PassedOver:
    """Takes a data set that nobody wants."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder

    def write(self, fragment: memoryview) -> None:
        """Pass over it."""

    def finish(self) -> None:
        """Answer all the same."""
        self._responder.respond(SUCCESS)

    def give_up(self) -> None:
        """Nothing was kept."""

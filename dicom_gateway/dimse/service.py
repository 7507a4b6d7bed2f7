"""What a DIMSE service is: it takes contexts at the association, and messages on them.

The upper layer knows services only by this. A new one (query, retrieve, worklist) is added to the
list that the acceptor is given, and nothing else changes.
"""

from dataclasses import dataclass
from typing import Protocol

from dicom_gateway.dimse.command_set import Command, CommandField
from dicom_gateway.dimse.sink import Sink
from dicom_gateway.ports import AdmittedAssociation
from dicom_gateway.upper_layer.associate import ProposedContext


@dataclass(frozen=True, slots=True)
class AcceptedContext:
    """A presentation context that we took, and the service that took it."""

    context_id: int
    abstract_syntax: str
    transfer_syntax: str
    service: "Service"


class Responder(Protocol):
    """Sends the responses to one request, from the event loop's thread only."""

    def respond(
        self,
        status: int,
        *,
        error_id: int | None = None,
        affected_sop_instance_uid: str | None = None,
    ) -> None:
        """Send a response; on an association that has ended it does nothing."""
        ...


class Service(Protocol):
    """One DIMSE service (PS3.7), for one or more SOP classes."""

    @property
    def command_fields(self) -> frozenset[CommandField]:
        """The requests that it knows."""
        ...

    def choose(self, proposed: ProposedContext, *, of: AdmittedAssociation) -> str | None:
        """Choose a transfer syntax; missing when it does not take the context."""
        ...

    def knows(self, abstract_syntax: str, *, of: AdmittedAssociation) -> bool:
        """Is the class one of its own, whatever becomes of the transfer syntaxes?"""
        ...

    def begin(
        self,
        request: Command,
        *,
        context: AcceptedContext,
        of: AdmittedAssociation,
        responder: Responder,
    ) -> Sink | None:
        """Take a request; missing when it needs no data set, and was responded to.

        Never raises.
        """
        ...

"""The boundary between the network side of the gateway and everything behind it.

Whatever speaks DICOM on the socket knows only this: ask whether a peer is admitted, hand over the
bytes of an instance, send the status that comes back.
"""

from typing import Protocol
from uuid import UUID

from dicom_gateway.admission import AssociationRequest, RefusalReason
from dicom_gateway.arrival import Instance
from dicom_gateway.notices import Answer, Notice


class AdmittedAssociation(Protocol):
    """An association that was admitted and is open."""

    @property
    def association_id(self) -> UUID:
        """Our identifier of it."""
        ...

    def receive(self, instance: Instance) -> int:
        """Take the bytes of one instance and return the status of the C-STORE response.

        0x0000 only when the data and its name survive a power cut. Never raises.
        """
        ...

    def hear(self, notice: Notice) -> Answer:
        """Take what the peer announces of its studies, and return the answer. Never raises."""
        ...

    def end(self, *, outcome: str) -> None:
        """Note that it was `released`, `aborted` or `lost`; a second call does nothing."""
        ...


class Reception(Protocol):
    """Decides on association requests."""

    def open(self, request: AssociationRequest) -> AdmittedAssociation | RefusalReason:
        """Admit a peer, or tell why not; both are journalled. Never raises."""
        ...

"""The boundary between the network side of the gateway and everything behind it.

Whatever speaks DICOM on the socket knows only this: ask whether a peer is admitted, hand over the
bytes of an instance, send the status that comes back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from app.intake.domain.arrival import ContextSeen
from dicom_gateway.admission import AssociationRequest, RefusalReason
from dicom_gateway.arrival import Announced
from dicom_gateway.notices import Answer, Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextPolicy:
    """What is taken from a peer.

    Parameters
    ----------
    stores
        May it send instances and announce steps at all?
    commits
        May it ask for storage commitment?
    sop_classes
        Storage classes that are taken; empty: every one.
    transfer_syntaxes
        Those that are taken, the ones that we prefer first; empty: every one, in its own order.
    """

    stores: bool = True
    commits: bool = False
    sop_classes: tuple[str, ...] = ()
    transfer_syntaxes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a peer said at its request, for the log.

    Parameters
    ----------
    contexts
        What it proposed, with what we took of it.
    implementation
        Its version name, or else its implementation class UID.
    max_pdu_bytes
        The longest that it takes; 0: any.
    """

    contexts: tuple[ContextSeen, ...]
    implementation: str
    max_pdu_bytes: int


class DataSetTaker(Protocol):
    """Takes the data set of one instance; no method raises."""

    def write(self, fragment: memoryview) -> None:
        """Take the next bytes; they are gone when it returns."""
        ...

    def finish(self, answer: Callable[[int], None]) -> None:
        """Answer, now or later; 0x0000 only when data and name survive a power cut."""
        ...

    def give_up(self) -> None:
        """Forget it: the association ended before it was whole."""
        ...


class AdmittedAssociation(Protocol):
    """An association that was admitted; no method raises."""

    @property
    def association_id(self) -> UUID:
        """Our identifier of it."""
        ...

    @property
    def policy(self) -> ContextPolicy:
        """What is taken from its peer."""
        ...

    def start(self, proposal: Proposal) -> None:
        """Note that it is open, with what was proposed and taken."""
        ...

    def begin(self, announced: Announced) -> DataSetTaker:
        """Begin to take an instance."""
        ...

    def note_echo(self) -> None:
        """Count a verification."""
        ...

    def hear(self, notice: Notice) -> Answer:
        """Take what the peer announces of its studies, and return the answer."""
        ...

    async def ask(self, notice: Notice) -> Answer:
        """Take a request of storage commitment, and return the answer."""
        ...

    def end(self, *, outcome: str, reason: str = "") -> None:
        """Note that it was `released`, `aborted` or `lost`, and why; a second call does nothing."""
        ...


class Reception(Protocol):
    """Decides on association requests."""

    def open(self, request: AssociationRequest) -> AdmittedAssociation | RefusalReason:
        """Admit a peer, or tell why not; a refusal is journalled. Never raises."""
        ...

    def refuse(self, request: AssociationRequest, *, reason: RefusalReason) -> RefusalReason:
        """Journal a request that the protocol refuses; give the reason back. Never raises."""
        ...

    def note_nameless(self, address: str, reason: RefusalReason) -> None:
        """Journal a peer whose handshake of TLS or whose request failed: it has no title yet."""
        ...

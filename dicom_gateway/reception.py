"""Admits associations and keeps what they bring: the gateway's own side of the boundary."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import Lock
from uuid import UUID

import structlog

from app.intake.domain.announcements import AnnouncementHeard
from app.intake.domain.arrival import AssociationSeen
from app.kit.errors import AppError
from app.kit.ids import draw_arrival_id
from dicom_gateway.admission import (
    Admitted,
    AssociationRequest,
    RefusalReason,
    Refused,
    SenderSnapshot,
    admit,
    is_loopback,
)
from dicom_gateway.announcing import Announcing
from dicom_gateway.arrival import Instance, Provenance, check_instance
from dicom_gateway.journal import JournalWriter
from dicom_gateway.notices import Answer, Notice
from dicom_gateway.spool import Spool
from dicom_gateway.statuses import NOT_AUTHORIZED, PROCESSING_FAILURE, SUCCESS, status_of

_log = structlog.get_logger(__name__)


class GatewayReception:
    """Admits by the snapshot of senders; journals; spools instances.

    Parameters
    ----------
    spool, journal
        Where instances and associations are kept.
    called
        The titles that we answer to.
    read_senders
        Gives the snapshot in force, or nothing.
    read_clock
        The host's clock; the database may be away.
    wake
        Called after each arrival and each end of an association; must return at once.
    own_title
        Our own title: from this machine, it is the health check that calls.
    """

    def __init__(
        self,
        *,
        spool: Spool,
        journal: JournalWriter,
        called: frozenset[str],
        read_senders: Callable[[], SenderSnapshot | None],
        read_clock: Callable[[], datetime],
        wake: Callable[[], None],
        own_title: str,
    ) -> None:
        self._spool = spool
        self._journal = journal
        self._called = called
        self._read_senders = read_senders
        self.read_clock = read_clock
        self._wake = wake
        self._own_title = own_title
        self.announcing = Announcing(write=self._write_announcement, read_clock=read_clock)

    def open(self, request: AssociationRequest) -> "OpenAssociation | OwnProbe | RefusalReason":
        """Decide on a request, and journal it unless it is our own health check."""
        if request.calling_ae_title == self._own_title and is_loopback(request.address):
            return OwnProbe()
        at = self.read_clock()
        decision = admit(request, called=self._called, snapshot=self._read_senders(), now=at)
        seen = AssociationSeen(
            association_id=draw_arrival_id(),
            sender_id=decision.sender_id if isinstance(decision, Admitted) else None,
            calling_ae_title=request.calling_ae_title,
            called_ae_title=request.called_ae_title,
            address=request.address,
            opened_at=at,
            mark=decision.mark if isinstance(decision, Admitted) else None,
        )
        if isinstance(decision, Refused):
            self._refuse(seen, reason=decision.reason)
            return decision.reason
        self.note(seen)
        _log.info("association_opened", association_id=str(seen.association_id), mark=seen.mark)
        return OpenAssociation(self, seen=seen, sender_id=decision.sender_id)

    def _refuse(self, seen: AssociationSeen, *, reason: RefusalReason) -> None:
        self.note(replace(seen, closed_at=seen.opened_at, outcome="refused", reason=reason))
        _log.warning(
            "association_refused",
            association_id=str(seen.association_id),
            reason=reason,
            calling=seen.calling_ae_title,
            called=seen.called_ae_title,
            address=seen.address,
        )

    def note(self, seen: AssociationSeen) -> None:
        """Journal what was seen of an association, and wake the index."""
        self._journal.write(seen)
        self._wake()

    def _write_announcement(self, heard: AnnouncementHeard) -> None:
        self._spool.require_room_for_journal()
        self._journal.write_announcement(heard)
        self._wake()

    def keep(self, instance: Instance, *, provenance: Provenance) -> None:
        """Check an instance and write it to the spool, as `check_instance` and `Spool.keep` say."""
        check_instance(instance)
        self._spool.keep(instance, provenance=provenance)
        self._wake()


class OpenAssociation:
    """One admitted association: receives instances until it ends.

    Parameters
    ----------
    reception
        Whose it is.
    seen
        What was journalled at its start.
    sender_id
        Who opened it.
    """

    def __init__(
        self, reception: GatewayReception, *, seen: AssociationSeen, sender_id: int
    ) -> None:
        self._reception = reception
        self._seen = seen
        self._sender_id = sender_id
        self._statuses: Counter[int] = Counter()
        self._lock = Lock()
        self._ended = False

    @property
    def association_id(self) -> UUID:
        """Our identifier of it."""
        return self._seen.association_id

    def receive(self, instance: Instance) -> int:
        """Keep one instance durably, and return the status of its response."""
        status = self._keep(instance)
        self._statuses[status] += 1
        return status

    def _keep(self, instance: Instance) -> int:
        seen = self._seen
        provenance = Provenance(
            arrival_id=draw_arrival_id(),
            association_id=seen.association_id,
            sender_id=self._sender_id,
            calling_ae_title=seen.calling_ae_title,
            called_ae_title=seen.called_ae_title,
            address=seen.address,
            arrived_at=self._reception.read_clock(),
            mark=seen.mark,
        )
        try:
            self._reception.keep(instance, provenance=provenance)
        except AppError as error:
            status = status_of(error)
            _log.warning(
                "instance_refused",
                association_id=str(seen.association_id),
                status=f"{status:04X}",
                reason=error.message,
            )
            return status
        except Exception as error:  # noqa: BLE001 - the edge: the peer must hear of it
            _log.exception(
                "instance_failed", association_id=str(seen.association_id), exc_info=error
            )
            return PROCESSING_FAILURE
        return SUCCESS

    def hear(self, notice: Notice) -> Answer:
        """Journal what the sender announces of its studies, and return the answer."""
        return self._reception.announcing.take(
            notice, sender_id=self._sender_id, association_id=self._seen.association_id
        )

    def end(self, *, outcome: str) -> None:
        """Journal the end, once."""
        with self._lock:
            if self._ended:
                return
            self._ended = True
        refused = {f"{status:04X}": n for status, n in self._statuses.items() if status != SUCCESS}
        self._reception.note(
            replace(
                self._seen,
                closed_at=self._reception.read_clock(),
                outcome=outcome,
                reason=", ".join(f"{n} x 0x{status}" for status, n in sorted(refused.items()))
                or None,
                instance_count=self._statuses[SUCCESS],
            )
        )
        _log.info(
            "association_ended",
            association_id=str(self.association_id),
            outcome=outcome,
            instances=self._statuses[SUCCESS],
            refused=sum(refused.values()),
        )


class OwnProbe:
    """The health check of this machine: it may echo, and leaves no trace."""

    def __init__(self) -> None:
        self._association_id = draw_arrival_id()

    @property
    def association_id(self) -> UUID:
        """Our identifier of it."""
        return self._association_id

    def receive(self, instance: Instance) -> int:  # noqa: ARG002 - the port's argument
        """Refuse every instance."""
        return NOT_AUTHORIZED

    def hear(self, notice: Notice) -> Answer:  # noqa: ARG002 - the port's argument
        """Refuse every announcement."""
        return Answer(NOT_AUTHORIZED)

    def end(self, *, outcome: str) -> None:
        """Note nothing."""

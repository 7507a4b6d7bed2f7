"""Admits associations and keeps what they bring: the gateway's own side of the boundary."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from app.intake.domain.announcements import AnnouncementHeard
from app.intake.domain.arrival import AssociationSeen
from app.kit.errors import Unavailable
from app.kit.ids import draw_arrival_id
from dicom_gateway import metrics
from dicom_gateway.admission import (
    Admitted,
    AssociationRequest,
    RefusalReason,
    Refused,
    SenderSnapshot,
    admit,
    is_loopback,
    name_certificate,
)
from dicom_gateway.announcing import Announcing
from dicom_gateway.association import OpenAssociation, OwnProbe
from dicom_gateway.journal import JournalWriter
from dicom_gateway.notices import Answer, Notice
from dicom_gateway.ports import AdmittedAssociation, ContextPolicy
from dicom_gateway.receiving import Receiving
from dicom_gateway.slots import LimitKind, LimitReached, Slot, Slots

_log = structlog.get_logger(__name__)
_LIMITS = {
    LimitKind.HOST: RefusalReason.TOO_MANY,
    LimitKind.SENDER: RefusalReason.TOO_MANY_OF_SENDER,
}


class Desk(Protocol):
    """Takes requests of storage commitment."""

    async def ask(
        self, notice: Notice, *, sender_id: int, association_id: UUID, calling_ae_title: str
    ) -> Answer:
        """Take one, and return its answer. Never raises."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmissionRules:
    """What holds for all senders.

    Parameters
    ----------
    called
        The titles that we answer to.
    own_title
        Our own title: from this machine, it is the health check that calls.
    grace
        For how long a certificate is still taken after its end, >= 0.
    most_of_sender
        Associations that one sender may have open at the same time, unless its own limit is lower.
    """

    called: frozenset[str]
    own_title: str
    grace: timedelta = timedelta(0)
    most_of_sender: int = 100


class GatewayReception:
    """Admits by the snapshot of senders; journals; takes instances.

    Parameters
    ----------
    receiving, journal
        Where instances and associations are kept.
    rules
        What holds for all senders.
    read_senders
        Gives the snapshot in force, or nothing.
    read_clock
        The host's clock; the database may be away.
    wake
        Called after each arrival and each end of an association; must return at once.
    slots
        Counts what is open on this host; missing: nobody counts.
    desk
        Takes requests of storage commitment; missing: there is no storage commitment.
    """

    def __init__(
        self,
        *,
        receiving: Receiving,
        journal: JournalWriter,
        rules: AdmissionRules,
        read_senders: Callable[[], SenderSnapshot | None],
        read_clock: Callable[[], datetime],
        wake: Callable[[], None],
        slots: Slots | None = None,
        desk: Desk | None = None,
    ) -> None:
        self.receiving = receiving
        self._journal = journal
        self._rules = rules
        self._read_senders = read_senders
        self.read_clock = read_clock
        self.wake = wake
        self._slots = slots
        self.desk = desk
        self.announcing = Announcing(write=self._write_announcement, read_clock=read_clock)

    def open(self, request: AssociationRequest) -> AdmittedAssociation | RefusalReason:
        """Decide on a request; journal a refusal, but never our own health check."""
        if request.calling_ae_title == self._rules.own_title and is_loopback(request.address):
            return OwnProbe()
        try:
            return self._open(request)
        except Exception as error:  # noqa: BLE001 - the edge: the peer must hear of it
            _log.exception("request_failed", exc_info=error)
            metrics.note_refused(RefusalReason.FAULT)
            return RefusalReason.FAULT

    def _open(self, request: AssociationRequest) -> OpenAssociation | RefusalReason:
        at, snapshot = self.read_clock(), self._read_senders()
        decision = admit(
            request,
            called=self._rules.called,
            snapshot=snapshot,
            now=at,
            grace=self._rules.grace,
        )
        seen = self._see(
            request,
            at=at,
            snapshot=snapshot,
            decision=decision if isinstance(decision, Admitted) else None,
        )
        if isinstance(decision, Refused):
            return self._refuse(seen, reason=decision.reason)
        return self._take_in(seen, sender_id=decision.sender_id, snapshot=snapshot)

    def note_nameless(self, address: str, reason: RefusalReason) -> None:
        """Journal a peer whose handshake of TLS or whose request failed: it has no title yet."""
        seen = AssociationSeen(
            association_id=draw_arrival_id(),
            sender_id=None,
            calling_ae_title="",
            called_ae_title="",
            address=address,
            opened_at=self.read_clock(),
        )
        self._refuse(seen, reason=reason)

    def refuse(self, request: AssociationRequest, *, reason: RefusalReason) -> RefusalReason:
        """Journal a request that the protocol refuses."""
        seen = self._see(request, at=self.read_clock(), snapshot=self._read_senders())
        return self._refuse(seen, reason=reason)

    @staticmethod
    def _see(
        request: AssociationRequest,
        *,
        at: datetime,
        snapshot: SenderSnapshot | None,
        decision: Admitted | None = None,
    ) -> AssociationSeen:
        certificate = request.certificate
        return AssociationSeen(
            association_id=draw_arrival_id(),
            sender_id=decision.sender_id if decision else None,
            calling_ae_title=request.calling_ae_title,
            called_ae_title=request.called_ae_title,
            address=request.address,
            opened_at=at,
            mark=decision.mark if decision else None,
            certificate_name=(
                name_certificate(certificate, snapshot=snapshot) if certificate else None
            ),
            certificate_not_after=certificate.not_after if certificate else None,
        )

    def _take_in(
        self, seen: AssociationSeen, *, sender_id: int, snapshot: SenderSnapshot | None
    ) -> OpenAssociation | RefusalReason:
        senders = snapshot.senders if snapshot else ()
        sender = next(each for each in senders if each.sender_id == sender_id)
        try:
            self.receiving.spool.require_reserve()
        except Unavailable as error:
            _log.error("reserve_touched", reason=error.message)
            return self._refuse(seen, reason=RefusalReason.NO_ROOM)
        slot = self._take_slot(sender_id, most=sender.most_associations)
        if isinstance(slot, LimitReached):
            return self._refuse(seen, reason=_LIMITS[slot.kind])
        policy = ContextPolicy(
            commits=sender.commits and self.desk is not None,
            sop_classes=sender.sop_classes,
            transfer_syntaxes=sender.transfer_syntaxes,
        )
        return OpenAssociation(self, seen=seen, sender_id=sender_id, policy=policy, slot=slot)

    def _take_slot(self, sender_id: int, *, most: int | None) -> Slot | LimitReached | None:
        if self._slots is None:
            return None
        return self._slots.take(sender_id, most_of_sender=most or self._rules.most_of_sender)

    def _refuse(self, seen: AssociationSeen, *, reason: RefusalReason) -> RefusalReason:
        self.note(replace(seen, closed_at=seen.opened_at, outcome="refused", reason=reason))
        metrics.note_refused(reason)
        _log.warning(
            "association_refused",
            association_id=str(seen.association_id),
            reason=reason,
            calling=seen.calling_ae_title,
            called=seen.called_ae_title,
            address=seen.address,
        )
        return reason

    def note(self, seen: AssociationSeen) -> None:
        """Journal what was seen of an association, and wake the index."""
        self._journal.write(seen)
        self.wake()

    def _write_announcement(self, heard: AnnouncementHeard) -> None:
        self.receiving.spool.require_room_for_journal()
        self._journal.write_announcement(heard)
        self.wake()

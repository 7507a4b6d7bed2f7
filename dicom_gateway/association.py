"""One association as the gateway's own side sees it: what it brings, and what is counted of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from app.intake.domain.arrival import AssociationSeen
from app.kit.clock import read_monotonic_s
from app.kit.ids import draw_arrival_id
from dicom_gateway import metrics
from dicom_gateway.arrival import Announced, Provenance
from dicom_gateway.notices import Answer, Notice
from dicom_gateway.ports import ContextPolicy, Proposal
from dicom_gateway.slots import Slot
from dicom_gateway.statuses import NOT_AUTHORIZED, PROCESSING_FAILURE, SUCCESS
from dicom_gateway.under_way import DataSetUnderWay

if TYPE_CHECKING:
    from datetime import datetime

    from dicom_gateway.reception import GatewayReception

_log = structlog.get_logger(__name__)


class OpenAssociation:
    """One admitted association: takes instances until it ends.

    Parameters
    ----------
    reception
        Whose it is.
    seen
        What is known of it at its start.
    sender_id
        Who opened it.
    policy
        What is taken from its peer.
    slot
        What it gives back at its end, when somebody counts.
    """

    def __init__(
        self,
        reception: "GatewayReception",
        *,
        seen: AssociationSeen,
        sender_id: int,
        policy: ContextPolicy,
        slot: Slot | None = None,
    ) -> None:
        self._reception = reception
        self._seen = seen
        self.sender_id = sender_id
        self.policy = policy
        self._slot = slot
        self._statuses: Counter[int] = Counter()
        self._received_bytes = 0
        self._echoes = 0
        self._last_message_at: datetime | None = None
        self._ended = False

    @property
    def association_id(self) -> UUID:
        """Our identifier of it."""
        return self._seen.association_id

    def start(self, proposal: Proposal) -> None:
        """Journal that it is open."""
        self._seen = replace(
            self._seen,
            contexts=proposal.contexts,
            implementation=proposal.implementation or None,
            max_pdu_bytes=proposal.max_pdu_bytes,
        )
        self._reception.note(self._seen)
        metrics.note_opened(self.sender_id)
        _log.info(
            "association_opened", association_id=str(self.association_id), mark=self._seen.mark
        )

    def begin(self, announced: Announced) -> "CountedDataSet":
        """Begin to take an instance."""
        seen = self._seen
        provenance = Provenance(
            arrival_id=draw_arrival_id(),
            association_id=seen.association_id,
            sender_id=self.sender_id,
            calling_ae_title=seen.calling_ae_title,
            called_ae_title=seen.called_ae_title,
            address=seen.address,
            arrived_at=self._reception.read_clock(),
            mark=seen.mark,
        )
        return CountedDataSet(
            self, self._reception.receiving.begin(announced, provenance=provenance)
        )

    def note_answer(self, status: int, *, size_bytes: int, seconds: float) -> None:
        """Count an instance that was answered.

        Parameters
        ----------
        status
            Of the answer.
        size_bytes
            Of the data set.
        seconds
            From its last byte to its answer.
        """
        self._statuses[status] += 1
        self._received_bytes += size_bytes
        self._last_message_at = self._reception.read_clock()
        metrics.note_instance(self.sender_id, status=status, seconds=seconds, size=size_bytes)
        if status == SUCCESS:
            self._reception.wake()

    def note_echo(self) -> None:
        """Count a verification."""
        self._echoes += 1
        self._last_message_at = self._reception.read_clock()

    def hear(self, notice: Notice) -> Answer:
        """Journal what the sender announces of its studies, and return the answer."""
        self._last_message_at = self._reception.read_clock()
        return self._reception.announcing.take(
            notice, sender_id=self.sender_id, association_id=self.association_id
        )

    async def ask(self, notice: Notice) -> Answer:
        """Ask the desk of storage commitment."""
        self._last_message_at = self._reception.read_clock()
        desk = self._reception.desk
        if desk is None:
            return Answer(PROCESSING_FAILURE)
        return await desk.ask(
            notice,
            sender_id=self.sender_id,
            association_id=self.association_id,
            calling_ae_title=self._seen.calling_ae_title,
        )

    def end(self, *, outcome: str, reason: str = "") -> None:
        """Journal the end, once."""
        if self._ended:
            return
        # What is whole is kept although nobody hears of it any more, and counted.
        self._reception.receiving.commit()
        self._ended = True
        if self._slot is not None:
            self._slot.give_back()
        refused = {f"{status:04X}": n for status, n in self._statuses.items() if status != SUCCESS}
        failures = [f"{n} x 0x{status}" for status, n in sorted(refused.items())]
        self._reception.note(
            replace(
                self._seen,
                closed_at=self._reception.read_clock(),
                outcome=outcome,
                reason=", ".join([*([reason] if reason else []), *failures]) or None,
                instance_count=self._statuses[SUCCESS],
                refused_count=sum(refused.values()),
                echo_count=self._echoes,
                received_bytes=self._received_bytes,
                last_message_at=self._last_message_at,
            )
        )
        metrics.note_ended(outcome)
        _log.info(
            "association_ended",
            association_id=str(self.association_id),
            outcome=outcome,
            instances=self._statuses[SUCCESS],
            refused=sum(refused.values()),
        )


class CountedDataSet:
    """A data set under way that is counted when it is answered."""

    __slots__ = ("_association", "_data_set", "give_up", "write")

    def __init__(self, association: OpenAssociation, data_set: DataSetUnderWay) -> None:
        self._association = association
        self._data_set = data_set
        # Called for each fragment: without a step in between.
        self.write = data_set.write
        self.give_up = data_set.give_up

    def finish(self, answer: Callable[[int], None]) -> None:
        """Tell that nothing follows; the answer comes when the data set is on the disk."""
        whole_at_s = read_monotonic_s()

        def count_and_answer(status: int) -> None:
            self._association.note_answer(
                status,
                size_bytes=self._data_set.size_bytes,
                seconds=read_monotonic_s() - whole_at_s,
            )
            answer(status)

        self._data_set.finish(count_and_answer)


class OwnProbe:
    """The health check of this machine: it may echo, and leaves no trace."""

    policy = ContextPolicy(stores=False)

    def __init__(self) -> None:
        self.association_id = draw_arrival_id()

    def start(self, proposal: Proposal) -> None:
        """Note nothing."""

    def begin(self, announced: Announced) -> "RefusedDataSet":  # noqa: ARG002 - the port's argument
        """Refuse every instance; no context of it was accepted."""
        return RefusedDataSet()

    def note_echo(self) -> None:
        """Count nothing."""

    def hear(self, notice: Notice) -> Answer:  # noqa: ARG002 - the port's argument
        """Refuse every announcement."""
        return Answer(NOT_AUTHORIZED)

    async def ask(self, notice: Notice) -> Answer:  # noqa: ARG002 - the port's argument
        """Refuse every request."""
        return Answer(NOT_AUTHORIZED)

    def end(self, *, outcome: str, reason: str = "") -> None:
        """Note nothing."""


class RefusedDataSet:
    """An instance of who may not store."""

    def write(self, fragment: memoryview) -> None:
        """Pass over it."""

    def finish(self, answer: Callable[[int], None]) -> None:
        """Refuse it."""
        answer(NOT_AUTHORIZED)

    def give_up(self) -> None:
        """Nothing was kept."""

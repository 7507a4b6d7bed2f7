"""Storage commitment: what a sender asks, and what we answer.

A sender asks whether we keep its instances; many consoles delete what is committed. So an answer
is a promise for a stated time, and "yes" is said of what is in the index and on the disk only.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from uuid import UUID


class CommitmentState(StrEnum):
    """How far the answer to a question is."""

    ASKED = "asked"
    """It is to be judged, or the report to be delivered."""
    REPORTED = "reported"
    GIVEN_UP = "given_up"
    """The sender could not be told; what was promised holds all the same."""


class AskOutcome(StrEnum):
    """What became of a question."""

    TAKEN = "taken"
    OFF = "off"
    """Nothing is committed for this sender: off at its site, or nowhere to answer."""
    TRANSACTION_IN_USE = "transaction_in_use"
    """The same sender asked about other instances by the same transaction."""


class FailureReason(IntEnum):
    """Why an instance is not committed (PS3.3 §C.14.1.1)."""

    PROCESSING_FAILURE = 0x0110
    NO_SUCH_OBJECT_INSTANCE = 0x0112
    CLASS_INSTANCE_CONFLICT = 0x0119


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """An instance as a sender names it."""

    sop_instance_uid: str
    sop_class_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request of storage commitment.

    Parameters
    ----------
    association_id
        On which it was asked.
    calling_ae_title
        Who asked: the report goes to this title.
    references
        Each SOP Instance UID once; at least one.
    """

    sender_id: int
    association_id: UUID
    calling_ae_title: str
    transaction_uid: str
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A row of the index whose SOP Instance UID was asked about.

    Parameters
    ----------
    study_id
        Its study, whose lock keeps it from being purged.
    is_purged
        Its file was given up.
    """

    study_id: int
    sop_instance_uid: str
    sop_class_uid: str
    arrival_id: UUID
    is_purged: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """What is answered of one instance; no reason: it is committed."""

    reference: Reference
    failure_reason: FailureReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A question that is being answered, by one scheduler at a time.

    Parameters
    ----------
    kept
        What the index had of it when it was claimed, by SOP Instance UID.
    """

    commitment_id: int
    token: UUID
    sender_id: int
    transaction_uid: str
    calling_ae_title: str
    asked_at: datetime
    references: tuple[Reference, ...]
    kept: Mapping[str, Sequence[Kept]]

    @property
    def arrivals(self) -> frozenset[UUID]:
        """The arrivals whose files must be looked for."""
        return frozenset(each.arrival_id for each in self._list_kept() if not each.is_purged)

    @property
    def study_ids(self) -> frozenset[int]:
        """The studies that must not be purged while it is judged."""
        return frozenset(each.study_id for each in self._list_kept())

    def _list_kept(self) -> Iterator[Kept]:
        return (each for of_uid in self.kept.values() for each in of_uid)


@dataclass(frozen=True, slots=True)
class CommitmentReport:
    """What a sender is told of its question.

    Parameters
    ----------
    judged
        One for each instance that it asked about.
    """

    transaction_uid: str
    judged: tuple[Judged, ...]

    @property
    def committed(self) -> tuple[Reference, ...]:
        """What is safe with us."""
        return tuple(each.reference for each in self.judged if each.failure_reason is None)

    @property
    def failed(self) -> tuple[tuple[Reference, FailureReason], ...]:
        """What is not, and why."""
        return tuple(
            (each.reference, each.failure_reason)
            for each in self.judged
            if each.failure_reason is not None
        )


def judge_reference(
    reference: Reference, *, kept: Iterable[Kept], on_disk: frozenset[UUID]
) -> FailureReason | None:
    """Judge one instance.

    Parameters
    ----------
    kept
        The rows of its SOP Instance UID in the sender's domain; the same UID may have come with
        other bytes, and then all that is kept must be there.
    on_disk
        Arrivals whose file is there.

    Returns
    -------
    FailureReason or None
        Nothing: it is safe with us.

    References
    ----------
    PS3.3 §C.14.1.1.
    """
    rows = list(kept)
    if rows and all(each.sop_class_uid != reference.sop_class_uid for each in rows):
        return FailureReason.CLASS_INSTANCE_CONFLICT
    stays = [
        each
        for each in rows
        if each.sop_class_uid == reference.sop_class_uid and not each.is_purged
    ]
    if not stays:
        return FailureReason.NO_SUCH_OBJECT_INSTANCE
    if any(each.arrival_id not in on_disk for each in stays):
        return FailureReason.PROCESSING_FAILURE
    return None


def judge(
    references: Sequence[Reference],
    *,
    kept: Mapping[str, Sequence[Kept]],
    on_disk: frozenset[UUID],
) -> tuple[Judged, ...]:
    """Judge each instance of a question, in the same order; `kept` is by SOP Instance UID."""
    return tuple(
        Judged(
            each,
            judge_reference(each, kept=kept.get(each.sop_instance_uid, ()), on_disk=on_disk),
        )
        for each in references
    )

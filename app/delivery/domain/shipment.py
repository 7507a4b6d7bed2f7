"""What one claim of a delivery is to send, and how its tries add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from app.delivery.domain.mail import SheetPeriod
from app.delivery.domain.morning_words import MorningTold
from app.delivery.domain.notices import CaseTold, Notice
from app.delivery.domain.outcomes import FINAL, Outcome, sum_up
from app.delivery.domain.ports import Destination, Rewriting, SendResult


class Kind(StrEnum):
    """What a delivery carries."""

    REPORT = "report"
    IMAGES = "images"
    NOTIFICATION = "notification"


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    DEAD = "dead"
    """Given up: only a person can ask for it again."""
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One file of a shipment.

    Attributes
    ----------
    instance_id
        Of an image; nothing for a document.
    size_bytes
        Of an image, as it came.
    arrival_id
        Of an image: its file may still lie in the spool.
    path
        Relative to the data folder.
    digest
        Of a document: SHA-256 of the whole file, to be checked before each try.
    """

    sop_instance_uid: str
    path: str
    instance_id: int | None = None
    size_bytes: int = 0
    arrival_id: UUID | None = None
    digest: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A delivery that was claimed.

    Attributes
    ----------
    token
        Proves the claim.
    claimed_at
        Aware instant at which this try began.
    """

    delivery_id: int
    token: UUID
    claimed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment(Claim):
    """What is to be sent to which node, for which case.

    Attributes
    ----------
    endpoint_id
        Of the node.
    rewriting
        Of images, which go to a centre's node; nothing for what returns to its own site.
    """

    case_id: int
    kind: Kind
    endpoint_id: int
    destination: Destination
    items: tuple[Item, ...]
    rewriting: Rewriting | None = None

    def is_cut_short(self, tried: int, *, outcome: Outcome) -> bool:
        """Tell whether its try ended before its last file, and not by a failure of the way."""
        return tried < len(self.items) and outcome in {Outcome.ACCEPTED, *FINAL}


@dataclass(frozen=True, slots=True)
class Tried:
    """A shipment whose try is over, or under way.

    Attributes
    ----------
    results
        One for each item, in their order; fewer when it gave way. Nothing: its turn did not come.
    """

    shipment: Shipment
    results: tuple[SendResult, ...] | None


@dataclass(frozen=True, slots=True)
class Stock:
    """What a node has of a study."""

    image_count: int
    byte_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A delivery that could be sent to a node now.

    Attributes
    ----------
    image_count
        Of its study; 0 of a document.
    byte_count
        Of its study as it came; 0 when it goes alone anyway.
    node_was_away
        Could its node not be reached the last time?
    """

    delivery_id: int
    kind: Kind
    image_count: int
    byte_count: int
    node_was_away: bool


MOST_TOGETHER = 20
"""Deliveries in one try."""
MOST_IMAGES, _MOST_BYTES = 60, 64 * 2**20
"""In a try of several studies: some seconds of a slow line, in which nothing else goes there."""


def choose_together(candidates: Sequence[Candidate]) -> list[int]:
    """Choose what goes to a node in one try: the most urgent, and small studies that follow it.

    A node that was away is tried with one alone.

    Parameters
    ----------
    candidates
        In the order in which they are to go, at least one.
    """
    first = candidates[0]
    chosen, images, size = [first.delivery_id], first.image_count, first.byte_count
    if first.kind is not Kind.IMAGES or first.node_was_away:
        return chosen
    for each in candidates[1:MOST_TOGETHER]:
        images, size = images + each.image_count, size + each.byte_count
        if each.kind is not Kind.IMAGES or images > MOST_IMAGES or size > _MOST_BYTES:
            break
        chosen.append(each.delivery_id)
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter(Claim):
    """An on-call sheet that goes to one address.

    Attributes
    ----------
    mail_to
        The address.
    path
        Of the PDF, relative to the data folder.
    digest
        SHA-256 of the PDF, to be checked before each try.
    """

    mail_to: str
    period: SheetPeriod
    path: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLetter(Claim):
    """Words about a case that go to one address of its hospital.

    Attributes
    ----------
    mail_to
        The address.
    zone
        Name of the hospital's time zone.
    language
        `fr` or `en`.
    """

    mail_to: str
    notice: Notice
    told: CaseTold
    zone: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MorningLetter(Claim):
    """Words that point a society to its morning list.

    Attributes
    ----------
    mail_to
        The address.
    """

    mail_to: str
    told: MorningTold


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The result of a try that stands for all its files."""

    outcome: Outcome
    status: int | None
    detail: str


def summarise(results: tuple[SendResult, ...]) -> Summary:
    """Give the result that decides: the first one with the deciding outcome.

    The detail of a try of many files says how many of them were accepted.
    """
    outcome = sum_up(result.outcome for result in results)
    deciding = next((each for each in results if each.outcome is outcome), None)
    if deciding is None:
        return Summary(outcome=outcome, status=None, detail="")
    detail = deciding.detail
    if len(results) > 1:
        accepted = sum(each.outcome is Outcome.ACCEPTED for each in results)
        detail = f"{accepted} of {len(results)} accepted" + (f"; {detail}" if detail else "")
    return Summary(outcome=outcome, status=deciding.status, detail=detail)

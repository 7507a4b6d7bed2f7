"""Handover: what a reader leaves who goes off guard passes to named persons who accept it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from app.kit.errors import Conflict

STOPS_BEFORE = timedelta(minutes=15)
"""How long before the end of a guard its reader gets nothing new, and hands over what is open."""
ANSWER_WITHIN = timedelta(minutes=5)
"""How long somebody may take to accept what is handed over to them."""


class ItemKind(StrEnum):
    """What is handed over."""

    CASE = "case"
    """Offered to the leaving reader alone, and not taken."""
    CLAIM = "claim"
    """Being read by them: it stays theirs until it is signed, or another accepts it."""
    REQUEST = "request"
    """They have validated a request, and no image has come."""
    DELIVERY = "delivery"
    """They have signed a report that the hospital has not accepted, or not read."""
    CALL = "call"
    """Somebody is still to be reached by telephone."""


class ItemState(StrEnum):
    """Where an offer of a thing to somebody stands."""

    KEPT = "kept"
    """With the leaving reader: only what they read themselves."""
    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LAPSED = "lapsed"
    """Nobody has answered in time, or there is nobody: the coordinator names somebody."""
    SETTLED = "settled"
    """It needs nobody any more."""


class ItemAction(StrEnum):
    """What moves an offer."""

    OFFER = "offer"
    """To somebody else: the offer before it is superseded."""
    ACCEPT = "accept"
    REFUSE = "refuse"
    LAPSE = "lapse"
    SETTLE = "settle"


_S, _A = ItemState, ItemAction

TRANSITIONS: Mapping[tuple[ItemState, ItemAction], ItemState] = MappingProxyType(
    {
        (_S.KEPT, _A.OFFER): _S.OFFERED,
        (_S.KEPT, _A.SETTLE): _S.SETTLED,
        (_S.OFFERED, _A.OFFER): _S.OFFERED,
        (_S.OFFERED, _A.ACCEPT): _S.ACCEPTED,
        (_S.OFFERED, _A.REFUSE): _S.REFUSED,
        (_S.OFFERED, _A.LAPSE): _S.LAPSED,
        (_S.OFFERED, _A.SETTLE): _S.SETTLED,
        (_S.REFUSED, _A.OFFER): _S.OFFERED,
        (_S.REFUSED, _A.SETTLE): _S.SETTLED,
        (_S.LAPSED, _A.OFFER): _S.OFFERED,
        # Late, but still the one who was named.
        (_S.LAPSED, _A.ACCEPT): _S.ACCEPTED,
        (_S.LAPSED, _A.SETTLE): _S.SETTLED,
    }
)
"""Every move there is; tests walk every pair of state and action."""

OPEN = frozenset({_S.KEPT, _S.OFFERED, _S.REFUSED, _S.LAPSED})
"""The thing has no new owner yet."""
UNANSWERED = frozenset({_S.REFUSED, _S.LAPSED})
"""The coordinator must name somebody."""


class ItemRefused(Conflict):
    """The offer stands where this is not possible."""

    def __init__(self, state: ItemState, action: ItemAction) -> None:
        super().__init__(f"this is {state}: {action} is not possible, look at the handover again")
        self.state = state
        self.action = action


def follow(state: ItemState, action: ItemAction) -> ItemState:
    """Say where an action leads.

    Raises
    ------
    ItemRefused
        If it is not possible there.
    """
    target = TRANSITIONS.get((state, action))
    if target is None:
        raise ItemRefused(state, action)
    return target


def states_before(action: ItemAction) -> frozenset[ItemState]:
    """Say where an action is possible."""
    return frozenset(state for state, each in TRANSITIONS if each is action)


@dataclass(frozen=True, slots=True, order=True)
class Thing:
    """Something that a leaving reader would leave behind.

    Parameters
    ----------
    task_id
        Of a call.
    """

    kind: ItemKind
    case_id: int
    site_id: int
    task_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Somebody on guard when the other has left.

    Parameters
    ----------
    begins_at
        Since when they are on guard without a gap, or will be; aware.
    rank
        How soon they are asked: 0 the first line, 1 the backup line, 2 the coordinator.
    load
        Cases that they read, or are offered, >= 0.
    """

    radiologist_id: int
    begins_at: datetime
    rank: int
    site_ids: frozenset[int]
    load: int = 0


def name_takers(things: Sequence[Thing], takers: Iterable[Taker]) -> dict[Thing, Taker | None]:
    """Name somebody for each thing, in the order of the things.

    Only who may read for the site; of the first line, else the backup line, else who coordinates;
    of several, who then has least, ties by who begins last, then by id.

    Returns
    -------
    dict
        Nothing for what nobody may take.
    """
    known = list(takers)
    given: Counter[int] = Counter()
    named: dict[Thing, Taker | None] = {}
    for thing in things:
        able = [each for each in known if thing.site_id in each.site_ids]
        chosen = min(able, key=lambda each: _order(each, given), default=None)
        named[thing] = chosen
        if chosen is not None:
            given[chosen.radiologist_id] += 1
    return named


def _order(taker: Taker, given: Mapping[int, int]) -> tuple[int, int, float, int]:
    load = taker.load + given.get(taker.radiologist_id, 0)
    return taker.rank, load, -taker.begins_at.timestamp(), taker.radiologist_id


def find_answer_due(*, offered_at: datetime, begins_at: datetime | None) -> datetime:
    """Say until when somebody may accept: 5 minutes, or until 5 minutes before their guard.

    Parameters
    ----------
    offered_at
        Aware.
    begins_at
        When the guard begins of whoever it is offered to, aware; nothing: they are not on guard.

    Returns
    -------
    datetime
        In UTC; at least 5 minutes (elapsed) after the offer.
    """
    least = offered_at.astimezone(UTC) + ANSWER_WITHIN
    return least if begins_at is None else max(least, begins_at.astimezone(UTC) - ANSWER_WITHIN)

"""How long the images of a study stay, and what holds them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.cases.domain.states import OPEN_FOR_DELIVERY, OPEN_FOR_DISPATCH, CaseState

OPEN_CASES = OPEN_FOR_DISPATCH | OPEN_FOR_DELIVERY
"""Somebody must still read, or still receive."""


class Hold(StrEnum):
    """Why the images of a study stay, however old they are."""

    NEWS = "news"
    """Some of its images nobody was told of yet."""
    UNSORTED = "unsorted"
    """Nobody has said yet whether it is a case, or it is one and waits for its case."""
    OPEN_CASE = "open_case"
    """Its case is not read, or its report has not arrived."""
    DELIVERY = "delivery"
    """Its images or a report are on their way."""
    TASK = "task"
    """Somebody must still do something about it: late images, a corrected identity, a call."""
    IDENTITY = "identity"
    """It is a case with several identities, and nobody has chosen."""
    COMPARISON = "comparison"
    """Images that came again are still to be compared with those that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A study whose images are kept, with all that the rule asks for.

    Parameters
    ----------
    is_case
        By its intake class; absent while it has none.
    last_image_at
        When the last of its images arrived; aware.
    case_state
        Of the case it is in now; absent when it is in none.
    settled_at
        When the last report of that case was delivered or, when it is in no case any more, when it
        left the last one; aware.
    committed_until
        Until when a sender was promised that an image of it is kept; aware.
    """

    study_id: int
    site_id: int
    is_case: bool | None
    last_image_at: datetime
    case_state: CaseState | None
    settled_at: datetime | None
    has_news: bool
    is_delivering: bool
    has_task: bool
    identity_open: bool
    is_compared: bool
    committed_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ages:
    """How long images stay after the delivery of their case.

    Parameters
    ----------
    group
        For all sites that have nothing of their own; positive.
    sites
        Of single sites; positive.
    least
        However full the disk is; positive.
    """

    group: timedelta
    sites: Mapping[int, timedelta]
    least: timedelta

    def of(self, site_id: int) -> timedelta:
        """Return how long images of a site stay; never less than the least."""
        return max(self.sites.get(site_id, self.group), self.least)

    @property
    def shortest(self) -> timedelta:
        """Return what no site goes below."""
        return max(min((self.group, *self.sites.values())), self.least)


def find_hold(stay: Stay) -> Hold | None:
    """Say what holds the images of a study, whatever their age; the first reason that applies.

    Returns
    -------
    Hold or None
        Nothing: they only have to be old enough.
    """
    in_open_case = stay.case_state in OPEN_CASES
    waits = stay.case_state is None and stay.settled_at is None and stay.is_case is not False
    reasons = {
        Hold.NEWS: stay.has_news,
        Hold.OPEN_CASE: in_open_case,
        Hold.UNSORTED: waits,
        Hold.DELIVERY: stay.is_delivering,
        Hold.TASK: stay.has_task,
        Hold.IDENTITY: stay.identity_open and stay.case_state is not None,
        Hold.COMPARISON: stay.is_compared,
    }
    return next((hold for hold, applies in reasons.items() if applies), None)


def find_end(stay: Stay, *, keep: timedelta) -> datetime | None:
    """Say when the images of a study may go, if nothing happens until then.

    They age from the delivery of their case (or from leaving it), from their last arrival when they
    were never part of one; images that came later make all of them younger.

    Parameters
    ----------
    keep
        How long they stay; positive.

    Returns
    -------
    datetime or None
        Aware; nothing while something holds them.
    """
    if find_hold(stay) is not None:
        return None
    aged = max(stay.settled_at or stay.last_image_at, stay.last_image_at) + keep
    return aged if stay.committed_until is None else max(aged, stay.committed_until)


def may_go(stay: Stay, *, keep: timedelta, now: datetime) -> bool:
    """Tell whether the images of a study may go at an instant; at the very end they may."""
    end = find_end(stay, keep=keep)
    return end is not None and end <= now

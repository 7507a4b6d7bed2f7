"""What has happened to the planning, for those downstream."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PlanningPublished:
    """A revision is in force: who is on guard may have changed.

    Parameters
    ----------
    seat_ids
        Seats that the revision assigns.
    radiologist_ids
        Those who gained or lost a seat by it.
    concerns_now
        One of these seats is being held at `at`: offers must be looked at again.
    """

    planning_id: int
    revision_id: int
    number: int
    at: datetime
    seat_ids: frozenset[int]
    radiologist_ids: frozenset[int]
    concerns_now: bool


@dataclass(frozen=True, slots=True)
class CalledToSite:
    """The holder of an on-site seat is called to the site: offers must be looked at again."""

    radiologist_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class SheetMade:
    """An on-call sheet lies in the data folder."""

    sheet_id: int

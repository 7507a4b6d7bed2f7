"""What one open page is to be told: that something changed, or the rows that did."""

import asyncio
import json
import math
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple, Self

from app.worklist.views.worklist import WorklistRow


@dataclass(frozen=True, slots=True)
class Change:
    """A case, a request or a task of a site changed.

    Parameters
    ----------
    case_id
        Absent: it is about no case.
    site_id
        Absent: it is the whole group's, or a task of a society.
    reader_ids
        Radiologists who are asked to read the case, or read it.
    """

    case_id: int | None
    site_id: int | None
    is_task: bool = False
    reader_ids: frozenset[int] = frozenset()

    @property
    def row_id(self) -> int | None:
        """Give the case whose row changed, if it is about one."""
        return None if self.is_task else self.case_id

    def and_then(self, later: Self) -> Self:
        """Join a later change of the same case: who was asked before has to know of it too."""
        return replace(later, reader_ids=self.reader_ids | later.reader_ids)


@dataclass(frozen=True, slots=True)
class RowChange:
    """A case changed, and its row among the cases to read was read anew.

    Parameters
    ----------
    after
        Absent: it is not to be read any more.
    before
        As it was handed on last; absent: nobody knows.
    """

    change: Change
    after: WorklistRow | None
    before: WorklistRow | None = None

    def is_news_to(self, radiologist_id: int | None) -> bool:
        """Tell whether this reader is asked to read the case since, or is no longer.

        To who stays asked it is news that the priority or how far the claim is has changed.
        """
        is_asked = self.after is not None and self.after.is_asked(radiologist_id)
        if self.before is None:
            return is_asked or radiologist_id in self.change.reader_ids
        if is_asked != self.before.is_asked(radiologist_id):
            return True
        return is_asked and _find_urgency(self.after) != _find_urgency(self.before)


def _find_urgency(row: WorklistRow | None) -> tuple[str, str | None] | None:
    """Find the priority of a case and how far its claim is."""
    if row is None:
        return None
    return row.priority, None if row.claim is None else row.claim.stage


Rows = Mapping[int, WorklistRow | None]
"""By case: the row as it is now; nothing: it is not on the page, whether it ever was or not."""


class Told(NamedTuple):
    """What one stream is told: a number that grows, what has to be looked at, and rows."""

    version: int
    topics: frozenset[str]
    rows: Rows = MappingProxyType({})
    rows_at: datetime | None = None
    """When the rows were read, aware."""


REST_S = 0.5
"""How long a page rests after what it was sent, but for what its reader is asked."""
_NEWS_AT_ONCE = 3
"""So much news of what its reader is asked is sent without a rest between."""
PAGE, TASKS = "worklist", "tasks"
"""What the page itself shows, and what may be to do elsewhere."""


def read_change(payload: str) -> Change | None:
    """Read what a trigger wrote, or nothing when it cannot be understood."""
    try:
        change = json.loads(payload)
        return Change(
            case_id=_read_id(change.get("case")),
            site_id=_read_id(change["site"]),
            is_task="task" in change,
            reader_ids=frozenset(map(int, change.get("readers", ()))),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _read_id(value: object) -> int | None:
    return None if value is None else int(str(value))


class Subscription:
    """What one stream wants to be told.

    Parameters
    ----------
    site_ids
        Sites whose cases it may see; absent: all.
    case_id
        The one case its page shows; absent: all of its sites.
    has_societys_tasks
        Tasks that are of no site, but of a society, may be theirs: planners see no worklist.
    radiologist_id
        Whose page it is; absent: of nobody who reads.
    session_id
        The browser's session, of a page that is sent the rows themselves; absent: it fetches them.
    """

    def __init__(
        self,
        *,
        site_ids: frozenset[int] | None,
        case_id: int | None = None,
        has_societys_tasks: bool = False,
        radiologist_id: int | None = None,
        session_id: int | None = None,
    ) -> None:
        self.site_ids = site_ids
        self.has_societys_tasks = has_societys_tasks
        self.session_id = session_id
        self.is_doubted = False
        """Has its session ended, as far as is known?"""
        self._case_id = case_id
        self._radiologist_id = radiologist_id
        self._version = 0
        self._topics: set[str] = set()
        self._rows: dict[int, WorklistRow | None] = {}
        self._rows_at: datetime | None = None
        self._look_due_s = self._rows_due_s = math.inf
        self._looked_s = self._handed_s = -math.inf
        # When the page will have rested after each of the news it was sent.
        self._rested_s = -math.inf
        self._has_news = False
        self._woken = asyncio.Event()
        self.closed = False

    def find_topic(self, change: Change) -> str | None:
        """Say what this stream has to look at, if it may know of the change at all."""
        is_inside = self.site_ids is None or change.site_id in self.site_ids
        if not is_inside and not self.is_asked(change):
            may_be_theirs = self.has_societys_tasks and change.is_task and change.site_id is None
            return TASKS if may_be_theirs else None
        if self.takes_rows and change.is_task:
            return TASKS
        return PAGE if self._case_id in {None, change.case_id} else TASKS

    def sees(self, row: WorklistRow | None) -> bool:
        """Tell whether a row stands on this page."""
        if row is None:
            return False
        is_inside = self.site_ids is None or row.site_id in self.site_ids
        return is_inside or row.is_asked(self._radiologist_id)

    @property
    def takes_rows(self) -> bool:
        """Is it sent the rows that changed?"""
        return self.session_id is not None

    def is_asked(self, change: Change) -> bool:
        """Tell whether the change is about a case that the reader of this page is to read."""
        return self._radiologist_id in change.reader_ids

    @property
    def is_readers(self) -> bool:
        """Is it the page of somebody who may be asked to read?"""
        return self._radiologist_id is not None

    def tell(
        self, version: int, *, topic: str = PAGE, pace_s: float = 0.0, turn_s: float = 0.0
    ) -> None:
        """Wake the stream; several changes before it looks are one.

        Parameters
        ----------
        pace_s
            How long from one look to the next, >= 0; 0: it may look at once.
        turn_s
            How long who has rested long enough waits for its turn at most, >= 0; it is drawn.
            Who has been given a turn keeps it: it would come sooner with each change otherwise.
        """
        self._version = version
        self._topics.add(topic)
        if turn_s > 0 and math.isfinite(self._look_due_s):
            return
        now_s = asyncio.get_running_loop().time()
        # No secret: it only spreads the looks of a crowd.
        drawn_s = random.uniform(0.0, turn_s)  # noqa: S311
        due_s = max(now_s + drawn_s, self._looked_s + pace_s)
        if due_s < self._look_due_s:
            self._look_due_s = due_s
            self._woken.set()

    def hand(
        self, case_id: int, changed: RowChange, *, version: int, at: datetime, pace_s: float
    ) -> None:
        """Keep a row for a page, or that it has none of this case.

        Who is asked to read a case, or is no longer, is sent it at once, and so is a new priority
        or stage of the claim: no other change stands before such news, and of news only as much
        before it as fills the rests between. All else that changes waits as it does for everybody.
        What the page had is not known here: it is told of a case that it may not see by its number.
        """
        self._version = version
        self._rows[case_id] = changed.after if self.sees(changed.after) else None
        self._rows_at = at
        now_s = asyncio.get_running_loop().time()
        if changed.is_news_to(self._radiologist_id):
            self._has_news = True
            due_s = max(now_s, self._rested_s - (_NEWS_AT_ONCE - 1) * REST_S)
        else:
            due_s = max(now_s, self._handed_s + pace_s)
        # Who is not due sooner than before sleeps on: a crowd would wake at each change of others.
        if due_s < self._rows_due_s:
            self._rows_due_s = due_s
            self._woken.set()

    def follow(
        self,
        *,
        site_ids: frozenset[int] | None,
        has_societys_tasks: bool,
        radiologist_id: int | None,
    ) -> None:
        """Take what the reader of the page may see now; when it is not what it was, the page looks.

        What was kept for them before is not sent any more.
        """
        self.is_doubted = False
        self.has_societys_tasks = has_societys_tasks
        if (site_ids, radiologist_id) == (self.site_ids, self._radiologist_id):
            return
        self.site_ids, self._radiologist_id = site_ids, radiologist_id
        self._rows = {}
        self.tell(self._version)

    def doubt(self) -> None:
        """Let the stream look at its session before it says another word."""
        self.is_doubted = True
        self._woken.set()

    def close(self) -> None:
        """End the stream."""
        self.closed = True
        self._woken.set()

    async def wait(self, *, longest_s: float) -> Told | None:
        """Wait for what was not yet told, and for its turn; nothing when nothing is by then."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + longest_s
        while not self._is_disturbed and loop.time() < min(self._due_s, until_s):
            self._woken.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min(self._due_s, until_s)):
                    await self._woken.wait()
        now_s = loop.time()
        if self._is_disturbed or self._due_s > now_s:
            return None
        topics: frozenset[str] = frozenset()
        # Rows that are due take nobody's turn to look.
        if self._look_due_s <= now_s:
            topics = frozenset(self._topics)
            self._topics.clear()
            self._look_due_s, self._looked_s = math.inf, now_s
        rows, self._rows = self._rows, {}
        if self._has_news:
            self._has_news = False
            # What a look took with it before it was due makes no later news wait for longer.
            rested_s = min(self._rested_s, now_s + (_NEWS_AT_ONCE - 1) * REST_S)
            self._rested_s = max(now_s, rested_s) + REST_S
        self._rows_due_s, self._handed_s = math.inf, now_s
        return Told(self._version, topics, rows, self._rows_at)

    @property
    def _due_s(self) -> float:
        return min(self._look_due_s, self._rows_due_s)

    @property
    def _is_disturbed(self) -> bool:
        return self.closed or self.is_doubted

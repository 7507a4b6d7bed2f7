"""How simulated readers take cases, read them, and put them aside."""

import math
from collections.abc import Mapping
from functools import partial

from app.cases.domain.priority import Priority
from app.dispatch.domain.policy import Line
from app.dispatch.domain.simulation.asking import Asking
from app.dispatch.domain.simulation.events import VirtualClock
from app.dispatch.domain.simulation.people import Desk, Waiting
from app.dispatch.domain.simulation.ways import Policy, Way


class Reading:
    """The desks at work: nobody reads two cases at a time, and what was begun is ended."""

    def __init__(
        self, desks: Mapping[int, Desk], *, policy: Policy, clock: VirtualClock, asking: Asking
    ) -> None:
        self.waiting: dict[int, Waiting] = {}
        """Cases that nobody has claimed, by number."""
        self._desks = desks
        self._policy = policy
        self._clock = clock
        self._asking = asking

    def take(self, desk: Desk, case: Waiting) -> None:
        """Let a reader claim a case and begin to read it."""
        now = self._clock.at
        for who in case.nominees:
            self._desks[who].offered.pop(case.number, None)
        del self.waiting[case.number]
        case.is_taken_over = desk.radiologist_id not in case.nominees
        case.reader_id, case.began = desk.radiologist_id, now
        desk.taken_at.append(now)
        self._asking.count_read(desk.seated.society)
        self._hold(desk, case, left=case.arrival.read)

    def put_aside_for(self, desk: Desk, case: Waiting) -> None:
        """Let a reader put aside what they read, and take another case."""
        self.stop(desk)
        self.take(desk, case)

    def stop(self, desk: Desk) -> None:
        """Let a reader stop; what they read keeps what is left of it."""
        if desk.reading is not None:
            desk.aside.append((desk.reading, desk.find_left(self._clock.at)))
            desk.reading = None
            desk.reads += 1

    def drop(self, desk: Desk) -> list[Waiting]:
        """Take from a reader who has stopped what they had claimed: it is read anew by others."""
        dropped = [case for case, _ in desk.aside]
        desk.aside.clear()
        for case in dropped:
            case.reader_id, case.began, case.nominees = None, math.inf, []
            case.done, case.is_acknowledged = 0, False
            self.waiting[case.number] = case
        return dropped

    def look(self, desk: Desk, *, has_read: bool = False) -> None:
        """Let a reader who is free look at their worklist, and take what stands first."""
        now = self._clock.at
        if desk.reading is not None or not desk.is_able(now):
            return
        case = self._find_next(desk, has_read=has_read) if desk.is_on_guard(now) else None
        if desk.aside and (case is None or case.arrival.priority is not Priority.P1):
            self._hold(desk, *desk.aside.pop())
        elif case is not None:
            self.take(desk, case)

    def _find_next(self, desk: Desk, *, has_read: bool) -> Waiting | None:
        found = min(desk.offered.values(), key=self._order, default=None)
        if found is not None or not has_read or not self._policy.takes_over:
            return found
        if desk.seated.line is not Line.FIRST or desk.aside:
            return None
        now = self._clock.at
        others = (
            case
            for case in self.waiting.values()
            if case.nominees and case.offered_at + case.arrival.reaction <= now
        )
        return min(others, key=self._order, default=None)

    def _order(self, case: Waiting) -> tuple[float, int]:
        """Order a list: by least slack, reads being equal; that of the pool by arrival."""
        return case.arrival.at if self._policy.way is Way.POOL else case.due, case.number

    def _hold(self, desk: Desk, case: Waiting, left: float) -> None:
        now = self._clock.at
        desk.reading, desk.resumed_at, desk.left = case, now, left
        desk.reads += 1
        self._clock.set(now + left, partial(self._end, desk, desk.reads))

    def _end(self, desk: Desk, reads: int) -> None:
        if reads != desk.reads or desk.reading is None:
            return
        desk.reading.ended = self._clock.at
        desk.reading = None
        self.look(desk, has_read=True)

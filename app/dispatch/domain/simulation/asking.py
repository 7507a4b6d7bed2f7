"""To whom an arriving case is offered, by each policy; ours asks `decide` as the platform does."""

from collections.abc import Sequence

from app.dispatch.domain.exams import ExamKind, Region
from app.dispatch.domain.loads import Ahead, Load, sum_ahead
from app.dispatch.domain.policy import CaseToRead, Circle, Line, Reader, Ring, decide
from app.dispatch.domain.presence import PresenceState
from app.dispatch.domain.shares import find_deficits
from app.dispatch.domain.simulation.night import Night
from app.dispatch.domain.simulation.people import Desk, Waiting
from app.dispatch.domain.simulation.ways import Policy, Way
from app.kit.interval import Interval

_KIND = ExamKind("CT", Region.OTHER)
_NO_CAP = 60
"""Of a reader: what the parameters allow counts alone."""
_OF_A_TERRITORY = 2
"""Societies 0 and 1 share a territory, 2 and 3 another, and so on."""


def find_ring(reader_society: int, *, society: int) -> Ring:
    """Say how near a reader of a society is to the sites of one."""
    if reader_society == society:
        return Ring.REFERENT
    near = reader_society // _OF_A_TERRITORY == society // _OF_A_TERRITORY
    return Ring.TERRITORY if near else Ring.GCS


class Asking:
    """Chooses nominees on one night, by one policy."""

    def __init__(self, night: Night, policy: Policy, desks: Sequence[Desk]) -> None:
        self._night = night
        self._policy = policy
        self._desks = desks
        self._turn = 0
        self._read_by: dict[int, int] = dict.fromkeys(range(len(night.shares)), 0)
        self._shares = dict(enumerate(night.shares))
        self._guards = {
            desk.radiologist_id: Interval(
                night.find_instant(desk.seated.begins), night.find_instant(desk.seated.ends)
            )
            for desk in desks
        }

    def count_read(self, society: int) -> None:
        """Count a case that a society has taken."""
        self._read_by[society] += 1

    def choose(self, case: Waiting, *, circle: Circle, at: float) -> list[int]:
        """Name the nominees, best first; nobody when nobody is there."""
        here = [desk for desk in self._desks if desk.is_on_guard(at)]
        if self._policy.way is Way.RULE:
            return self._ask_rule(case, here, circle=circle, at=at)
        first = [desk for desk in here if desk.seated.line is Line.FIRST]
        return [each.radiologist_id for each in self._choose_simply(case, first, at=at)]

    def _choose_simply(self, case: Waiting, here: list[Desk], *, at: float) -> list[Desk]:
        there = [desk for desk in here if desk.find_presence(at) is not PresenceState.GONE]
        own = [desk for desk in there if desk.seated.society == case.arrival.society]
        way = self._policy.way
        if way is Way.POOL:
            return there
        if way is Way.ROUND_ROBIN and there:
            self._turn += 1
            return [there[self._turn % len(there)]]
        if way is Way.ALONE:
            there = own
        elif way is Way.OWN_FIRST:
            there = own or there
        fewest = min((desk.count for desk in there), default=0)
        return [desk for desk in there if desk.count == fewest][:1]

    def _ask_rule(self, case: Waiting, here: list[Desk], *, circle: Circle, at: float) -> list[int]:
        night, now = self._night, self._night.find_instant(at)
        deficits = find_deficits(self._read_by, shares=self._shares)
        to_read = CaseToRead(
            case_id=case.number,
            priority=case.arrival.priority,
            signed_due_at=night.find_instant(case.due),
            readers_at_once=case.sla.readers_at_once,
            waiting_since=night.find_instant(case.arrival.at),
            modality=_KIND.modality,
            region=_KIND.region,
        )
        readers = [self._describe(desk, case, at=at, deficits=deficits) for desk in here]
        decision = decide(
            to_read, readers=readers, circle=circle, now=now, parameters=self._policy.parameters
        )
        return list(decision.nominees)

    def _describe(
        self, desk: Desk, case: Waiting, *, at: float, deficits: dict[int, float]
    ) -> Reader:
        ahead = self._sum_ahead(desk, case, at=at)
        return Reader(
            radiologist_id=desk.radiologist_id,
            line=desk.seated.line,
            guard=self._guards[desk.radiologist_id],
            ring=find_ring(desk.seated.society, society=case.arrival.society),
            may_read_site=True,
            claims=ahead.claims,
            nominations=ahead.nominations,
            ahead_minutes=ahead.minutes,
            claims_last_hour=desk.count_claims(at),
            hourly_cap=_NO_CAP,
            read_minutes=self._night.expected_read,
            society_deficit=deficits.get(desk.seated.society, 0.0),
            presence=desk.find_presence(at),
        )

    def _sum_ahead(self, desk: Desk, case: Waiting, *, at: float) -> Ahead:
        """Sum what lies ahead of a reader, as the platform sums it."""
        own = [each for each in desk.offered.values() if each is not case]
        if self._policy.foresees:
            before = sum(each.due <= case.due for each in own)
            left = 0.0 if desk.reading is None else desk.find_left(at)
            left += sum(minutes for _, minutes in desk.aside) + before * self._night.expected_read
            return Ahead((desk.reading is not None) + len(desk.aside), before, left)
        if not own and desk.reading is None and not desk.aside:
            return Ahead()
        night, who = self._night, desk.radiologist_id
        loads = [
            Load(
                radiologist_id=who,
                minutes=night.expected_read,
                signed_due_at=night.find_instant(each.due),
                offered_to=len(each.nominees),
            )
            for each in own
        ]
        loads += [self._hold(who, each, is_aside=True) for each, _ in desk.aside]
        if desk.reading is not None:
            loads.append(self._hold(who, desk.reading, is_aside=False))
        due, now = night.find_instant(case.due), night.find_instant(at)
        return sum_ahead(loads, signed_due_at=due, now=now)

    def _hold(self, who: int, case: Waiting, *, is_aside: bool) -> Load:
        return Load(
            radiologist_id=who,
            minutes=self._night.expected_read,
            signed_due_at=self._night.find_instant(case.due),
            claimed_at=self._night.find_instant(case.began),
            is_aside=is_aside,
        )

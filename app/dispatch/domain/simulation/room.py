"""A night on a virtual clock: cases arrive, are offered, widened by their steps, and read.

The rule, the clocks of a case and the circles of its steps are the platform's own. People are
simple: who is awake and offered a case has seen it after its reaction; who is free takes what is
due first, and ends what they began; who is called from the backup line needs a while more. A case
for which nobody is there is offered when that changes (the platform asks again every 15 s).
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from app.cases.domain.countdown import find_countdown
from app.cases.domain.priority import Priority
from app.cases.domain.sla import Audience, Step, find_step_due
from app.cases.domain.sla import Waiting as Clocks
from app.dispatch.domain.circles import CIRCLES, find_circle
from app.dispatch.domain.policy import EXPECTED_READ, Line
from app.dispatch.domain.simulation.asking import Asking
from app.dispatch.domain.simulation.events import VirtualClock
from app.dispatch.domain.simulation.night import Night, Trouble, TroubleKind
from app.dispatch.domain.simulation.people import (
    CLAIMS_AFTER,
    KNOWN_AFTER,
    Desk,
    Waiting,
    seat,
)
from app.dispatch.domain.simulation.reading import Reading
from app.dispatch.domain.simulation.ways import Policy

_MINUTE = timedelta(minutes=1)
CALLED_AFTER = 10.0
"""How long who is called from the backup line needs to be at their workstation, in minutes."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a night: its cases in the order of arrival, and how many steps were taken."""

    cases: tuple[Waiting, ...]
    steps: Counter[Audience]


def simulate(night: Night, policy: Policy) -> Outcome:
    """Let a night be read by a policy; the same night always gives the same outcome."""
    return _Room(night, policy).run()


class _Room:
    def __init__(self, night: Night, policy: Policy) -> None:
        self._night = night
        self._policy = policy
        self._desks = seat(night.seated, night.troubles)
        self._clock = VirtualClock()
        self._asking = Asking(night, policy, tuple(self._desks.values()))
        self._reading = Reading(self._desks, policy=policy, clock=self._clock, asking=self._asking)
        self._steps: Counter[Audience] = Counter()
        spans = [(each.begins, each.ends) for each in night.seated]
        spans += [(each.begins, each.ends) for each in night.troubles]
        self._changes = sorted({edge for span in spans for edge in span})

    def run(self) -> Outcome:
        cases = tuple(self._open(number) for number in range(len(self._night.arrivals)))
        for case in cases:
            self._clock.set(case.arrival.at, partial(self._arrive, case))
        for trouble in self._night.troubles:
            self._befall(trouble)
        self._clock.run()
        return Outcome(cases, self._steps)

    def _open(self, number: int) -> Waiting:
        arrival = self._night.arrivals[number]
        sla = self._night.slas[arrival.priority]
        return Waiting(number, arrival, sla, arrival.at + sla.signed_within / _MINUTE)

    def _arrive(self, case: Waiting) -> None:
        self._reading.waiting[case.number] = case
        self._nominate(case)

    # ---------------------------------------------------------------------------------- offering

    def _nominate(self, case: Waiting) -> None:
        """Offer a case to whom the policy names, and to nobody else."""
        if case.reader_id is not None:
            return
        now = self._clock.at
        chosen = self._asking.choose(case, circle=find_circle(case.sla, done=case.done), at=now)
        for who in case.nominees:
            self._desks[who].offered.pop(case.number, None)
        case.nominees, case.is_acknowledged, case.offered_at = [], False, now
        if not chosen:
            following = bisect_right(self._changes, now)
            if following < len(self._changes):
                self._clock.set(self._changes[following], partial(self._nominate, case))
            return
        self._await_step(case)
        self._offer(case, chosen)

    def _offer(self, case: Waiting, chosen: Sequence[int]) -> None:
        """Offer a case to some more readers; it is offered anew when all are off guard."""
        case.nominees += chosen
        lines: dict[bool, list[Desk]] = {}
        for who in chosen:
            desk = self._desks[who]
            desk.offered[case.number] = case
            lines.setdefault(desk.seated.line is Line.FIRST, []).append(desk)
        last = max(self._desks[who].seated.ends for who in chosen)
        self._clock.set(last, partial(self._renew, case))
        for is_first, desks in lines.items():
            needs = case.arrival.reaction + (0.0 if is_first else CALLED_AFTER)
            if needs:
                self._clock.set(self._clock.at + needs, partial(self._notice, case, desks))
            else:
                self._notice(case, desks)

    def _renew(self, case: Waiting) -> None:
        now = self._clock.at
        if case.reader_id is None and not any(
            self._desks[who].is_on_guard(now) for who in case.nominees
        ):
            self._nominate(case)

    def _notice(self, case: Waiting, desks: Sequence[Desk]) -> None:
        """Let readers see what they are offered: who is free takes it."""
        now = self._clock.at
        seen = [
            desk
            for desk in desks
            if case.number in desk.offered and desk.is_on_guard(now) and desk.is_able(now)
        ]
        if not seen:
            return
        free = [desk for desk in seen if desk.reading is None]
        if free:
            self._reading.take(free[0], case)
            return
        if self._policy.puts_aside and case.arrival.priority is Priority.P1:
            for desk in seen:
                if desk.reading and desk.reading.arrival.priority is not Priority.P1:
                    self._reading.put_aside_for(desk, case)
                    return
        if not case.is_acknowledged:
            case.is_acknowledged = True
            self._await_step(case)

    # ------------------------------------------------------------------------------------- steps

    def _await_step(self, case: Waiting) -> None:
        """Look again when the next step is due; what was set for it before holds no longer."""
        if not self._policy.takes_steps:
            return
        case.looks += 1
        night = self._night
        countdown = find_countdown(
            first_image_at=night.find_instant(case.arrival.at),
            signed_due_at=night.find_instant(case.due),
            expected_read=EXPECTED_READ,
        )
        clocks = Clocks(
            offered_at=night.find_instant(case.offered_at),
            is_acknowledged=case.is_acknowledged,
            slack_ends_at=None if countdown is None else countdown.slack_ends_at,
        )
        due = find_step_due(case.sla, done=case.done, waiting=clocks)
        if due is not None:
            at = (due - night.start) / _MINUTE
            self._clock.set(at, partial(self._take_step, case, case.looks))

    def _take_step(self, case: Waiting, looks: int) -> None:
        """Take the step that is due; one that reaches nobody new is not waited for."""
        if looks != case.looks or case.reader_id is not None:
            return
        is_skipped = True
        while is_skipped and case.done < len(case.sla.steps):
            is_skipped = not self._reach(case, case.sla.steps[case.done])
        if case.reader_id is None:
            self._await_step(case)

    def _reach(self, case: Waiting, step: Step) -> bool:
        case.done += 1
        self._steps[step.audience] += 1
        circle = CIRCLES.get(step.audience)
        if circle is None:
            return True
        chosen = self._asking.choose(case, circle=circle, at=self._clock.at)
        fresh = [who for who in chosen if who not in case.nominees]
        if fresh:
            self._offer(case, fresh)
        return bool(fresh)

    # ----------------------------------------------------------------------------------- trouble

    def _befall(self, trouble: Trouble) -> None:
        desk = self._desks[trouble.radiologist_id]
        self._clock.set(trouble.ends, partial(self._reading.look, desk))
        if trouble.kind is not TroubleKind.CENTRE_DOWN:
            return
        self._clock.set(trouble.begins, partial(self._reading.stop, desk))
        if self._policy.fails_over:
            for after, action in ((KNOWN_AFTER, self._move), (CLAIMS_AFTER, self._take_away)):
                if trouble.begins + after < trouble.ends:
                    self._clock.set(trouble.begins + after, partial(action, desk))

    def _move(self, desk: Desk) -> None:
        """Offer to others what is offered to a reader who is gone."""
        for case in tuple(desk.offered.values()):
            self._nominate(case)

    def _take_away(self, desk: Desk) -> None:
        for case in self._reading.drop(desk):
            self._nominate(case)

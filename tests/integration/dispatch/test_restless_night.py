"""Whatever happens in whatever order, no case is forgotten, and none has two owners.

Cases arrive, people claim and give back, put aside and sleep, processes die between two statements,
the planning and the rights change, time passes with and without a scheduler. `make soak` plays it
for longer.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import ExitStack
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from app import pipeline
from app.cases.domain.priority import Priority
from app.db.engine import make_engine
from app.db.session import make_sessions
from app.dispatch.domain.policy.stored import replay, write_answer
from app.dispatch.models import Audit, Decision
from tests.factories.looks import Look, look
from tests.factories.restless import Act, Reader, begin_night
from tests.plugins.database import TestServer

MINUTE = timedelta(minutes=1)
SPANS = [timedelta(seconds=20), MINUTE, 4 * MINUTE, 15 * MINUTE, 40 * MINUTE, 100 * MINUTE]
Result = TypeVar("Result")
some = st.integers(0, 5)
deaths = st.none() | st.none() | st.integers(0, 40)


class RestlessMachine(RuleBasedStateMachine):
    """Plays one night on a database of its own, and looks at every case after each rule."""

    replayed = 0
    """How many decisions of all nights were made again."""

    def __init__(self, server: TestServer) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.runner = self.stack.enter_context(asyncio.Runner())
        self.engine = make_engine(self.stack.enter_context(server.lend()), pool_size=3)
        self.night = self.run(begin_night(make_sessions(self.engine)))
        self.seen: list[Look] = []
        self.latest = self.night.now

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    def look(self) -> list[Look]:
        return self.run(look(self.night.sessions, now=self.night.now))

    def check(self) -> None:
        """Look at all there is as it stands, and again when the scheduler was woken."""
        now = self.night.now
        self.latest = max(self.latest, now)
        wrong = {each.case.id: list(each.find_wrong(now=now)) for each in self.look()}
        assert not any(wrong.values()), wrong
        self.run(self.night.work())
        self.seen = self.look()
        for each in self.seen:
            undone = [*each.find_wrong(now=now), *each.find_undone(now=now)]
            assert not undone, (each.case.id, undone)

    def list_ids(self, *states: str) -> list[int]:
        """List the cases in these states, as the last look has shown them."""
        return [each.case.id for each in self.seen if each.case.state in states]

    def pick(self, number: int, *states: str) -> int:
        """Pick one of the cases in these states."""
        ids = self.list_ids(*states)
        return ids[number % len(ids)]

    def act(self, act: Act, *, dies_at: int | None) -> None:
        self.run(self.night.attempt(act, dies_at=dies_at))
        self.check()

    def reader_of(self, case_id: int, number: int) -> Reader:
        """Give who reads a case, else anybody."""
        (found,) = [each for each in self.seen if each.case.id == case_id]
        own = [each for each in self.night.crew if each.radiologist.id == found.case.reader_id]
        return own[0] if own else self.night.crew[number]

    # ------------------------------------------------------------------ what happens

    @initialize(priority=st.sampled_from([Priority.P1, Priority.P2, Priority.P3]))
    def begin(self, priority: Priority) -> None:
        self.arrive(priority, times=1)

    @rule(
        priority=st.sampled_from([Priority.P1, Priority.P2, Priority.P3]), times=st.integers(1, 3)
    )
    def arrive(self, priority: Priority, times: int) -> None:
        for _ in range(times):
            self.run(self.night.arrive(priority))
        self.check()

    @rule(span=st.sampled_from(SPANS))
    def wait(self, span: timedelta) -> None:
        self.run(self.night.pass_time(span))
        self.check()

    @rule(span=st.sampled_from(SPANS[:-1]))
    def be_without_a_scheduler(self, span: timedelta) -> None:
        self.night.clock.advance(span)
        self.check()

    @rule(minutes=st.sampled_from([-10, 10]))
    def set_the_clock(self, minutes: int) -> None:
        self.night.clock.advance(minutes * MINUTE)
        self.check()

    @rule(span=st.sampled_from(SPANS[:-1]), dies_at=st.integers(0, 200))
    def lose_the_scheduler_at_work(self, span: timedelta, dies_at: int) -> None:
        self.night.clock.advance(span)
        self.run(self.night.work(dies_at=dies_at))
        self.check()

    @precondition(lambda self: self.list_ids("open", "nominated"))
    @rule(
        what=st.sampled_from(["acknowledge", "claim", "claim"]),
        who=some,
        which=some,
        dies_at=deaths,
    )
    def answer(self, what: str, who: int, which: int, dies_at: int | None) -> None:
        case_id, reader = self.pick(which, "open", "nominated"), self.night.crew[who]
        self._do(what, case_id, reader, dies_at=dies_at)

    @precondition(lambda self: self.list_ids("reading"))
    @rule(
        what=st.sampled_from(["put_aside", "resume", "still_reading", "release"]),
        which=some,
        dies_at=deaths,
    )
    def go_on(self, what: str, which: int, dies_at: int | None) -> None:
        case_id = self.pick(which, "reading")
        words = {"reason": "too tired"} if what == "release" else {}
        self._do(what, case_id, self.reader_of(case_id, 0), dies_at=dies_at, **words)

    def _do(
        self, what: str, case_id: int, reader: Reader, *, dies_at: int | None, **words: str
    ) -> None:
        use_case, now = getattr(pipeline, what), self.night.now
        self.act(
            lambda session: use_case(session, case_id, actor=reader.actor, now=now, **words),
            dies_at=dies_at,
        )

    @precondition(lambda self: self.list_ids("nominated", "reading"))
    @rule(which=some, who=st.lists(some, min_size=2, max_size=3, unique=True))
    def claim_together(self, which: int, who: list[int]) -> None:
        case_id = self.pick(which, "nominated", "reading")
        self.run(self.night.claim_together(case_id, [self.night.crew[each] for each in who]))
        self.check()

    @precondition(lambda self: self.list_ids("nominated", "reading"))
    @rule(who=some, which=some)
    def sign(self, who: int, which: int) -> None:
        case_id = self.pick(which, "nominated", "reading")
        self.run(self.night.sign(case_id, self.reader_of(case_id, who)))
        self.check()

    @precondition(lambda self: self.list_ids("reading"))
    @rule(which=some, dies_at=deaths)
    def open_to_others(self, which: int, dies_at: int | None) -> None:
        case_id, night = self.pick(which, "reading"), self.night
        self.act(
            lambda session: pipeline.dispossess(
                session, case_id, actor=night.coordinator, reason="asleep", now=night.now
            ),
            dies_at=dies_at,
        )

    @rule(seat=st.integers(1, 2), who=st.none() | some)
    def change_the_planning(self, seat: int, who: int | None) -> None:
        holder = None if who is None else self.night.crew[who].radiologist
        self.run(self.night.give(self.night.seats[seat], holder))
        self.check()

    @rule(who=some, is_allowed=st.booleans())
    def change_a_right(self, who: int, is_allowed: bool) -> None:  # noqa: FBT001 - Hypothesis names it
        self.run(self.night.allow(self.night.crew[who].radiologist, is_allowed=is_allowed))
        self.check()

    # ------------------------------------------------------------------ the end

    def teardown(self) -> None:
        try:
            # Until the first one of them all is due, also by a clock that was set back.
            self.run(self.night.pass_time(self.latest - self.night.now + 5 * MINUTE))
            self.check()
            self.run(self._judge())
        finally:
            self.run(self.engine.dispose())
            self.stack.close()

    async def _judge(self) -> None:
        """Make every decision again from its row; the auditor found nothing all night."""
        async with self.night.sessions() as session:
            decisions = (await session.scalars(select(Decision))).all()
            found = await session.scalar(select(func.sum(Audit.finding_count)))
        for each in decisions:
            again = replay(each.inputs, rule_version=each.rule_version)
            assert write_answer(again) == (each.ranking, each.exclusions)
            assert again.next_deadline == each.next_deadline
        assert not found
        # A night has none when its one case is claimed before it would be offered.
        type(self).replayed += len(decisions)


def test_nothing_is_forgotten_or_owned_by_two_in_a_restless_night(
    database_server: TestServer,
) -> None:
    class Machine(RestlessMachine):
        def __init__(self) -> None:
            super().__init__(database_server)

    is_soak = settings.get_current_profile_name() == "soak"
    # The same nights in each run of the suite; others in each soak.
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=400 if is_soak else 5,
            stateful_step_count=60 if is_soak else 30,
            derandomize=not is_soak,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Machine.replayed

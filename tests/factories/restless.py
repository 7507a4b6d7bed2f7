"""A night in which anything may happen at any moment: its people act, die half way, sleep."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases.domain.priority import Priority
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import Actor, Role
from app.directory.models import Radiologist, RadiologistSite
from app.kit.errors import AppError
from app.planning.events import PlanningPublished
from app.planning.models import Assignment, Seat
from scheduler.job import Bench
from scheduler.jobs import audit, dispatch
from tests.factories.bench import make_bench
from tests.factories.bombs import Bomb, Killed, laid
from tests.factories.flow import open_case, sign_case
from tests.factories.relief import give_seat
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    add_user,
    put_on_guard,
    set_stage,
)

Act = Callable[[AsyncSession], Awaitable[object]]
_ROUNDS = 3
"""What is done at one instant may make something else due at it, and that once more."""
_HOURS = (NIGHT - timedelta(hours=3), NIGHT + timedelta(days=20))


@dataclass
class Reader:
    """Who reads, or could."""

    radiologist: Radiologist
    actor: Actor


@dataclass
class RestlessNight:
    """What a machine acts on; the clock stands still within an act."""

    sessions: Sessions
    clock: SetClock
    bench: Bench
    stage: Stage
    crew: Sequence[Reader]
    seats: Sequence[Seat]
    """Of the first line: the first one is never given to another, so that somebody is there."""
    coordinator: Actor

    @property
    def now(self) -> datetime:
        """The instant at which it stands."""
        return self.clock.instant

    async def attempt(self, act: Act, *, dies_at: int | None = None) -> bool:
        """Let somebody act; tell whether it was allowed, and they lived to see it committed.

        Parameters
        ----------
        dies_at
            Before which statement their process ends; nothing: it lives.
        """
        with ExitStack() as stack:
            if dies_at is not None:
                stack.enter_context(laid(self.sessions, Bomb(dies_at)))
            try:
                async with unit_of_work(self.sessions) as session:
                    await act(session)
            except (AppError, Killed):
                return False
        return True

    async def work(self, *, dies_at: int | None = None) -> None:
        """Let the scheduler do what is due, or die over it."""
        with ExitStack() as stack:
            if dies_at is not None:
                stack.enter_context(laid(self.sessions, Bomb(dies_at)))
            try:
                await self._attend()
                await audit.run(self.bench)
            except Killed:
                return

    async def _attend(self) -> datetime | None:
        """Let dispatch do what is due, and what comes of that; give what is due next.

        As who attends the job does: a claim that is opened to others may leave a step behind that
        is due at once.
        """
        for _ in range(_ROUNDS):
            await dispatch.run(self.bench)
            async with self.sessions() as session:
                due = await dispatch.JOB.find_next_due(session)
            if due is None or due > self.now:
                return due
        raise AssertionError("what was looked at is due at once, again and again")

    async def pass_time(self, span: timedelta) -> None:
        """Let time pass; the scheduler works whenever something is due."""
        until = self.now + span
        while True:
            due = await self._attend()
            if due is None or due > until:
                break
            self.clock.instant = due
        self.clock.instant = until
        await self.work()

    # ------------------------------------------------------------------ acts

    async def arrive(self, priority: Priority) -> None:
        """Let a study come; what is neither urgent nor usual is made so by the coordinator."""

        async def act(session: AsyncSession) -> None:
            stage = replace(self.stage, session=session)
            is_urgent = priority is Priority.P1
            case_id = await open_case(stage, at=self.now, urgent=is_urgent)
            if priority is Priority.P3:
                await pipeline.change_priority(
                    session,
                    case_id,
                    priority=priority,
                    reason="known",
                    actor=self.coordinator,
                    now=self.now,
                )

        assert await self.attempt(act)

    async def sign(self, case_id: int, reader: Reader) -> bool:
        """Let a reader write and sign a report, having claimed the case if nobody has."""

        async def act(session: AsyncSession) -> None:
            stage = replace(self.stage, session=session)
            before = self.now - timedelta(minutes=1)
            await sign_case(stage, case_id, actor=reader.actor, instances=2, at=before)

        return await self.attempt(act)

    async def give(self, seat: Seat, radiologist: Radiologist | None) -> None:
        """Publish that a seat is somebody else's, or nobody's; whoever has one keeps it."""
        stage = replace(self.stage)

        async def act(session: AsyncSession) -> None:
            stage.session = session
            held = select(Assignment.seat_id, Assignment.radiologist_id).where(Assignment.in_force)
            holders = {row.seat_id: row.radiologist_id for row in await session.execute(held)}
            if radiologist is not None and radiologist.id in holders.values():
                return
            await give_seat(stage, seat, radiologist, at=self.now)
            after = None if radiologist is None else radiologist.id
            event = PlanningPublished(
                planning_id=stage.planning.id,
                revision_id=stage.revision.id,
                number=stage.revision.number or 0,
                at=self.now,
                seat_ids=frozenset({seat.id}),
                radiologist_ids=frozenset({holders[seat.id], after} - {None}),
                concerns_now=True,
            )
            await pipeline.planning_published(session, event)

        if await self.attempt(act):
            self.stage = stage

    async def allow(self, radiologist: Radiologist, *, is_allowed: bool) -> None:
        """Let a reader read for the site from now on, or no longer."""
        today = self.now.date()
        valid = Range(today - timedelta(days=400), None if is_allowed else today)

        async def act(session: AsyncSession) -> None:
            own = RadiologistSite.radiologist_id == radiologist.id
            await session.execute(update(RadiologistSite).where(own).values(valid=valid))

        assert await self.attempt(act)

    async def claim_together(self, case_id: int, readers: Sequence[Reader]) -> None:
        """Let several take the same case at the same moment."""

        async def take(reader: Reader) -> bool:
            return await self.attempt(
                lambda session: pipeline.claim(session, case_id, actor=reader.actor, now=self.now)
            )

        await asyncio.gather(*(take(each) for each in readers))


async def begin_night(sessions: Sessions) -> RestlessNight:
    """Commit a night: six readers, three seats of the first line, a backup, a coordinator."""
    clock = SetClock(NIGHT)
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        stage.site.email = "urgences@hopital.example"
        crew = [Reader(*await add_radiologist(stage)) for _ in range(6)]
        seats = [await put_on_guard(stage, each.radiologist, period=_HOURS) for each in crew[:3]]
        await put_on_guard(stage, crew[3].radiologist, line="backup", period=_HOURS)
        coordinator = await add_user(stage, role=Role.COORDINATOR)
    bench = make_bench(sessions, clock)
    return RestlessNight(sessions, clock, bench, stage, crew, seats, coordinator)

"""The auditor: each minute it proves that no open case is forgotten, mends what is, and says so."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from app import pipeline
from app.adapters.documents.renderer import TypstDicomRenderer
from app.cases.models import Case
from app.cases.repository import get_case, lock_case
from app.db.clock import SetClock
from app.db.locks import try_lock
from app.db.session import Sessions, unit_of_work
from app.dispatch.models import Audit, Claim, MassSilence, Nomination
from app.planning.models import Assignment
from app.settings import read_settings
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from app.tasks.models import Task
from scheduler.job import Bench
from scheduler.jobs import audit, dispatch
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard, set_stage
from tests.fakes.heartbeat import FakeHeartbeat
from tests.fakes.receiver import FakeSender

MINUTE = timedelta(minutes=1)


class Night:
    """A reader on guard, a case that is offered to them, and the auditor at work."""

    def __init__(self, sessions: Sessions, clock: SetClock, *, data_dir: Path) -> None:
        self.sessions = sessions
        self.clock = clock
        self.heartbeat = FakeHeartbeat()
        self.bench = Bench(
            settings=read_settings({"ASTREINTE_DATA_DIR": str(data_dir)}),
            sessions=sessions,
            clock=clock,
            peers=FakeSender(),
            renderer=TypstDicomRenderer(),
            heartbeat=self.heartbeat,
        )
        self.case_id = 0

    async def begin(self, *, is_claimed: bool = False) -> None:
        async with unit_of_work(self.sessions) as session:
            stage = await set_stage(session)
            radiologist, actor = await add_radiologist(stage)
            await put_on_guard(stage, radiologist)
            self.case_id = await open_case(stage, at=self.clock.instant, urgent=True)
            await pipeline.case_due(session, self.case_id, now=self.clock.instant)
            if is_claimed:
                await pipeline.claim(session, self.case_id, actor=actor, now=self.clock.instant)

    async def forget_two(self) -> tuple[int, int]:
        """Let another case arrive, and both be forgotten."""
        async with unit_of_work(self.sessions) as session:
            stage = await set_stage(session, night=NIGHT + timedelta(days=7))
            other_id = await open_case(stage, at=self.clock.instant, urgent=True)
            forgotten = {"dispatch_due_at": None, "step_due_at": None}
            await session.execute(update(Case).values(forgotten))
        return self.case_id, other_id

    async def map_dues(self) -> dict[int, datetime | None]:
        async with self.sessions() as session:
            rows = await session.execute(select(Case.id, Case.dispatch_due_at))
            return {row.id: row.dispatch_due_at for row in rows}

    async def audit(self, *, after: timedelta = MINUTE) -> None:
        self.clock.advance(after)
        await audit.run(self.bench)

    async def read_case(self) -> Case:
        async with self.sessions() as session:
            return await get_case(session, self.case_id)

    async def list_told(self) -> list[Task]:
        async with self.sessions() as session:
            return list(await tasks.list_standing(session, TaskKind.CASE_FORGOTTEN))

    async def count_audits(self) -> list[tuple[int, int]]:
        async with self.sessions() as session:
            rows = await session.scalars(select(Audit).order_by(Audit.id))
            return [(each.case_count, each.finding_count) for each in rows]


@pytest.mark.asyncio
async def test_a_night_in_which_nothing_is_forgotten_is_proved_once_a_minute(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin()

    await night.audit(after=timedelta(0))
    await night.audit(after=timedelta(seconds=59))
    await night.audit(after=timedelta(seconds=1))

    assert await night.count_audits() == [(1, 0), (1, 0)]
    assert night.heartbeat.beats == 2
    assert await night.list_told() == []


@pytest.mark.asyncio
async def test_a_case_without_anybody_is_told_of_mended_and_settled_when_it_is_well(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin()
    async with unit_of_work(sessions) as session:
        await session.execute(update(Nomination).values(ended_at=NIGHT))
        await session.execute(update(Case).values(dispatch_due_at=None, step_due_at=None))

    await night.audit()
    (told,) = await night.list_told()
    assert told.case_id == night.case_id
    assert told.detail == {"faults": ["no_owner", "no_deadline"]}
    assert (await night.read_case()).dispatch_due_at == clock.instant

    await dispatch.run(night.bench)
    await night.audit()
    assert await night.list_told() == []
    assert await night.count_audits() == [(1, 1), (1, 0)]


@pytest.mark.asyncio
async def test_the_outside_is_told_no_more_while_what_was_found_is_not_mended(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin()
    # The scheduler's dispatch has stopped: nobody acts on what is due.
    await night.audit(after=10 * MINUTE)
    found_once = night.heartbeat.beats
    await night.audit()

    assert found_once == 1, "what is found for the first time is mended by making it due"
    assert night.heartbeat.beats == 1
    (told,) = await night.list_told()
    assert "overdue" in told.detail["faults"]


@pytest.mark.asyncio
async def test_a_case_whose_nominees_have_all_left_guard_is_told_of_until_somebody_comes(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin()
    async with unit_of_work(sessions) as session:
        await session.execute(update(Assignment).values(in_force=False))
        await session.execute(update(Case).values(dispatch_due_at=clock.instant))

    for _ in range(2):
        await dispatch.run(night.bench)
        await night.audit()
    (told,) = await night.list_told()
    beats = night.heartbeat.beats
    async with unit_of_work(sessions) as session:
        await session.execute(update(Assignment).values(in_force=True))
    await dispatch.run(night.bench)
    await night.audit()

    assert (told.case_id, told.detail) == (night.case_id, {"faults": ["no_owner"]})
    assert beats == 1, "the outside is told no more while what was found lasts"
    assert await night.list_told() == []
    assert night.heartbeat.beats == 2


@pytest.mark.asyncio
async def test_a_case_being_read_by_nobody_is_offered_anew(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin(is_claimed=True)
    async with unit_of_work(sessions) as session:
        await session.execute(update(Claim).values(ended_at=NIGHT, due_at=None))

    await night.audit()
    lost = await night.read_case()
    await dispatch.run(night.bench)

    assert (lost.state, lost.reader_id, lost.dispatch_due_at) == ("nominated", None, clock.instant)
    await night.audit()
    assert await night.list_told() == []


@pytest.mark.asyncio
async def test_a_claim_that_nobody_looked_at_in_time_is_looked_at_now(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin(is_claimed=True)

    await night.audit(after=timedelta(hours=2))

    async with sessions() as session:
        assert (await session.scalars(select(Claim.due_at))).one() == clock.instant
    assert (await night.list_told())[0].detail == {"faults": ["overdue"]}


@pytest.mark.asyncio
async def test_a_heartbeat_that_cannot_be_told_is_a_task_until_it_can(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin()
    night.heartbeat.failure = "no answer in time"

    await night.audit()
    async with sessions() as session:
        (told,) = await tasks.list_standing(session, TaskKind.HEARTBEAT)
    night.heartbeat.failure = None
    await night.audit()

    assert told.detail == {"reason": "no answer in time"}
    async with sessions() as session:
        assert await tasks.list_standing(session, TaskKind.HEARTBEAT) == []


@pytest.mark.asyncio
async def test_the_outside_is_told_no_more_while_more_than_half_are_silent(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin()
    async with unit_of_work(sessions) as session:
        session.add(MassSilence(began_at=clock.instant, silent_count=3, came_count=4))

    await night.audit()

    assert night.heartbeat.beats == 0


@pytest.mark.asyncio
async def test_of_two_auditors_one_audits(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin()

    async with unit_of_work(sessions) as session:
        assert await try_lock(session, "audit")
        await night.audit()
        assert await night.count_audits() == []
    await night.audit()

    assert await night.count_audits() == [(1, 0)]


@pytest.mark.asyncio
async def test_a_clock_that_was_set_back_does_not_silence_the_auditor(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin()
    await night.audit()

    await night.audit(after=-10 * MINUTE)

    assert len(await night.count_audits()) == 2


@pytest.mark.asyncio
async def test_a_case_that_cannot_be_told_of_keeps_no_other_from_it_and_the_outside_untold(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin()
    bad, good = await night.forget_two()
    async with unit_of_work(sessions) as session:
        refuse = "$$ BEGIN RAISE 'this row is ill'; END $$"
        await session.execute(
            text(f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS {refuse}")
        )
        ill = f"BEFORE INSERT ON task FOR EACH ROW WHEN (NEW.case_id = {bad})"
        await session.execute(text(f"CREATE TRIGGER tr_ill {ill} EXECUTE FUNCTION refuse()"))

    await night.audit()

    assert [each.case_id for each in await night.list_told()] == [good]
    assert await night.map_dues() == {bad: clock.instant, good: clock.instant}
    assert await night.count_audits() == [(2, 2)]
    assert night.heartbeat.beats == 0, "nobody here knows of it: silence calls people"


@pytest.mark.asyncio
async def test_a_case_that_somebody_holds_is_told_of_and_keeps_no_other_from_being_mended(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = Night(sessions, clock, data_dir=tmp_path)
    await night.begin()
    held, free = await night.forget_two()

    async with unit_of_work(sessions) as stuck:
        await lock_case(stuck, held)
        await night.audit()

    assert {each.case_id for each in await night.list_told()} == {held, free}
    assert await night.map_dues() == {held: None, free: clock.instant}

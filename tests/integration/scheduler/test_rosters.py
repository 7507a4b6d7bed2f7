"""Roster runs in the scheduler: computed in a child process, stopped, lost, never stuck."""

import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.adapters.rosters.process import ProcessRosterComputer
from app.bootstrap import make_renderer
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain import SYSTEM
from app.planning.domain.errors import RunUnderWay
from app.planning.domain.ports import Progress
from app.planning.domain.roster.problem import Limits, Roster, RosterProblem
from app.planning.domain.runs import MOST_ATTEMPTS, RunKind, RunRequest, RunState
from app.planning.domain.seats import AssignmentReason
from app.planning.domain.sharing.ledger import GUARDS, EntryKind
from app.planning.domain.sharing.shares import MILLION
from app.planning.models import Entitlement, RosterRun
from app.planning.repository import assignments, ledger, plannings, runs
from app.planning.service.drafts import discard_draft
from app.planning.service.judging import judge_revision
from app.planning.service.publishing import publish_draft
from app.planning.service.runs import CLAIM, ask_for_run, claim_run, stop_run
from app.settings import Settings
from scheduler.job import Bench
from scheduler.jobs import rosters
from tests.factories.planning import (
    MONDAY,
    NOW,
    add_absence,
    add_draft,
    add_group,
    add_planning,
    add_published,
)
from tests.fakes.receiver import FakeSender

QUICK = RunRequest(limits=Limits(seconds=20, deterministic=0.5, workers=1), name="by solver")
MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(sessions: Sessions, tmp_path: Path) -> MakeBench:
    """Give what makes a bench on this test's own database."""

    def make(computer: ProcessRosterComputer | None = None) -> Bench:
        return Bench(
            settings=Settings(data_dir=tmp_path),
            sessions=sessions,
            clock=SetClock(NOW),
            peers=FakeSender(),
            renderer=make_renderer(),
            rosters=computer or ProcessRosterComputer(),
        )

    return make


async def ask(
    sessions: Sessions,
    planning_id: int,
    *,
    kind: RunKind = RunKind.GENERATE,
    request: RunRequest = QUICK,
) -> int:
    async with unit_of_work(sessions) as session:
        return await ask_for_run(
            session, planning_id=planning_id, kind=kind, request=request, actor=SYSTEM, now=NOW
        )


async def find(sessions: Sessions, run_id: int) -> RosterRun:
    async with unit_of_work(sessions) as session:
        return await runs.find_run(session, run_id)


@pytest.mark.asyncio
async def test_a_run_becomes_a_draft_that_can_be_published(
    sessions: Sessions, make_bench: MakeBench
) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session, people_each=8)
        planning = await add_planning(session, first=MONDAY + timedelta(days=7))
    run_id = await ask(sessions, planning)

    await rosters.run(make_bench())

    row = await find(sessions, run_id)
    assert (row.state, row.error) == (RunState.DONE, "")
    assert row.result is not None
    assert row.result["levels"][0]["objective"] == "cover"
    assert row.result["levels"][0]["value"] == 0
    assert row.revision_id is not None
    async with unit_of_work(sessions) as session:
        draft = await plannings.find_revision(session, row.revision_id)
        assert (draft.kind, draft.name) == ("draft", "by solver")
        placements = await assignments.list_of_revision(session, draft.id)
        assert len(placements) == 57
        rights = await session.scalars(
            select(Entitlement).where(Entitlement.revision_id == draft.id)
        )
        assert sum(each.seats for each in rights) == 57
        hard = [each for each in await judge_revision(session, draft.id) if each.severity != "soft"]
        assert hard == []
        await publish_draft(session, revision_id=draft.id, actor=SYSTEM, now=NOW)


@pytest.mark.asyncio
async def test_what_a_society_cannot_staff_is_lent_and_each_loan_stands_on_the_ledger(
    sessions: Sessions, make_bench: MakeBench
) -> None:
    async with unit_of_work(sessions) as session:
        group = await add_group(session, volumes=(100, 900), people_each=8)
        alone, lender = group.societies
        for radiologist in group.radiologists[alone]:
            await add_absence(session, radiologist, start=NOW, end=NOW + timedelta(days=30))
        planning = await add_planning(session, first=MONDAY + timedelta(days=7))
    run_id = await ask(sessions, planning)

    await rosters.run(make_bench())

    row = await find(sessions, run_id)
    assert row.result is not None
    levels = {each["objective"]: each for each in row.result["levels"]}
    assert levels["cover"]["value"] == 0
    assert levels["loans"]["value"] == levels["loans"]["bound"] > 0
    assert row.revision_id is not None
    async with unit_of_work(sessions) as session:
        await publish_draft(session, revision_id=row.revision_id, actor=SYSTEM, now=NOW)
        in_force = await assignments.list_in_force(session, planning_id=planning)
        posted = await ledger.list_of_seats(session, [each.seat.id for each in in_force])
    lent = {each.seat.id for each in in_force if each.reason is AssignmentReason.LOAN}
    assert lent == {each.seat.id for each in in_force if each.society == alone}
    assert len(lent) == levels["loans"]["value"]
    assert {
        seat: sorted(
            (each.entry, each.society, each.millionths)
            for each in entries
            if each.counter == GUARDS
        )
        for seat, entries in posted.items()
        if entries
    } == dict.fromkeys(
        lent,
        sorted([(EntryKind.LOAN, alone, MILLION), (EntryKind.LOAN, lender, -MILLION)]),
    )


@pytest.mark.asyncio
async def test_a_repair_says_only_what_it_changes(
    sessions: Sessions, make_bench: MakeBench
) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session, people_each=8)
        published = await add_published(session)
        ill = next(
            each
            for each in await assignments.list_in_force(session)
            if each.seat.interval.start > NOW and each.radiologist is not None
        )
    request = RunRequest(limits=QUICK.limits, freed=frozenset({ill.seat.id}), reason="ill")
    run_id = await ask(sessions, published.planning_id, kind=RunKind.REPAIR, request=request)

    await rosters.run(make_bench())

    row = await find(sessions, run_id)
    assert (row.state, row.error) == (RunState.DONE, "")
    assert row.revision_id is not None
    async with unit_of_work(sessions) as session:
        draft = await plannings.find_revision(session, row.revision_id)
        assert (draft.kind, draft.base_number, draft.reason) == ("repair", 1, "ill")
        before = {each.seat.id: each for each in await assignments.list_in_force(session)}
        changes = await assignments.list_of_revision(session, draft.id)
        assert all(each.radiologist != before[each.seat.id].radiologist for each in changes)
        (mended,) = (each for each in changes if each.seat == ill.seat)
        assert mended.radiologist not in {None, ill.radiologist}
        assert row.result is not None
        found = {each["objective"]: each["value"] for each in row.result["levels"]}
        assert found["changes"] == len(changes) < len(before) / 4


@pytest.mark.asyncio
async def test_a_run_from_a_draft_that_was_thrown_away_fails_and_names_it(
    sessions: Sessions, make_bench: MakeBench
) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session)
        planning = await add_planning(session)
        draft = await add_draft(session, planning)
    run_id = await ask(sessions, planning, request=replace(QUICK, draft=draft))
    async with unit_of_work(sessions) as session:
        await discard_draft(session, draft, actor=SYSTEM)

    await rosters.run(make_bench())

    row = await find(sessions, run_id)
    assert (row.state, row.revision_id) == (RunState.FAILED, None)
    assert f"revision {draft}" in row.error


@pytest.mark.asyncio
async def test_one_run_of_a_planning_at_a_time(sessions: Sessions) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session)
        planning = await add_planning(session)
    run_id = await ask(sessions, planning)

    with pytest.raises(RunUnderWay, match=f"roster run {run_id}"):
        await ask(sessions, planning)

    async with unit_of_work(sessions) as session:
        state = await stop_run(session, run_id, actor=SYSTEM, now=NOW)
    assert state is RunState.FAILED
    assert await ask(sessions, planning) > run_id


@pytest.mark.asyncio
async def test_who_stops_a_run_gets_the_best_so_far(
    sessions: Sessions, make_bench: MakeBench
) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session, people_each=8)
        planning = await add_planning(session, first=MONDAY + timedelta(days=7), days=28)
    request = RunRequest(limits=Limits(seconds=600, workers=1))
    run_id = await ask(sessions, planning, request=request)

    async def stop_when_it_runs() -> None:
        while (await find(sessions, run_id)).state != RunState.RUNNING:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)
        async with unit_of_work(sessions) as session:
            assert await stop_run(session, run_id, actor=SYSTEM, now=NOW) is RunState.STOPPING

    async with asyncio.timeout(60):
        await asyncio.gather(rosters.run(make_bench()), stop_when_it_runs())

    row = await find(sessions, run_id)
    assert row.state == RunState.DONE
    assert row.result is not None
    assert row.result["stopped"]
    assert row.revision_id is not None


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "ended by signal 9"),
        ("raise SystemExit(3)", "ended with code 3"),
        ("import time; time.sleep(60)", "took more than 1 s"),
    ],
)
async def test_a_child_that_dies_or_hangs_fails_the_run_and_says_so(
    sessions: Sessions, make_bench: MakeBench, program: str, said: str
) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session)
        planning = await add_planning(session)
    request = RunRequest(limits=Limits(seconds=0.5, workers=1))
    run_id = await ask(sessions, planning, request=request)

    await rosters.run(
        make_bench(ProcessRosterComputer(grace_s=0.5, command=(sys.executable, "-c", program)))
    )

    row = await find(sessions, run_id)
    assert row.state == RunState.FAILED
    assert said in row.error


@pytest.mark.asyncio
async def test_a_run_of_a_dead_scheduler_is_claimed_again_and_at_last_given_up(
    sessions: Sessions,
) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session)
        planning = await add_planning(session)
    run_id = await ask(sessions, planning)
    now = NOW

    for attempt in range(MOST_ATTEMPTS):
        async with unit_of_work(sessions) as session:
            claimed = await claim_run(session, now=now)
            assert claimed is not None, attempt
            assert await claim_run(session, now=now) is None
        now += CLAIM
    async with unit_of_work(sessions) as session:
        assert await claim_run(session, now=now) is None

    row = await find(sessions, run_id)
    assert row.state == RunState.FAILED
    assert "given up: 3 schedulers ended" in row.error


@pytest.mark.asyncio
async def test_what_somebody_else_has_claimed_meanwhile_writes_no_draft(
    sessions: Sessions, make_bench: MakeBench
) -> None:
    async with unit_of_work(sessions) as session:
        await add_group(session, people_each=8)
        planning = await add_planning(session, first=MONDAY + timedelta(days=7))
    run_id = await ask(sessions, planning)

    class Robbed(ProcessRosterComputer):
        """Computes as always; meanwhile another scheduler takes the run."""

        async def compute(
            self,
            problem: RosterProblem,
            *,
            limits: Limits,
            is_repair: bool,
            on_progress: Callable[[Progress], None],
            should_stop: Callable[[], bool],
        ) -> Roster:
            found = await super().compute(
                problem,
                limits=limits,
                is_repair=is_repair,
                on_progress=on_progress,
                should_stop=should_stop,
            )
            async with unit_of_work(sessions) as session:
                other = update(RosterRun).where(RosterRun.id == run_id)
                await session.execute(other.values(token="of another scheduler"))
            return found

    await rosters.run(make_bench(Robbed()))

    async with unit_of_work(sessions) as session:
        assert await plannings.list_revisions(session, planning_id=planning) == []

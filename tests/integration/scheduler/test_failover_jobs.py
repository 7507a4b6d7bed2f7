"""The jobs that watch: echoes to the nodes of centres, and who is there."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from app.adapters.documents.renderer import TypstDicomRenderer
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery.domain.ports import Destination, SendResult
from app.delivery.repository.waiting import list_nodes_waited_for
from app.directory.models import Centre, Endpoint
from app.dispatch.models import CentreDown, NodeEcho
from app.dispatch.repository import list_nominees
from app.dispatch.service import failover_watch
from app.settings import read_settings
from scheduler.job import Bench
from scheduler.jobs import dispatch, failover, presence
from tests.factories.flow import offer_case, open_case
from tests.factories.presence import WebPages
from tests.factories.stage import NIGHT, Stage, add_radiologist, put_on_guard, set_stage
from tests.fakes.receiver import FakeNode, FakeSender

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


@dataclass
class BreakingSender(FakeSender):
    """Breaks on a node, as on an answer that nobody foresaw."""

    breaks_on: str = ""

    async def echo(self, *, to: Destination) -> SendResult:
        if to.ae_title == self.breaks_on:
            raise ValueError(to.ae_title)
        return await super().echo(to=to)


class Night:
    """Two centres with a reader each, both with an open page, and a case that one is offered."""

    def __init__(self, bench: Bench, clock: SetClock, nodes: dict[str, FakeNode]) -> None:
        self.bench = bench
        self.clock = clock
        self.nodes = nodes
        self.case_id = 0
        self.first_id = 0
        self.radiologist_ids: list[int] = []

    async def begin(self, sessions: Sessions) -> None:
        async with unit_of_work(sessions) as session:
            stage = await set_stage(session)
            for number in (1, 2):
                await self._join(stage, title=f"CENTRE{number}")
            await WebPages(session).open(*self.radiologist_ids, at=self.clock.instant)
            self.case_id = await open_case(stage, at=self.clock.instant, urgent=False)
            self.clock.advance(5 * MINUTE)
            # The web goes on beating: the clock of this test jumps.
            await session.execute(
                text("UPDATE web_process SET beat_at = :at"), {"at": self.clock.instant}
            )
            await offer_case(stage, self.case_id, at=self.clock.instant)
            (self.first_id,) = await list_nominees(session, self.case_id)

    async def _join(self, stage: Stage, *, title: str) -> None:
        radiologist, _ = await add_radiologist(stage)
        await put_on_guard(stage, radiologist)
        centre = await stage.session.get_one(Centre, radiologist.centre_id)
        node = await stage.session.get_one(Endpoint, centre.endpoint_id)
        node.ae_title = title
        self.nodes[title] = FakeNode()
        self.radiologist_ids.append(radiologist.id)

    def unplug(self) -> None:
        """Let the node of the reader who is offered the case be away."""
        self.node.is_up = False

    @property
    def title(self) -> str:
        return f"CENTRE{self.radiologist_ids.index(self.first_id) + 1}"

    @property
    def node(self) -> FakeNode:
        return self.nodes[self.title]

    async def pass_time(self, step: timedelta) -> None:
        """Let time pass in which the web beats, then let both jobs look."""
        now = self.clock.advance(step)
        async with unit_of_work(self.bench.sessions) as session:
            await session.execute(text("UPDATE web_process SET beat_at = :at"), {"at": now})
        await failover.run(self.bench)
        await presence.run(self.bench)
        await dispatch.run(self.bench)

    async def read_nominees(self) -> set[int]:
        async with self.bench.sessions() as session:
            return await list_nominees(session, self.case_id)

    async def read_causes(self) -> list[tuple[str, bool]]:
        """Give why centres were down, and whether they still are."""
        async with self.bench.sessions() as session:
            rows = await session.scalars(select(CentreDown).order_by(CentreDown.id))
            return [(each.cause, each.ended_at is None) for each in rows]


async def begin_night(sessions: Sessions, clock: SetClock, *, data_dir: Path) -> Night:
    nodes: dict[str, FakeNode] = {}
    bench = Bench(
        settings=read_settings({"ASTREINTE_DATA_DIR": str(data_dir)}),
        sessions=sessions,
        clock=clock,
        peers=FakeSender(nodes),
        renderer=TypstDicomRenderer(),
    )
    night = Night(bench, clock, nodes)
    await night.begin(sessions)
    return night


@pytest.mark.asyncio
async def test_a_node_that_fails_three_echoes_while_a_study_waits_takes_its_centre_down(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = await begin_night(sessions, clock, data_dir=tmp_path)
    night.unplug()

    await night.pass_time(SECOND)
    await night.pass_time(20 * SECOND)
    before = (await night.read_causes(), await night.read_nominees())
    await night.pass_time(20 * SECOND)

    assert before == ([], {night.first_id})
    assert await night.read_causes() == [("node", True)]
    assert await night.read_nominees() == set(night.radiologist_ids) - {night.first_id}

    night.node.is_up = True
    await night.pass_time(20 * SECOND)
    assert await night.read_causes() == [("node", False)]
    assert await night.read_nominees() == {night.first_id}


@pytest.mark.asyncio
async def test_a_node_that_nobody_can_ask_counts_as_silent_and_keeps_no_other_waiting(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = await begin_night(sessions, clock, data_dir=tmp_path)
    night.bench = replace(night.bench, peers=BreakingSender(night.nodes, night.title))
    for _ in range(3):
        await night.pass_time(20 * SECOND)
    # The node of whom it is offered to now is asked beside it: a centre that is down is asked on.
    await night.pass_time(20 * SECOND)

    async with sessions() as session:
        echoes = (await session.scalars(select(NodeEcho))).all()
    assert await night.read_causes() == [("node", True)]
    assert {bool(each.failed_at): each.answered_at for each in echoes} == {
        True: None,
        False: clock.instant,
    }


@pytest.mark.asyncio
async def test_a_node_is_not_asked_more_often_than_every_20_s_nor_when_nothing_waits_for_it(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = await begin_night(sessions, clock, data_dir=tmp_path)
    night.unplug()
    await night.pass_time(SECOND)
    await night.pass_time(19 * SECOND)
    async with sessions() as session:
        (echo,) = (await session.scalars(select(NodeEcho))).all()
    once = list(echo.failed_at)
    async with unit_of_work(sessions) as session:
        await session.execute(text("UPDATE delivery SET state = 'delivered'"))

    await night.pass_time(20 * SECOND)
    await night.pass_time(20 * SECOND)

    async with sessions() as session:
        (echo,) = (await session.scalars(select(NodeEcho))).all()
    assert len(once) == 1
    assert echo.failed_at == once
    assert await night.read_causes() == []


@pytest.mark.asyncio
async def test_an_echo_whose_scheduler_was_killed_is_asked_again_and_its_late_answer_counts_not(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = await begin_night(sessions, clock, data_dir=tmp_path)
    night.unplug()
    async with unit_of_work(sessions) as session:
        claimed = await failover_watch.claim_echo(
            session, await list_nodes_waited_for(session), now=clock.instant
        )
    assert claimed is not None

    await night.pass_time(29 * SECOND)
    async with sessions() as session:
        due = await failover.JOB.find_next_due(session)
        held = (await session.scalars(select(NodeEcho.failed_at))).all()
    await night.pass_time(SECOND)
    async with unit_of_work(sessions) as session:
        await failover_watch.finish_echo(
            session, claimed[0], token=claimed[1], has_answered=True, now=clock.instant
        )

    async with sessions() as session:
        (echo,) = (await session.scalars(select(NodeEcho))).all()
    assert held == [[]]
    assert due == clock.instant, "not before the claim has run out: the job would spin"
    assert len(echo.failed_at) == 1
    assert echo.answered_at is None


@pytest.mark.asyncio
async def test_a_connection_lost_in_the_middle_leaves_nothing_half_done(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = await begin_night(sessions, clock, data_dir=tmp_path)
    night.unplug()
    for _ in range(2):
        await night.pass_time(20 * SECOND)
    now = clock.advance(20 * SECOND)
    async with unit_of_work(sessions) as session:
        await session.execute(text("UPDATE web_process SET beat_at = :at"), {"at": now})
    await failover.run(night.bench)
    async with unit_of_work(sessions) as session:
        # 57P01 at the very end: the centre is down, its case is due, and the line goes.
        await session.execute(
            text(
                "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$"
            )
        )
        await session.execute(
            text('CREATE TRIGGER tr_cut AFTER UPDATE ON "case" EXECUTE FUNCTION cut()')
        )
    with pytest.raises(OperationalError):
        await presence.run(night.bench)
    half = (await night.read_causes(), await night.read_nominees())
    async with unit_of_work(sessions) as session:
        await session.execute(text('DROP TRIGGER tr_cut ON "case"'))

    await presence.run(night.bench)
    await dispatch.run(night.bench)

    assert half == ([], {night.first_id})
    assert await night.read_causes() == [("node", True)]
    assert night.first_id not in await night.read_nominees()


@pytest.mark.asyncio
async def test_a_disabled_centre_is_watched_by_nobody(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = await begin_night(sessions, clock, data_dir=tmp_path)
    night.unplug()
    async with unit_of_work(sessions) as session:
        await session.execute(update(Centre).values(disabled_at=NIGHT))

    await night.pass_time(20 * SECOND)

    async with sessions() as session:
        assert (await session.scalars(select(NodeEcho))).all() == []


@pytest.mark.asyncio
async def test_the_node_of_a_centre_that_was_disabled_is_no_longer_due(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    night = await begin_night(sessions, clock, data_dir=tmp_path)
    await night.pass_time(20 * SECOND)
    async with sessions() as session:
        before = await failover.JOB.find_next_due(session)
    async with unit_of_work(sessions) as session:
        await session.execute(update(Centre).values(disabled_at=NIGHT))

    async with sessions() as session:
        assert await failover.JOB.find_next_due(session) is None
    assert before == clock.instant + 20 * SECOND

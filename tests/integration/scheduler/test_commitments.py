"""Questions of storage commitment are judged: what is promised, and what is not."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydicom import Dataset
from sqlalchemy import select, update

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.intake.domain.commitment_times import FORGET_AFTER
from app.intake.models import Commitment, CommitmentInstance, Instance
from app.intake.service.commitments import forget
from app.store.layout import Layout
from scheduler.job import Bench
from scheduler.jobs import commitments
from tests.factories.asked import keep_and_ask, make_telling_bench
from tests.factories.askers import FakeAsker, serve_asker
from tests.factories.commitments import DAYS, draw_uids, set_days
from tests.factories.kept import list_instances

pytestmark = pytest.mark.asyncio
MINUTE = timedelta(minutes=1)
MR = "1.2.840.10008.5.1.4.1.1.4"


@pytest.fixture
def asker() -> FakeAsker:
    return FakeAsker()


@pytest.fixture
def port(asker: FakeAsker) -> Iterator[int]:
    with serve_asker(asker) as port:
        yield port


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Bench:
    return make_telling_bench(sessions, data_dir=tmp_path, clock=clock)


def list_failed(information: Dataset) -> dict[str, int]:
    return {
        str(item.ReferencedSOPInstanceUID): int(item.FailureReason)
        for item in information.get("FailedSOPSequence", [])
    }


async def test_what_is_kept_is_committed_and_its_sender_told(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    uids = await asked.list_uids()
    question = await asked.ask(*uids)

    await commitments.run(bench)

    row = await asked.find()
    ((event, information),) = asker.reports
    assert (event, str(information.TransactionUID)) == (1, question.transaction_uid)
    assert {str(each.ReferencedSOPInstanceUID) for each in information.ReferencedSOPSequence} == {
        *uids
    }
    assert (row.state, row.until) == ("reported", clock.instant + timedelta(days=DAYS))
    assert (row.reported_at, row.next_at, row.token, row.attempts) == (clock.instant, None, None, 1)
    assert await asked.list_reasons() == dict.fromkeys(uids)
    assert asker.callers == [("ASTREINTE", "CT1")]


async def test_what_is_not_kept_fails_for_its_reason(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    first, last = await asked.list_uids()
    (missing,) = draw_uids(1)
    async with bench.sessions() as session:
        instance = (await list_instances(session, asked.study.id))[1]
    Layout(bench.data_dir).stored_path(instance.arrival_id).unlink()
    await asked.ask(first, last, missing)
    clock.advance(3 * MINUTE)

    await commitments.run(bench)

    ((event, information),) = asker.reports
    assert event == 2
    assert [str(each.ReferencedSOPInstanceUID) for each in information.ReferencedSOPSequence] == [
        first
    ]
    assert list_failed(information) == {last: 0x0110, missing: 0x0112}
    assert await asked.list_reasons() == {first: None, last: 0x0110, missing: 0x0112}


async def test_another_class_is_a_conflict(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    uids = await asked.list_uids()
    await asked.ask(*uids, sop_class_uid=MR)

    await commitments.run(bench)

    assert list_failed(asker.reports[0][1]) == dict.fromkeys(uids, 0x0119)


async def test_what_another_domain_keeps_is_not_committed_to_this_one(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    other = await keep_and_ask(bench, clock, port=port)
    uids = await other.list_uids()
    await asked.ask(*uids)
    clock.advance(3 * MINUTE)

    await commitments.run(bench)

    assert list_failed(asker.reports[0][1]) == dict.fromkeys(uids, 0x0112)


async def test_what_was_purged_is_not_committed(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    uids = await asked.list_uids()
    async with unit_of_work(bench.sessions) as session:
        await session.execute(update(Instance).values(purged_at=clock.instant))
    await asked.ask(*uids)
    clock.advance(3 * MINUTE)

    await commitments.run(bench)

    assert list_failed(asker.reports[0][1]) == dict.fromkeys(uids, 0x0112)


async def test_what_the_index_does_not_know_yet_is_waited_for(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    first, last = await asked.list_uids()
    async with unit_of_work(bench.sessions) as session:
        await session.execute(
            update(Instance)
            .where(Instance.sop_instance_uid == last)
            .values(sop_instance_uid="1.2.3.later")
        )
    await asked.ask(first, last)
    for _ in range(3):
        await commitments.run(bench)
        clock.advance(timedelta(seconds=10))
    waiting = await asked.find()

    async with unit_of_work(bench.sessions) as session:
        await session.execute(
            update(Instance)
            .where(Instance.sop_instance_uid == "1.2.3.later")
            .values(sop_instance_uid=last)
        )
    clock.advance(timedelta(seconds=30))
    await commitments.run(bench)

    assert (waiting.state, waiting.until, waiting.attempts) == ("asked", None, 0)
    assert [event for event, _ in asker.reports] == [1]


async def test_while_the_index_is_behind_nothing_is_said_to_be_missing(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    await asked.ask(*draw_uids(1))
    waiting = Layout(bench.data_dir).incoming_path(make_arrival_id(clock.instant))
    waiting.parent.mkdir(parents=True)
    waiting.write_bytes(b"not indexed yet")
    clock.advance(timedelta(hours=2))
    await commitments.run(bench)
    told_early = len(asker.reports)

    waiting.unlink()
    clock.advance(MINUTE)
    await commitments.run(bench)

    assert (told_early, [event for event, _ in asker.reports]) == (0, [2])


async def test_what_was_switched_off_since_it_was_asked_is_not_promised(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    uids = await asked.list_uids()
    await asked.ask(*uids)
    async with unit_of_work(bench.sessions) as session:
        await set_days(session, asked.sender, None)

    await commitments.run(bench)

    row = await asked.find()
    assert list_failed(asker.reports[0][1]) == dict.fromkeys(uids, 0x0110)
    assert (row.state, row.until) == ("reported", None)


def make_arrival_id(at: datetime) -> uuid.UUID:
    return uuid.UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62))


async def test_a_question_is_forgotten_a_year_after_its_promise(
    bench: Bench, clock: SetClock, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    await asked.ask(*await asked.list_uids())
    await commitments.run(bench)
    clock.advance(timedelta(days=DAYS) + FORGET_AFTER)

    await commitments.run(bench)
    assert (await asked.find()).state == "reported"

    clock.advance(timedelta(seconds=1))
    await commitments.run(bench)

    async with bench.sessions() as session:
        assert list(await session.scalars(select(Commitment))) == []
        assert list(await session.scalars(select(CommitmentInstance))) == []
        assert await list_instances(session, asked.study.id) != []


async def test_a_question_that_nobody_could_be_told_is_not_forgotten_while_it_is_tried(
    bench: Bench, clock: SetClock
) -> None:
    asked = await keep_and_ask(bench, clock, port=1)
    await asked.ask(*await asked.list_uids())
    clock.advance(FORGET_AFTER + timedelta(days=1))

    async with unit_of_work(bench.sessions) as session:
        assert not await forget(session, now=clock.instant)

    assert (await asked.find()).state == "asked"

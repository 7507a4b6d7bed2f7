"""Senders that cannot be told what we keep are told later; who asks again is told again."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Sender
from app.intake.models import Commitment
from app.intake.service import commitments as service
from app.kit.clock import read_monotonic_s
from scheduler.job import Bench
from scheduler.jobs import commitments
from tests.factories.asked import keep_and_ask, make_telling_bench
from tests.factories.askers import FakeAsker, serve_asker
from tests.factories.commitments import DAYS
from tests.factories.kept import make_bench

pytestmark = pytest.mark.asyncio
MINUTE = timedelta(minutes=1)


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


async def test_a_sender_that_is_away_is_told_later_and_the_promise_holds_meanwhile(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=1)
    await asked.ask(*await asked.list_uids())
    await commitments.run(bench)
    away = await asked.find()
    promised = clock.instant + timedelta(days=DAYS)
    assert (away.state, away.until, away.attempts) == ("asked", promised, 1)
    assert away.next_at == clock.instant + MINUTE
    assert "127.0.0.1:1" in away.detail

    await asked.move_node(port)
    await commitments.run(bench)
    assert asker.reports == []
    clock.advance(MINUTE)
    await commitments.run(bench)

    told = await asked.find()
    assert (told.state, told.attempts, told.detail) == ("reported", 2, "")
    assert told.until == promised + MINUTE


async def test_who_cannot_be_told_for_a_day_is_a_task_that_the_next_report_settles(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=1)
    uids = await asked.list_uids()
    await asked.ask(*uids)
    await commitments.run(bench)
    clock.advance(timedelta(hours=24))
    await commitments.run(bench)
    given_up = await asked.find()
    (task,) = await asked.list_tasks()

    await asked.move_node(port)
    clock.advance(timedelta(hours=1))
    async with unit_of_work(bench.sessions) as session:
        await session.execute(update(Commitment).values(transaction_uid="1.2.first"))
    await asked.ask(*uids)
    await commitments.run(bench)

    assert (given_up.state, given_up.next_at) == ("given_up", None)
    assert given_up.until is not None
    assert (task.subject, task.detail["calling"]) == (f"sender:{asked.sender.id}", "CT1")
    assert task.detail["telephone_ct"]
    assert task.site_id == asked.sender.site_id
    assert [(each.settled_at is not None, each.outcome) for each in await asked.list_tasks()] == [
        (True, "told")
    ]
    assert len(asker.reports) == 1


async def test_a_node_that_answers_with_a_failure_is_told_again(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    asker.status = 0x0110
    await asked.ask(*await asked.list_uids())
    await commitments.run(bench)
    asker.status = 0
    clock.advance(MINUTE)
    await commitments.run(bench)

    assert len(asker.reports) == 2
    assert (await asked.find()).state == "reported"


async def test_a_question_of_a_sender_without_a_node_waits_for_one(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    await asked.ask(*await asked.list_uids())
    async with unit_of_work(bench.sessions) as session:
        await session.execute(update(Sender).values(endpoint_id=None))
    await commitments.run(bench)
    row = await asked.find()

    assert asker.reports == []
    assert (row.state, row.detail) == ("asked", "the sender has no node to answer to")


async def test_a_question_that_is_asked_again_is_answered_again(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    question = await asked.ask(*await asked.list_uids())
    await commitments.run(bench)
    clock.advance(MINUTE)
    await asked.put(question)
    await commitments.run(bench)

    row = await asked.find()
    assert [str(each.TransactionUID) for _, each in asker.reports] == [question.transaction_uid] * 2
    assert row.until == clock.instant + timedelta(days=DAYS)


async def test_a_claim_whose_holder_was_killed_is_taken_over(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    await asked.ask(*await asked.list_uids())
    async with unit_of_work(bench.sessions) as session:
        assert await service.claim_next(session, now=clock.instant) is not None
    await commitments.run(bench)
    told_early = len(asker.reports)
    async with bench.sessions() as session:
        due_at = await service.find_next_due(session)

    assert due_at == clock.instant + service.LEASE
    clock.advance(service.LEASE)
    await commitments.run(bench)

    assert (told_early, len(asker.reports)) == (0, 1)


async def test_what_is_asked_again_while_it_is_being_answered_is_answered_once_more(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    asked = await keep_and_ask(bench, clock, port=port)
    question = await asked.ask(*await asked.list_uids())
    async with unit_of_work(bench.sessions) as session:
        claim = await service.claim_next(session, now=clock.instant)
    assert claim is not None
    await asked.put(question)
    async with unit_of_work(bench.sessions) as session:
        verdict = await service.settle(
            session, claim, on_disk=claim.arrivals, index_is_behind=False, now=clock.instant
        )

    await commitments.run(bench)

    assert verdict is None
    assert len(asker.reports) == 1


async def test_one_silent_node_does_not_keep_the_others_waiting(
    bench: Bench, clock: SetClock, asker: FakeAsker, port: int
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stuck = await keep_and_ask(bench, clock, port=silent.getsockname()[1])
        await stuck.ask(*await stuck.list_uids())
        asked = await keep_and_ask(bench, clock, port=port)
        await asked.ask(*await asked.list_uids())
        await commitments.run(bench)
        ended_s = read_monotonic_s()

    # The silent one was given two seconds.
    assert len(asker.reports) == 1
    assert asker.told_s[0] < ended_s - 1


async def test_a_scheduler_that_cannot_tell_anybody_claims_nothing(
    bench: Bench, clock: SetClock
) -> None:
    asked = await keep_and_ask(bench, clock, port=1)
    await asked.ask(*await asked.list_uids())

    await commitments.run(make_bench(bench.sessions, data_dir=bench.data_dir, clock=clock))

    assert (await asked.find()).token is None

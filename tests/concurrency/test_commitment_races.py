"""Questions of storage commitment that two answer, ask or purge at the same moment."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from app.adapters.dicom.association import Patience
from app.adapters.dicom.commitment import PynetdicomReporter
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Sender
from app.intake.domain.commitment import AskOutcome, Claim, Question
from app.intake.domain.ports import Reported
from app.intake.models import Commitment, Study
from app.intake.service import commitments as service
from app.retention import service as retention
from scheduler.job import Bench
from scheduler.jobs import commitments
from tests.factories.askers import FakeAsker, serve_asker
from tests.factories.commitments import DAYS, let_answer, make_question, set_days
from tests.factories.kept import keep_study, list_instances, make_bench, set_own_stage

pytestmark = pytest.mark.asyncio
PATIENCE = Patience(connect_s=5, acse_s=5, dimse_s=5, network_s=5)
AGE = timedelta(days=16)
TAKEN = Reported(is_taken=True)


@pytest.fixture
def bench(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Bench:
    bench = make_bench(sessions, data_dir=tmp_path, clock=clock)
    return replace(bench, reporter=PynetdicomReporter(ae_title="ASTREINTE", patience=PATIENCE))


@pytest_asyncio.fixture
async def study(bench: Bench, clock: SetClock) -> Study:
    """Keep a study that may go, of a sender that is promised what it asks about."""
    async with unit_of_work(bench.sessions) as session:
        study = await keep_study(
            await set_own_stage(session), data_dir=bench.data_dir, at=clock.instant
        )
        sender = await session.get_one(Sender, study.sender_id)
        sender.ae_title = "CT1"
        await let_answer(session, sender, port=1)
        await set_days(session, sender, DAYS)
    clock.advance(AGE)
    return study


async def make_questions(bench: Bench, study: Study, count: int) -> list[Question]:
    async with bench.sessions() as session:
        sender = await session.get_one(Sender, study.sender_id)
        uids = [each.sop_instance_uid for each in await list_instances(session, study.id)]
    return [make_question(sender, *uids) for _ in range(count)]


async def ask(bench: Bench, clock: SetClock, question: Question) -> AskOutcome:
    async with unit_of_work(bench.sessions) as session:
        return await service.ask(session, question, now=clock.instant)


async def claim(bench: Bench, clock: SetClock) -> Claim:
    async with unit_of_work(bench.sessions) as session:
        claimed = await service.claim_next(session, now=clock.instant)
    assert claimed is not None
    return claimed


async def test_two_schedulers_tell_each_answer_once(
    bench: Bench, study: Study, clock: SetClock
) -> None:
    asker = FakeAsker()
    with serve_asker(asker) as port:
        async with unit_of_work(bench.sessions) as session:
            sender = await session.get_one(Sender, study.sender_id)
            await let_answer(session, sender, port=port)
        questions = await make_questions(bench, study, 6)
        for question in questions:
            await ask(bench, clock, question)

        await asyncio.gather(*(commitments.run(bench) for _ in range(2)))

    told = Counter(str(information.TransactionUID) for _, information in asker.reports)
    assert told == dict.fromkeys((each.transaction_uid for each in questions), 1)
    async with bench.sessions() as session:
        states = list(await session.scalars(select(Commitment.state)))
    assert states == ["reported"] * len(questions)


async def test_one_question_is_claimed_by_one_of_many(
    bench: Bench, study: Study, clock: SetClock
) -> None:
    (question,) = await make_questions(bench, study, 1)
    await ask(bench, clock, question)

    async def try_to_claim() -> Claim | None:
        async with unit_of_work(bench.sessions) as session:
            return await service.claim_next(session, now=clock.instant)

    claims = await asyncio.gather(*(try_to_claim() for _ in range(6)))

    assert sum(each is not None for each in claims) == 1


async def test_what_is_judged_just_now_is_not_purged(
    bench: Bench, study: Study, clock: SetClock
) -> None:
    (question,) = await make_questions(bench, study, 1)
    await ask(bench, clock, question)
    claimed = await claim(bench, clock)
    async with unit_of_work(bench.sessions) as judging:
        verdict = await service.settle(
            judging, claimed, on_disk=claimed.arrivals, index_is_behind=False, now=clock.instant
        )
        async with unit_of_work(bench.sessions) as purging:
            meanwhile = await retention.purge(purging, study.id, pressed=False, now=clock.instant)
    async with unit_of_work(bench.sessions) as purging:
        later = await retention.purge(purging, study.id, pressed=True, now=clock.instant)

    assert verdict is not None
    assert verdict.report.failed == ()
    assert (meanwhile, later) == ([], [])


async def test_what_is_purged_just_now_is_not_promised(
    bench: Bench, study: Study, clock: SetClock
) -> None:
    (question,) = await make_questions(bench, study, 1)
    await ask(bench, clock, question)
    claimed = await claim(bench, clock)

    async def judge() -> bool:
        async with unit_of_work(bench.sessions) as session:
            verdict = await service.settle(
                session,
                claimed,
                on_disk=claimed.arrivals,
                index_is_behind=False,
                now=clock.instant,
            )
        return verdict is not None

    async with unit_of_work(bench.sessions) as purging:
        assert await retention.purge(purging, study.id, pressed=False, now=clock.instant)
        judging = asyncio.create_task(judge())
        await asyncio.sleep(0.2)
        waited = not judging.done()

    # It waited for the purge, saw that something had gone, and looks again.
    assert waited
    assert not await judging
    clock.advance(timedelta(minutes=3))
    again = await claim(bench, clock)
    assert again.arrivals == frozenset()
    async with unit_of_work(bench.sessions) as session:
        verdict = await service.settle(
            session, again, on_disk=frozenset(), index_is_behind=False, now=clock.instant
        )
    assert verdict is not None
    assert {reason for _, reason in verdict.report.failed} == {0x0112}


async def test_who_asks_again_while_the_answer_is_on_its_way_gets_another(
    bench: Bench, study: Study, clock: SetClock
) -> None:
    (question,) = await make_questions(bench, study, 1)
    await ask(bench, clock, question)
    claimed = await claim(bench, clock)

    async def finish() -> object:
        async with unit_of_work(bench.sessions) as session:
            return await service.finish(session, claimed, reported=TAKEN, now=clock.instant)

    async with unit_of_work(bench.sessions) as asking:
        assert await service.ask(asking, question, now=clock.instant) is AskOutcome.TAKEN
        finishing = asyncio.create_task(finish())
        await asyncio.sleep(0.2)

    assert await finishing is None
    assert (await claim(bench, clock)).commitment_id == claimed.commitment_id


async def test_of_two_lists_under_one_transaction_one_is_taken(
    bench: Bench, study: Study, clock: SetClock
) -> None:
    first, _ = await make_questions(bench, study, 2)
    other = replace(first, references=first.references[:1])

    outcomes = await asyncio.gather(*(ask(bench, clock, each) for each in (first, other)))

    assert sorted(outcomes) == [AskOutcome.TAKEN, AskOutcome.TRANSACTION_IN_USE]

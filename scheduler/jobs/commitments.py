"""Answers the questions of storage commitment: judges, promises, tells the sender, and forgets.

The promise holds from its judgement on, whether or not the sender can be told.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Sender, Site
from app.intake.domain.commitment import Claim, CommitmentState
from app.intake.domain.ports import CommitmentReporter, Reported
from app.intake.service import commitments
from app.intake.service.commitments import Verdict
from app.store.layout import Layout
from app.tasks import service as tasks
from app.tasks.domain.kinds import TaskKind
from dicom_gateway.backlog import has_waited_since
from scheduler.job import Bench, Job

_log = structlog.get_logger(__name__)
_AT_ONCE = 8
_LOOK_AGAIN_S = 0.5
"""While somebody is being told: how often to look for more."""
_NOWHERE = Reported(is_taken=False, detail="the sender has no node to answer to")


async def run(bench: Bench) -> None:
    """Answer all that is due, then delete what has long been over."""
    if bench.reporter is not None:
        await _answer_all(bench, reporter=bench.reporter)
    await _forget(bench)


async def _answer_all(bench: Bench, *, reporter: CommitmentReporter) -> None:
    """Answer all that is due; what becomes due meanwhile is not kept waiting by a slow sender."""
    answers: set[asyncio.Task[None]] = set()
    try:
        while True:
            while len(answers) < _AT_ONCE and (claim := await _claim(bench)) is not None:
                answers.add(asyncio.create_task(_answer_or_log(bench, claim, reporter=reporter)))
            if not answers:
                return
            _, answers = await asyncio.wait(
                answers, timeout=_LOOK_AGAIN_S, return_when=asyncio.FIRST_COMPLETED
            )
    finally:
        for answer in answers:
            answer.cancel()
        await asyncio.gather(*answers, return_exceptions=True)


async def _forget(bench: Bench) -> None:
    while await bench.transact(lambda session, now: commitments.forget(session, now=now)):
        pass


async def _claim(bench: Bench) -> Claim | None:
    return await bench.transact(lambda session, now: commitments.claim_next(session, now=now))


async def _answer_or_log(bench: Bench, claim: Claim, *, reporter: CommitmentReporter) -> None:
    with structlog.contextvars.bound_contextvars(commitment=claim.commitment_id):
        try:
            await _answer(bench, claim, reporter=reporter)
        except Exception as error:  # noqa: BLE001 - an edge: the claim runs out, and it is done again
            _log.warning("commitment_interrupted", error=type(error).__name__)


async def _answer(bench: Bench, claim: Claim, *, reporter: CommitmentReporter) -> None:
    layout = Layout(bench.data_dir)
    # What leaves the backlog behind the claim's back is in the index when `settle` reads it again.
    is_behind = await asyncio.to_thread(has_waited_since, layout, claim.asked_at)
    on_disk = await asyncio.to_thread(_find_files, layout, claim.arrivals)
    verdict = await bench.transact(
        lambda session, now: commitments.settle(
            session, claim, on_disk=on_disk, index_is_behind=is_behind, now=now
        )
    )
    if verdict is None:
        return
    reported = await _tell(verdict, reporter=reporter)
    state = await bench.transact(
        lambda session, now: _finish(session, claim, reported=reported, now=now)
    )
    _log.info(
        "commitment_judged",
        state=state,
        committed=len(verdict.report.committed),
        failed=len(verdict.report.failed),
        detail=reported.detail,
    )


def _find_files(layout: Layout, arrivals: Iterable[UUID]) -> frozenset[UUID]:
    return frozenset(each for each in arrivals if layout.find_arrival(each) is not None)


async def _tell(verdict: Verdict, *, reporter: CommitmentReporter) -> Reported:
    if verdict.asker is None:
        return _NOWHERE
    return await reporter.report(verdict.report, to=verdict.asker)


async def _finish(
    session: AsyncSession, claim: Claim, *, reported: Reported, now: datetime
) -> CommitmentState | None:
    state = await commitments.finish(session, claim, reported=reported, now=now)
    subject = f"sender:{claim.sender_id}"
    if state is CommitmentState.REPORTED:
        await tasks.settle_by_itself(
            session, TaskKind.COMMITMENT, subject=subject, outcome="told", now=now
        )
    elif state is CommitmentState.GIVEN_UP:
        sender = await session.get_one(Sender, claim.sender_id)
        site = await session.get_one(Site, sender.site_id)
        await tasks.raise_task(
            session,
            TaskKind.COMMITMENT,
            subject=subject,
            site_id=site.id,
            detail={
                "commitment": claim.commitment_id,
                "sender": sender.id,
                "calling": claim.calling_ae_title,
                "reason": reported.detail,
                "site": site.name,
                "telephone_emergency": site.telephone_emergency,
                "telephone_ct": site.telephone_ct,
            },
            now=now,
        )
    return state


JOB = Job(name=commitments.JOB, run=run, find_next_due=commitments.find_next_due)

"""Use cases of storage commitment: ask, claim, judge, finish.

A question is a row from the moment it is acknowledged, and so is our promise from the moment it is
judged: what is restarted in between goes on from the row. A claim is held by a token; files are
looked for, and the sender is told, outside any transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.notify import WORK, notify
from app.intake.domain.commitment import (
    AskOutcome,
    Claim,
    CommitmentReport,
    CommitmentState,
    FailureReason,
    Judged,
    Question,
    judge,
)
from app.intake.domain.commitment_times import (
    FORGET_AFTER,
    extend_promise,
    find_next_look,
    find_retry,
    is_too_early,
)
from app.intake.domain.ports import Asker, Reported
from app.intake.models import Commitment
from app.intake.repository import commitment_claims as claims
from app.intake.repository import commitments as repository

JOB = "commitments"
"""The payload that wakes who answers."""
LEASE = timedelta(minutes=5)
"""How long a claim holds; longer than the files of a list are looked for, or a sender is told."""
_LOOK_AGAIN = timedelta(seconds=1)
_FORGOTTEN_AT_ONCE = 20
"""A list may have tens of thousands of instances."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be told, and to whom; nobody: the sender has no node any more."""

    report: CommitmentReport
    asker: Asker | None


async def ask(session: AsyncSession, question: Question, *, now: datetime) -> AskOutcome:
    """Keep a question, to be judged and answered by the scheduler.

    The same list under the same transaction is answered once more: the report may not have reached
    its sender. A transaction that names another list is in use (PS3.4 §J.3.2).

    Parameters
    ----------
    now
        Aware.
    """
    if not await repository.does_commit(session, question.sender_id):
        return AskOutcome.OFF
    if await repository.add(session, question, now=now) is None:
        commitment_id = await repository.lock_transaction(session, question)
        known = await repository.list_references(session, commitment_id)
        if set(known) != set(question.references):
            return AskOutcome.TRANSACTION_IN_USE
        await repository.ask_again(session, commitment_id, question, now=now)
    await notify(session, channel=WORK, payload=JOB)
    return AskOutcome.TAKEN


async def claim_next(session: AsyncSession, *, now: datetime) -> Claim | None:
    """Claim the question that is due first, with what the index has of its list."""
    claimed = await claims.claim_next(session, now=now, until=now + LEASE)
    if claimed is None:
        return None
    commitment, token = claimed
    return Claim(
        commitment_id=commitment.id,
        token=token,
        sender_id=commitment.sender_id,
        transaction_uid=commitment.transaction_uid,
        calling_ae_title=commitment.calling_ae_title,
        asked_at=commitment.asked_at,
        references=tuple(await repository.list_references(session, commitment.id)),
        kept=await claims.list_kept(session, commitment.id),
    )


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find the earliest instant at which a question is to be answered."""
    return await claims.find_next_due(session)


async def settle(
    session: AsyncSession,
    claim: Claim,
    *,
    on_disk: frozenset[UUID],
    index_is_behind: bool,
    now: datetime,
) -> Verdict | None:
    """Judge a question; once this is committed, what is promised stays.

    Parameters
    ----------
    on_disk
        Those of the claim's arrivals whose file is there.
    index_is_behind
        Arrivals from before the question still wait for the index.

    Returns
    -------
    Verdict or None
        Nothing: it is judged later, or another has it now.
    """
    commitment = await claims.lock_claim(session, claim)
    if commitment is None:
        return None
    await claims.hold_studies(session, claim.study_ids)
    # Read again now that nothing is purged: what came or went since the claim was not looked for.
    kept = await claims.list_kept(session, commitment.id)
    judged = judge(claim.references, kept=kept, on_disk=on_disk)
    look_at = None
    if kept != claim.kept:
        look_at = now + _LOOK_AGAIN
    elif is_too_early(judged, asked_at=claim.asked_at, index_is_behind=index_is_behind, now=now):
        look_at = find_next_look(asked_at=claim.asked_at, now=now)
    if look_at is not None:
        await claims.let_go(session, commitment, next_at=look_at)
        return None
    return await _promise(session, commitment, judged, now=now)


async def _promise(
    session: AsyncSession, commitment: Commitment, judged: Sequence[Judged], *, now: datetime
) -> Verdict:
    days = await claims.find_days(session, commitment.sender_id)
    until = extend_promise(commitment.until, days=days, now=now)
    if until is None:
        # Switched off since it was asked: nothing is promised, and so it is said.
        judged = [Judged(each.reference, FailureReason.PROCESSING_FAILURE) for each in judged]
    await claims.note_judged(session, commitment.id, judged)
    await claims.set_columns(session, commitment, until=until, claimed_until=now + LEASE)
    return Verdict(
        CommitmentReport(commitment.transaction_uid, tuple(judged)),
        await claims.find_asker(session, commitment),
    )


async def finish(
    session: AsyncSession, claim: Claim, *, reported: Reported, now: datetime
) -> CommitmentState | None:
    """Keep a try to tell the sender, and decide what follows.

    Returns
    -------
    CommitmentState or None
        Where the question stands now; nothing when another has it.
    """
    commitment = await claims.lock_claim(session, claim)
    if commitment is None:
        return None
    attempts = commitment.attempts + 1
    next_at = None
    state = CommitmentState.REPORTED
    if not reported.is_taken:
        next_at = find_retry(attempts, asked_at=commitment.asked_at, now=now)
        state = CommitmentState.GIVEN_UP if next_at is None else CommitmentState.ASKED
    await claims.let_go(
        session,
        commitment,
        state=state.value,
        next_at=next_at,
        attempts=attempts,
        reported_at=now if reported.is_taken else commitment.reported_at,
        detail=reported.detail,
    )
    return state


async def forget(session: AsyncSession, *, now: datetime) -> bool:
    """Delete some of the questions whose promise has long been over; the oldest first.

    Returns
    -------
    bool
        Whether there may be more.
    """
    gone = await repository.delete_over(
        session, before=now - FORGET_AFTER, limit=_FORGOTTEN_AT_ONCE
    )
    return gone == _FORGOTTEN_AT_ONCE

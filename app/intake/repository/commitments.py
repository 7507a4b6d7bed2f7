"""Queries on the questions of storage commitment, as the gateway asks them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Text, cast, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.models import Sender, Site
from app.intake.domain.commitment import CommitmentState, Question, Reference
from app.intake.models import Commitment, CommitmentInstance

_ASKED = CommitmentState.ASKED.value


async def does_commit(session: AsyncSession, sender_id: int) -> bool:
    """Tell whether commitment is on for a sender: at its site, and with somewhere to answer."""
    found = await session.scalar(
        select(Sender.id)
        .join(Site, Site.id == Sender.site_id)
        .where(
            Sender.id == sender_id,
            Sender.disabled_at.is_(None),
            Sender.endpoint_id.is_not(None),
            Site.commitment_days.is_not(None),
        )
    )
    return found is not None


async def add(session: AsyncSession, question: Question, *, now: datetime) -> int | None:
    """Keep a question with its list; nothing when its sender has used the transaction before."""
    commitment_id = await session.scalar(
        insert(Commitment)
        .values(
            transaction_uid=question.transaction_uid,
            sender_id=question.sender_id,
            association_id=question.association_id,
            calling_ae_title=question.calling_ae_title,
            asked_at=now,
            next_at=now,
            state=_ASKED,
        )
        .on_conflict_do_nothing(
            index_elements=[Commitment.sender_id, Commitment.transaction_uid],
        )
        .returning(Commitment.id)
    )
    if commitment_id is not None:
        await _add_list(session, commitment_id, question.references)
    return commitment_id


async def _add_list(
    session: AsyncSession, commitment_id: int, references: Sequence[Reference]
) -> None:
    # One statement with two arrays: a list has tens of thousands of instances.
    listed = select(
        literal(commitment_id, BigInteger),
        func.unnest(cast([each.sop_instance_uid for each in references], ARRAY(Text))),
        func.unnest(cast([each.sop_class_uid for each in references], ARRAY(Text))),
    )
    await session.execute(
        insert(CommitmentInstance).from_select(
            ["commitment_id", "sop_instance_uid", "sop_class_uid"], listed
        )
    )


async def lock_transaction(session: AsyncSession, question: Question) -> int:
    """Lock what was asked before by the same transaction of the same sender."""
    found = await session.scalars(
        select(Commitment.id)
        .where(
            Commitment.sender_id == question.sender_id,
            Commitment.transaction_uid == question.transaction_uid,
        )
        .with_for_update(key_share=True)
    )
    return found.one()


async def list_references(session: AsyncSession, commitment_id: int) -> list[Reference]:
    """List what was asked about."""
    rows = await session.execute(
        select(CommitmentInstance.sop_instance_uid, CommitmentInstance.sop_class_uid).where(
            CommitmentInstance.commitment_id == commitment_id
        )
    )
    return [Reference(*row) for row in rows]


async def ask_again(
    session: AsyncSession, commitment_id: int, question: Question, *, now: datetime
) -> None:
    """Let a question be answered once more; who is answering it just now has lost it."""
    await session.execute(
        update(Commitment)
        .where(Commitment.id == commitment_id)
        .values(
            association_id=question.association_id,
            calling_ae_title=question.calling_ae_title,
            asked_at=now,
            next_at=now,
            state=_ASKED,
            token=None,
            claimed_until=None,
            attempts=0,
        )
        .execution_options(synchronize_session=False)
    )


async def delete_over(session: AsyncSession, *, before: datetime, limit: int) -> int:
    """Delete questions, with their lists, that are answered and whose promise ended before then.

    Returns
    -------
    int
        How many, at most `limit`; those that somebody holds just now are left.
    """
    over_at = func.greatest(Commitment.asked_at, Commitment.until)
    found = (
        select(Commitment.id)
        .where(Commitment.state != _ASKED, over_at < before)
        .order_by(Commitment.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    gone = await session.scalars(
        delete(Commitment)
        .where(Commitment.id.in_(found))
        .returning(Commitment.id)
        .execution_options(synchronize_session=False)
    )
    return len(gone.all())

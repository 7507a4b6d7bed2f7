"""Queries that claim, judge and finish questions of storage commitment."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, any_, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.directory.models import Endpoint, Sender, Site
from app.intake.domain.commitment import Claim, CommitmentState, Judged, Kept
from app.intake.domain.ports import Asker
from app.intake.models import Commitment, CommitmentInstance, Instance, Series, Study

_ASKED = CommitmentState.ASKED.value


async def claim_next(
    session: AsyncSession, *, now: datetime, until: datetime
) -> tuple[Commitment, uuid.UUID] | None:
    """Claim the question that is due first; what another claims at the same time is skipped.

    A claim that ran out is due again: who held it was killed.
    """
    chosen = await session.scalar(
        select(Commitment.id)
        .where(Commitment.state == _ASKED, Commitment.next_at <= now, _is_free(now))
        .order_by(Commitment.next_at, Commitment.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )
    if chosen is None:
        return None
    token = uuid.uuid4()
    claimed = await session.scalars(
        update(Commitment)
        .where(Commitment.id == chosen)
        .values(token=token, claimed_until=until)
        .returning(Commitment)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return claimed.one(), token


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(Commitment.claimed_until.is_(None), Commitment.claimed_until <= now)


async def find_next_due(session: AsyncSession) -> datetime | None:
    """Find the earliest instant at which a question is to be answered, or a claim runs out."""
    found: datetime | None = await session.scalar(
        select(
            func.min(
                func.greatest(
                    Commitment.next_at, func.coalesce(Commitment.claimed_until, Commitment.next_at)
                )
            )
        ).where(Commitment.state == _ASKED)
    )
    return found


async def lock_claim(session: AsyncSession, claim: Claim) -> Commitment | None:
    """Lock a question that is still held by this claim."""
    return await session.scalar(
        select(Commitment)
        .where(
            Commitment.id == claim.commitment_id,
            Commitment.token == claim.token,
            Commitment.state == _ASKED,
        )
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )


async def list_kept(session: AsyncSession, commitment_id: int) -> dict[str, list[Kept]]:
    """List what the index has of the instances of a question, by SOP Instance UID.

    UIDs count inside the domain of who asks, or of the senders of that domain.
    """
    origin = aliased(Sender)
    rows = await session.execute(
        select(
            Series.study_id,
            Instance.sop_instance_uid,
            Instance.sop_class_uid,
            Instance.arrival_id,
            or_(Instance.purged_at.is_not(None), Instance.path == ""),
        )
        .select_from(Commitment)
        .join(Sender, Sender.id == Commitment.sender_id)
        .join(CommitmentInstance, CommitmentInstance.commitment_id == Commitment.id)
        .join(Instance, Instance.sop_instance_uid == CommitmentInstance.sop_instance_uid)
        .join(Series, Series.id == Instance.series_id)
        .join(Study, Study.id == Series.study_id)
        .join(origin, origin.id == Study.sender_id)
        .where(
            Commitment.id == commitment_id,
            or_(Study.domain_id == Sender.domain_id, origin.domain_id == Sender.domain_id),
        )
        .order_by(Instance.id)
    )
    kept: dict[str, list[Kept]] = defaultdict(list)
    for study_id, sop_instance_uid, sop_class_uid, arrival_id, is_purged in rows:
        kept[sop_instance_uid].append(
            Kept(
                study_id=study_id,
                sop_instance_uid=sop_instance_uid,
                sop_class_uid=sop_class_uid,
                arrival_id=arrival_id,
                is_purged=is_purged,
            )
        )
    return dict(kept)


async def hold_studies(session: AsyncSession, study_ids: Collection[int]) -> None:
    """Keep studies from being purged until the end of the transaction; others may let them grow."""
    await session.execute(
        select(Study.id)
        .where(Study.id.in_(study_ids))
        .order_by(Study.id)
        .with_for_update(read=True, key_share=True)
    )


async def find_days(session: AsyncSession, sender_id: int) -> int | None:
    """Find for how many days the instances of a sender's site are committed, if they are."""
    return await session.scalar(
        select(Site.commitment_days)
        .join(Sender, Sender.site_id == Site.id)
        .where(Sender.id == sender_id)
    )


async def find_asker(session: AsyncSession, commitment: Commitment) -> Asker | None:
    """Find where a question is answered now: the address may have been corrected since."""
    rows = await session.scalars(
        select(Endpoint)
        .join(Sender, Sender.endpoint_id == Endpoint.id)
        .where(Sender.id == commitment.sender_id)
    )
    endpoint = rows.one_or_none()
    if endpoint is None:
        return None
    return Asker(commitment.calling_ae_title, endpoint.host, endpoint.port, tls=endpoint.tls)


async def note_judged(session: AsyncSession, commitment_id: int, judged: Iterable[Judged]) -> None:
    """Keep what is answered of each instance."""
    by_reason: dict[int | None, list[str]] = defaultdict(list)
    for each in judged:
        by_reason[each.failure_reason].append(each.reference.sop_instance_uid)
    uid, reason = CommitmentInstance.sop_instance_uid, CommitmentInstance.failure_reason
    for value, uids in by_reason.items():
        await session.execute(
            update(CommitmentInstance)
            .where(
                CommitmentInstance.commitment_id == commitment_id,
                uid == any_(cast(uids, ARRAY(Text))),
                reason.is_distinct_from(value),
            )
            .values(failure_reason=value)
            .execution_options(synchronize_session=False)
        )


async def let_go(
    session: AsyncSession,
    commitment: Commitment,
    **columns: Any,  # noqa: ANN401 - columns of several types
) -> None:
    """Let go of a claim, and put the question where the decision says."""
    await set_columns(session, commitment, token=None, claimed_until=None, **columns)


async def set_columns(
    session: AsyncSession,
    commitment: Commitment,
    **columns: Any,  # noqa: ANN401 - columns of several types
) -> None:
    """Change a question that is locked by its claim."""
    await session.execute(
        update(Commitment)
        .where(Commitment.id == commitment.id, Commitment.token == commitment.token)
        .values(**columns)
        .execution_options(synchronize_session=False)
    )

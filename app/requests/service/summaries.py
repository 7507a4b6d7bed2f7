"""Requests as reports and pages show them beside the images."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict

from sqlalchemy.ext.asyncio import AsyncSession

from app.requests.domain.states import RequestState
from app.requests.domain.summary import AttachmentSummary, RequestSummary
from app.requests.models import Request, RequestAttachment
from app.requests.repository import attachments, requests
from app.requests.service.writing import content_of


async def load_summaries(
    session: AsyncSession, request_ids: Collection[int]
) -> tuple[RequestSummary, ...]:
    """Summarise requests, in the order of their submission, with attachments and decisions."""
    return await summarise(session, await requests.list_by_ids(session, request_ids))


async def summarise(session: AsyncSession, rows: Sequence[Request]) -> tuple[RequestSummary, ...]:
    """Summarise requests that were read, in the order given."""
    users = await requests.load_user_names(session, {row.requested_by for row in rows})
    deciders = {row.decided_by for row in rows if row.decided_by is not None}
    names = await requests.load_radiologist_names(session, deciders)
    files = defaultdict(list)
    for each in await attachments.list_attachments(session, [row.id for row in rows]):
        files[each.request_id].append(summarise_attachment(each))
    substituted = [row.id for row in rows if row.state == RequestState.SUBSTITUTED]
    instead = await _find_exams_instead(session, substituted)
    return tuple(
        RequestSummary(
            request_id=row.id,
            site_id=row.site_id,
            state=RequestState(row.state),
            **asdict(content_of(row)),
            requested_at=row.requested_at,
            requested_by_name=users.get(row.requested_by, ""),
            decided_at=row.decided_at,
            decided_by_name=names.get(row.decided_by or 0, ""),
            protocol=row.protocol,
            exam_instead=instead.get(row.id, ""),
            reason=row.state_reason,
            version=row.version,
            open_question=row.open_question,
            images_at=row.images_at,
            attachments=tuple(files[row.id]),
        )
        for row in rows
    )


async def _find_exams_instead(session: AsyncSession, request_ids: Sequence[int]) -> dict[int, str]:
    decisions = await requests.list_decisions(session, request_ids)
    return {each.request_id: each.exam for each in decisions if each.exam}


def summarise_attachment(row: RequestAttachment) -> AttachmentSummary:
    """Summarise an attachment."""
    return AttachmentSummary(
        attachment_id=row.id,
        name=row.name,
        media_type=row.media_type,
        size_bytes=row.size_bytes,
        digest=row.digest.hex(),
        added_at=row.added_at,
    )

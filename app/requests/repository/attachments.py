"""Queries on the files that came with requests."""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit.errors import NotFound
from app.requests.models import RequestAttachment


class AttachmentNotFound(NotFound):
    """The request has no such attachment."""


async def add_attachment(session: AsyncSession, row: RequestAttachment) -> None:
    """Insert an attachment; its row then knows its id."""
    session.add(row)
    await session.flush()


async def get_attachment(
    session: AsyncSession, *, request_id: int, attachment_id: int
) -> RequestAttachment:
    """Read an attachment of a request.

    Raises
    ------
    AttachmentNotFound
        If the request has none with this id.
    """
    query = select(RequestAttachment).where(
        RequestAttachment.id == attachment_id, RequestAttachment.request_id == request_id
    )
    found = await session.scalar(query)
    if found is None:
        message = f"request {request_id} has no attachment {attachment_id}"
        raise AttachmentNotFound(message)
    return found


async def list_attachments(
    session: AsyncSession, request_ids: Collection[int]
) -> Sequence[RequestAttachment]:
    """List the attachments of requests, in the order in which they came."""
    query = select(RequestAttachment).where(RequestAttachment.request_id.in_(request_ids))
    return (await session.scalars(query.order_by(RequestAttachment.id))).all()


async def count_attachments(session: AsyncSession, request_id: int) -> int:
    """Count the attachments of a request."""
    query = select(func.count()).where(RequestAttachment.request_id == request_id)
    return (await session.execute(query)).scalar_one()

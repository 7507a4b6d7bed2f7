"""Use case of the files that come with a request: look into them, keep them, read them back."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from app.directory.domain import Actor
from app.kit.errors import Conflict, Invalid
from app.kit.ids import draw_arrival_id
from app.requests.domain.attachments import (
    LARGEST_BYTES,
    SUFFIXES,
    MediaType,
    check_pdf,
    clean_name,
    find_media_type,
)
from app.requests.domain.states import STANDING, RequestAction, RequestMoveRefused, RequestState
from app.requests.models import RequestAttachment
from app.requests.repository import attachments as repository
from app.requests.repository import requests
from app.requests.service.pictures import check_picture
from app.requests.service.writing import user_of
from app.store.files import digest, make_folder, write_durably
from app.store.layout import Layout

MOST_ATTACHMENTS = 10


class FileTooLarge(Invalid):
    """A file is larger than a request may carry."""

    def __init__(self) -> None:
        super().__init__(f"a file has at most {LARGEST_BYTES >> 20} MB")


class TooManyAttachments(Conflict):
    """The request carries as many files as it may."""

    def __init__(self, request_id: int) -> None:
        super().__init__(f"request {request_id} has {MOST_ATTACHMENTS} attachments already")
        self.request_id = request_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file that was looked into and lies in the data folder.

    Parameters
    ----------
    name
        Cleaned; shown to people, never opened by.
    path
        Relative to the data folder; drawn by us.
    """

    name: str
    media_type: MediaType
    size_bytes: int
    digest: bytes
    path: str


def check_file(content: bytes) -> MediaType:
    """Tell what a file is, having looked into it; it may take a second, so call it in a thread.

    Raises
    ------
    FileTooLarge
        If it has more than 10 MB.
    AttachmentRefused
        If it is not what it must be.
    """
    if len(content) > LARGEST_BYTES:
        raise FileTooLarge
    media_type = find_media_type(content)
    if media_type is MediaType.PDF:
        check_pdf(content)
    else:
        check_picture(content, media_type=media_type)
    return media_type


def keep_file(data_dir: Path, *, name: str, content: bytes) -> Attachment:
    """Look into a file and write it so that it survives a power cut; call it in a thread.

    Raises
    ------
    FileTooLarge, AttachmentRefused
        As `check_file`; nothing was written.
    """
    media_type = check_file(content)
    layout = Layout(data_dir)
    path = layout.attachment_path(draw_arrival_id(), suffix=SUFFIXES[media_type])
    make_folder(path.parent)
    write_durably(path, chunks=[content])
    return Attachment(
        name=clean_name(name, media_type=media_type),
        media_type=media_type,
        size_bytes=len(content),
        digest=digest([content]),
        path=layout.relative(path),
    )


async def add_attachment(
    session: AsyncSession, request_id: int, *, file: Attachment, actor: Actor, now: datetime
) -> int:
    """Add a kept file to a standing request; an open question is answered by it.

    Raises
    ------
    RequestMoveRefused
        If the request was refused or cancelled.
    TooManyAttachments
        If it has ten already.
    """
    request = await requests.lock_request(session, request_id)
    state = RequestState(request.state)
    if state not in STANDING:
        raise RequestMoveRefused(state, RequestAction.AMEND)
    if await repository.count_attachments(session, request_id) >= MOST_ATTACHMENTS:
        raise TooManyAttachments(request_id)
    row = RequestAttachment(
        request_id=request_id,
        name=file.name,
        media_type=file.media_type.value,
        size_bytes=file.size_bytes,
        digest=file.digest,
        path=file.path,
        added_at=now,
        added_by=user_of(actor),
    )
    await repository.add_attachment(session, row)
    await requests.change(session, request_id, open_question="")
    await requests.add_event(
        session,
        request_id=request_id,
        kind="attached",
        now=now,
        by_user_id=user_of(actor),
        detail={"attachment": row.id, "answers": bool(request.open_question)},
    )
    return row.id

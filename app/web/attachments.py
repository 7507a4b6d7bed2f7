"""Files that come with requests, on their way in and out."""

import asyncio
from urllib.parse import quote

from fastapi import Response
from starlette.datastructures import UploadFile

from app.directory.domain import Permission
from app.requests.domain.attachments import LARGEST_BYTES
from app.requests.repository import attachments
from app.requests.service import Attachment, FileTooLarge, add_attachment, keep_file
from app.store.files import read_back, remove
from app.web.dependencies import Work
from app.web.request_access import enter_request

_SANDBOX = "default-src 'none'; sandbox; frame-ancestors 'none'"


async def _take_upload(work: Work, file: UploadFile) -> Attachment:
    """Look into a file that was sent, and keep it on the disk.

    Raises
    ------
    FileTooLarge, AttachmentRefused
        If it is not what a request may carry; nothing was kept.
    """
    content = await file.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise FileTooLarge
    return await asyncio.to_thread(
        keep_file, work.container.settings.data_dir, name=file.filename or "", content=content
    )


async def attach_upload(work: Work, request_id: int, file: UploadFile) -> int:
    """Add a file that was sent to a request; when that is refused, nothing of it stays.

    Raises
    ------
    FileTooLarge, AttachmentRefused
        If it is not what a request may carry.
    RequestMoveRefused, TooManyAttachments
        If the request takes no more.
    """
    kept = await _take_upload(work, file)
    try:
        return await add_attachment(
            work.session, request_id, file=kept, actor=work.actor, now=work.now
        )
    except BaseException:
        # Whatever ends it, also the database: no row will ever lead to the file.
        await asyncio.to_thread(remove, [work.container.settings.data_dir / kept.path])
        raise


async def answer_attachment(
    work: Work, request_id: int, attachment_id: int, *, inline: bool
) -> Response:
    """Answer a file as it came; the view is logged.

    Parameters
    ----------
    inline
        Let the browser show it, in a sandbox where nothing of it can run.
    """
    await enter_request(work, request_id, Permission.REQUEST_READ)
    work.note_access("download attachment", subject="request", subject_id=request_id)
    row = await attachments.get_attachment(
        work.session, request_id=request_id, attachment_id=attachment_id
    )
    path = work.container.settings.data_dir / row.path
    content = await asyncio.to_thread(read_back, path, expected_digest=row.digest)
    # RFC 6266 §5: the second form is for names that are not plain ASCII.
    plain = row.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    names = f"filename=\"{plain}\"; filename*=UTF-8''{quote(row.name)}"
    headers = {
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; {names}",
        "Content-Security-Policy": _SANDBOX,
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=row.media_type, headers=headers)

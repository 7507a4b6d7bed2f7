"""The page of volumes: import with a look before, measured beside imported, shares, warnings."""

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from app import pipeline
from app.directory.domain import Permission
from app.kit.errors import Invalid
from app.planning.domain.volumes.months import twelve_months_before
from app.planning.repository import volumes_monthly as monthly
from app.planning.service.snapshots import freeze
from app.planning.service.volumes_imported import TableRefused, import_table, preview_table
from app.web.api.volumes_months import read_name, read_upload
from app.web.pages.door import SentForm, Visit, visit
from app.web.pages.rendering import render_page
from app.web.pages.volumes_view import PreviewShown, load_page, show_preview

router = APIRouter(prefix="/planning/volumes")

Reader = Annotated[Visit, visit(Permission.VOLUME_READ)]
Writer = Annotated[Visit, visit(Permission.VOLUME_WRITE)]
Typed = Annotated[str, Form(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_REFUSED = 422


@router.get("")
async def show_volumes(guest: Reader) -> HTMLResponse:
    """Show the volumes of the twelve months that are over, and what was frozen."""
    return render_page("volumes/page.html", frame=guest.frame, view=await load_page(guest))


@router.post("/preview")
async def look_at_file(form: SentForm, guest: Writer) -> HTMLResponse:
    """Show what a file would import, or its faults; nothing is written."""
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise Invalid("choose a file of volumes first")
    content = await read_upload(file)
    return await _show(guest, content, filename=read_name(file))


async def _show(guest: Visit, content: bytes, *, filename: str) -> HTMLResponse:
    preview = await preview_table(
        guest.session, content, actor=guest.work.actor, now=guest.work.now, zone=_zone(guest)
    )
    names = {each.id: each.name for each in await monthly.list_all_societies(guest.session)}
    is_good = not preview.reading.faults
    shown: PreviewShown = show_preview(
        preview,
        filename=filename,
        content=b64encode(content).decode() if is_good else "",
        guest=guest,
        names=names,
    )
    view = await load_page(guest, preview=shown)
    status = 200 if is_good else _REFUSED
    return render_page("volumes/page.html", frame=guest.frame, view=view, status=status)


@router.post("/import")
async def import_file(
    guest: Writer,
    content: Annotated[str, Form(max_length=1_500_000)],
    digest: Annotated[str, Form(pattern=r"^[0-9a-f]{64}$")],
    filename: Typed = "",
) -> Response:
    """Import the file that was looked at, whole."""
    try:
        table = b64decode(content, validate=True)
    except (BadBase64, ValueError):
        raise Invalid("this file was changed on its way: look at it again") from None
    try:
        await import_table(
            guest.session,
            table,
            filename=filename or "-",
            actor=guest.work.actor,
            now=guest.work.now,
            zone=_zone(guest),
            digest=digest,
        )
    except TableRefused:
        # A society may have been renamed since the look.
        return await _show(guest, table, filename=filename)
    return RedirectResponse("/planning/volumes", 303)


@router.post("/measure")
async def measure(guest: Writer) -> Response:
    """Count the twelve months that are over from our own cases."""
    since, until = twelve_months_before(guest.work.today)
    await pipeline.measure_volumes(
        guest.session,
        since=since,
        until=until,
        zone=_zone(guest),
        actor=guest.work.actor,
        now=guest.work.now,
    )
    return RedirectResponse("/planning/volumes", 303)


@router.post("/freeze")
async def freeze_shares(guest: Writer, note: Typed = "") -> Response:
    """Freeze the shares that are shown."""
    await freeze(
        guest.session,
        actor=guest.work.actor,
        now=guest.work.now,
        zone=_zone(guest),
        note=note.strip(),
    )
    return RedirectResponse("/planning/volumes#frozen", 303)


def _zone(guest: Visit) -> ZoneInfo:
    return ZoneInfo(guest.work.container.settings.zone)

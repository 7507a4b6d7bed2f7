"""Why a society has its guards: a page to read, and the same on paper."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from app.directory.domain import Permission
from app.planning.domain.printed import PrintedPage
from app.planning.service.proofs import show_proof
from app.web.pages.door import Visit, visit
from app.web.pages.proof_view import ProofWriter
from app.web.pages.rendering import render_page
from app.web.schemas import Key

router = APIRouter(prefix="/planning")

Reader = Annotated[Visit, visit(Permission.VOLUME_READ)]


async def _write(guest: Visit, planning_id: int, society_id: int) -> PrintedPage:
    shown = await show_proof(
        guest.session,
        planning_id=planning_id,
        society_id=society_id,
        actor=guest.work.actor,
    )
    writer = ProofWriter(shown, texts=guest.frame.texts, zone=guest.frame.zone)
    return writer.write(now=guest.work.now)


@router.get("/{planning_id}/why/{society_id}")
async def show_why(planning_id: Key, society_id: Key, guest: Reader) -> HTMLResponse:
    """Show why a society has its guards in a planning."""
    page = await _write(guest, planning_id, society_id)
    return render_page("planning/why.html", frame=guest.frame, view=page)


@router.get("/{planning_id}/why/{society_id}/paper.pdf")
async def print_why(planning_id: Key, society_id: Key, guest: Reader) -> Response:
    """Give the same as a PDF."""
    page = await _write(guest, planning_id, society_id)
    printer = guest.work.container.table_printer
    content = await asyncio.to_thread(printer.print_page, page)
    name = f"guards-{planning_id}-{society_id}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)

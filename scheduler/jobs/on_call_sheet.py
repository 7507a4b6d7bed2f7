"""Makes the on-call sheet: daily, and when who is on guard soon has changed; then it is sent."""

import asyncio
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.db.locks import wait_for_lock
from app.kit.ids import draw_arrival_id
from app.planning.domain.on_call_sheet import Sheet, SheetLanguage
from app.planning.events import SheetMade
from app.planning.service import on_call_sheets as sheets
from app.planning.service.on_call_sheets import SheetFile
from app.store.files import digest, make_folder, remove, write_durably
from app.store.layout import Layout
from scheduler.job import Bench, Job, name_no_instant

_log = structlog.get_logger(__name__)
_LOCK = "on_call_sheet"


async def run(bench: Bench) -> None:
    """Make a sheet, if one is due."""
    settings = bench.settings
    language = SheetLanguage(settings.locale)

    async def find_due(session: AsyncSession, now: datetime) -> Sheet | None:
        return await sheets.find_due(session, zone=settings.zone, language=language, now=now)

    sheet = await bench.transact(find_due)
    if sheet is not None:
        await make(bench, sheet)


async def make(bench: Bench, sheet: Sheet) -> None:
    """Render a sheet outside any transaction, keep its bytes, and let it be sent.

    When another scheduler was first, its bytes count and these are removed.
    """
    content = await asyncio.to_thread(bench.sheets.render_sheet, sheet)
    file = await asyncio.to_thread(_write, Layout(bench.data_dir), content)

    async def keep(session: AsyncSession, now: datetime) -> SheetMade | None:
        await wait_for_lock(session, _LOCK)
        event = await sheets.keep_sheet(session, sheet, file=file)
        if event is not None and bench.mails is not None:
            await pipeline.sheet_made(session, event, now=now)
        return event

    event = await bench.transact(keep)
    if event is None:
        await asyncio.to_thread(remove, [bench.data_dir / file.path])
    else:
        _log.info("on_call_sheet_made", sheet=event.sheet_id, guards=len(sheet.guards))


def _write(layout: Layout, content: bytes) -> SheetFile:
    path = layout.sheet_path(draw_arrival_id())
    make_folder(path.parent)
    write_durably(path, chunks=[content])
    return SheetFile(path=layout.relative(path), digest=digest([content]), size_bytes=len(content))


# The tick looks, since a publication may call for a sheet at any time.
JOB = Job(name="on_call_sheet", run=run, find_next_due=name_no_instant)

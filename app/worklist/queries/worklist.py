"""The worklist: which cases, by one query; their rows come from the book, or are read."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, and_, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases.domain.states import OPEN_FOR_DELIVERY, OPEN_FOR_DISPATCH, CaseState
from app.cases.models import Case
from app.directory.domain.actor import Scope
from app.directory.models import Site
from app.worklist.queries.row_book import RowBook
from app.worklist.queries.rows import ROWS, WRITTEN_BY, read_rows
from app.worklist.queries.scoping import inside, is_asked
from app.worklist.views.worklist import Worklist, WorklistRow


def _is_one_of(states: frozenset[CaseState]) -> ColumnElement[bool]:
    # The states stand in the statement itself: a partial index is only used when its condition
    # can be proved, which a parameter of a prepared statement may prevent.
    return Case.state.in_([literal_column(f"'{name}'") for name in sorted(states)])


_ROWS_TO_READ = ROWS.where(_is_one_of(OPEN_FOR_DISPATCH))


async def load_worklist(
    session: AsyncSession,
    *,
    book: RowBook,
    scope: Scope,
    now: datetime,
    site_id: int | None = None,
    radiologist_id: int | None = None,
) -> Worklist:
    """Read the cases inside a scope that wait for a reader, a signature or a delivery.

    Parameters
    ----------
    book
        The rows that were read before; those read now are kept there.
    scope
        How far the caller may read the worklist.
    now
        The instant that the answer states, aware; the rows do not depend on it.
    site_id
        Only this site's, if it is inside the scope.
    radiologist_id
        Also what this radiologist is asked to read, outside the scope too.
    """
    visible = inside(scope)
    if radiologist_id is not None and not scope.everything:
        visible = or_(visible, is_asked(radiologist_id))
    wanted = and_(or_(_is_one_of(OPEN_FOR_DISPATCH), _is_one_of(OPEN_FOR_DELIVERY)), visible)
    if site_id is not None:
        wanted = and_(wanted, Case.site_id == site_id)
    rows = await _find_rows(session, wanted, book=book, now=now)
    to_deliver = [row for row in rows if row.state == CaseState.SIGNED]
    return Worklist(
        at=now,
        to_read=tuple(sorted((row for row in rows if row.is_to_read), key=lambda row: row.place)),
        to_deliver=tuple(sorted(to_deliver, key=lambda row: (row.state_at, row.case_id))),
    )


async def _find_rows(
    session: AsyncSession, wanted: ColumnElement[bool], *, book: RowBook, now: datetime
) -> list[WorklistRow]:
    listed = (
        select(Case.id, Case.version, WRITTEN_BY).join(Site, Site.id == Case.site_id).where(wanted)
    )
    stamps = {case_id: (version, by) for case_id, version, by in await session.execute(listed)}
    rows = book.find(stamps, now=now)
    lacking = stamps.keys() - rows.keys()
    # Asked for by the same conditions: a case may have left them since.
    read = await read_rows(session, lacking, query=ROWS.where(wanted)) if lacking else []
    book.keep(read, now=now)
    return [*rows.values(), *(row for _, row in read)]


async def load_changed(
    session: AsyncSession, *, book: RowBook, case_ids: Collection[int], now: datetime
) -> dict[int, WorklistRow]:
    """Read the cases that are to be read and have just changed, anew; the caller checks scopes."""
    read = await read_rows(session, case_ids, query=_ROWS_TO_READ)
    book.keep(read, now=now)
    return {row.case_id: row for _, row in read}


async def load_row(session: AsyncSession, *, case_id: int) -> WorklistRow | None:
    """Read one case as a row of the worklist, whatever its state; the caller checks the scope."""
    return next((row for _, row in await read_rows(session, [case_id])), None)

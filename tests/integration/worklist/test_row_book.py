"""The rows that a process has read: which of them are true, and what is read anew."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.cases import repository as cases
from app.db.session import Sessions, unit_of_work
from app.directory.domain import EVERYTHING
from app.worklist.queries.row_book import RowBook
from app.worklist.queries.worklist import load_changed, load_worklist
from app.worklist.views.worklist import WorklistRow
from tests.factories.flow import open_case
from tests.factories.stage import NIGHT, Stage, add_radiologist, set_stage

SECOND = timedelta(seconds=1)


@pytest_asyncio.fixture
async def stage(session: AsyncSession) -> Stage:
    return await set_stage(session)


@pytest.fixture
def book() -> RowBook:
    return RowBook()


async def read(session: AsyncSession, book: RowBook, *, after_s: int = 0) -> list[WorklistRow]:
    now = NIGHT + after_s * SECOND
    return list((await load_worklist(session, book=book, scope=EVERYTHING, now=now)).to_read)


@pytest.mark.asyncio
async def test_a_row_is_read_once_until_its_case_changes(stage: Stage, book: RowBook) -> None:
    first, second = [await open_case(stage) for _ in range(2)]
    before = await read(stage.session, book)

    assert await read(stage.session, book) == before
    assert book.read_count == 2

    await cases.change(stage.session, second, description="Scanner du crâne")
    after = {row.case_id: row.description for row in await read(stage.session, book)}

    assert book.read_count == 3
    assert after[second] == "Scanner du crâne"
    assert after[first] != after[second]


@pytest.mark.asyncio
async def test_what_stands_beside_a_case_is_shown_once_it_is_touched(
    stage: Stage, book: RowBook
) -> None:
    _, actor = await add_radiologist(stage)
    case_id = await open_case(stage, instances=5)
    await pipeline.claim(stage.session, case_id, actor=actor, now=NIGHT)
    await read(stage.session, book)

    await stage.session.execute(text("UPDATE delivery SET sent_count = 3"))
    await cases.touch(stage.session, case_id)

    (row,) = await read(stage.session, book)
    assert row.images[0].sent == 3


@pytest.mark.asyncio
async def test_a_name_that_no_case_knows_is_shown_within_half_a_minute(
    stage: Stage, book: RowBook
) -> None:
    await open_case(stage)
    await read(stage.session, book)
    await stage.session.execute(text("UPDATE site SET name = 'CH de Bergerac'"))

    (kept,) = await read(stage.session, book, after_s=30)
    (fresh,) = await read(stage.session, book, after_s=31)

    assert (kept.site_name, fresh.site_name) == (stage.site.name, "CH de Bergerac")


@pytest.mark.asyncio
async def test_a_change_that_was_undone_leaves_no_row_behind(
    sessions: Sessions, book: RowBook
) -> None:
    async with unit_of_work(sessions) as session:
        case_id = await open_case(await set_stage(session))

    async with sessions() as session:
        await cases.change(session, case_id, description="undone")
        assert [row.description for row in await read(session, book)] == ["undone"]
        await session.rollback()
    async with unit_of_work(sessions) as session:
        await cases.change(session, case_id, description="done")

    async with sessions() as session:
        (row,) = await read(session, book)
        # Both changes made the same version of it.
        assert (row.version, row.description) == (2, "done")


@pytest.mark.asyncio
async def test_of_what_changed_only_what_is_to_be_read_comes(stage: Stage, book: RowBook) -> None:
    opened, voided = [await open_case(stage) for _ in range(2)]
    await stage.session.execute(
        text("UPDATE \"case\" SET state = 'voided' WHERE id = :id"), {"id": voided}
    )

    found = await load_changed(
        stage.session, book=book, case_ids=[opened, voided, 999_999], now=NIGHT
    )

    assert list(found) == [opened]


@pytest.mark.asyncio
async def test_the_book_has_an_end_and_who_was_asked_for_longest_ago_leaves(stage: Stage) -> None:
    book = RowBook(kept=2)
    for _ in range(3):
        await open_case(stage)

    assert len(await read(stage.session, book)) == 3
    assert len(await read(stage.session, book)) == 3

    # Two of them were still there.
    assert book.read_count == 3 + 1

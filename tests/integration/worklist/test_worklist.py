"""The worklist: what is on it, for whom, in which order, at what cost."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.directory.domain.actor import EVERYTHING, Scope
from app.worklist.queries.row_book import RowBook
from app.worklist.queries.scoping import find_site_ids
from app.worklist.queries.worklist import load_row, load_worklist
from app.worklist.views.worklist import Worklist
from tests.factories.flow import offer_case, open_case, sign_case
from tests.factories.stage import (
    NIGHT,
    Stage,
    add_radiologist,
    put_on_guard,
    set_stage,
)

MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture
async def stage(session: AsyncSession) -> Stage:
    return await set_stage(session)


async def load(stage: Stage, *, scope: Scope = EVERYTHING) -> Worklist:
    return await load_worklist(stage.session, book=RowBook(), scope=scope, now=NIGHT)


@contextmanager
def count_statements(session: AsyncSession) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    connection = session.get_bind()
    event.listen(connection, "before_cursor_execute", note)
    yield statements
    event.remove(connection, "before_cursor_execute", note)


@pytest.mark.asyncio
async def test_what_is_due_first_stands_first(stage: Stage) -> None:
    late = await open_case(stage, at=NIGHT - 50 * MINUTE)
    fresh = await open_case(stage, at=NIGHT)
    urgent = await open_case(stage, at=NIGHT - MINUTE, urgent=True)

    worklist = await load(stage)

    # Due in 10, 29 and 60 minutes.
    assert [row.case_id for row in worklist.to_read] == [late, urgent, fresh]
    assert worklist.at == NIGHT


@pytest.mark.asyncio
async def test_a_row_says_who_is_asked_and_whether_they_have_seen_it(stage: Stage) -> None:
    radiologist, actor = await add_radiologist(stage)
    await put_on_guard(stage, radiologist)
    case_id = await open_case(stage, urgent=True, instances=3)
    await offer_case(stage, case_id, at=NIGHT)
    await pipeline.acknowledge(stage.session, case_id, actor=actor, now=NIGHT)

    (row,) = (await load(stage)).to_read

    assert (row.state, row.priority, row.instance_count) == ("nominated", "P1", 3)
    assert [(each.radiologist_id, each.acknowledged) for each in row.nominees] == [
        (radiologist.id, True)
    ]
    assert row.nominees[0].name == f"{radiologist.given_name} {radiologist.family_name}"
    assert row.reader_name is None
    assert row.site_name == stage.site.name


@pytest.mark.asyncio
async def test_a_row_says_how_many_images_have_arrived_at_the_centre(stage: Stage) -> None:
    _, actor = await add_radiologist(stage)
    case_id = await open_case(stage, instances=5)
    await pipeline.claim(stage.session, case_id, actor=actor, now=NIGHT)

    (row,) = (await load(stage)).to_read
    (images,) = row.images
    assert (images.sent, images.total, images.arrived, images.dead) == (0, 5, False, False)

    await stage.session.execute(text("UPDATE delivery SET sent_count = 5, state = 'delivered'"))
    (row,) = (await load(stage)).to_read
    assert row.images[0].arrived


@pytest.mark.asyncio
async def test_a_signed_case_waits_apart_until_it_is_delivered(stage: Stage) -> None:
    _, actor = await add_radiologist(stage)
    case_id = await open_case(stage, instances=2)
    await sign_case(stage, case_id, actor=actor, instances=2, at=NIGHT)

    worklist = await load(stage)
    assert worklist.to_read == ()
    (row,) = worklist.to_deliver
    assert (row.case_id, row.report_dead) == (case_id, False)

    await stage.session.execute(text("UPDATE delivery SET state = 'dead' WHERE kind = 'report'"))
    assert (await load(stage)).to_deliver[0].report_dead

    await stage.session.execute(text("UPDATE \"case\" SET state = 'delivered'"))
    assert (await load(stage)).to_deliver == ()


@pytest.mark.asyncio
async def test_only_what_is_inside_the_scope_is_shown(stage: Stage) -> None:
    here = await open_case(stage)
    # A planning of its own: one period has one planning.
    other = await set_stage(stage.session, night=NIGHT + timedelta(days=30))
    there = await open_case(other)

    async def find(scope: Scope) -> set[int]:
        return {row.case_id for row in (await load(stage, scope=scope)).to_read}

    assert await find(EVERYTHING) == {here, there}
    assert await find(Scope(site_ids=frozenset({stage.site.id}))) == {here}
    assert await find(Scope(society_ids=frozenset({other.society.id}))) == {there}
    assert await find(Scope()) == set()


@pytest.mark.asyncio
async def test_the_sites_of_a_scope_are_found_and_everything_is_no_list(stage: Stage) -> None:
    society = Scope(society_ids=frozenset({stage.society.id}))

    found = await find_site_ids(stage.session, scopes=[society, Scope(), EVERYTHING])
    assert found == {society: {stage.site.id}, Scope(): frozenset(), EVERYTHING: None}


@pytest.mark.asyncio
async def test_the_number_of_queries_does_not_grow_with_the_rows(stage: Stage) -> None:
    _, actor = await add_radiologist(stage)
    await open_case(stage)
    with count_statements(stage.session) as few:
        await load(stage)
    for _ in range(12):
        case_id = await open_case(stage)
        await pipeline.claim(stage.session, case_id, actor=actor, now=NIGHT)

    with count_statements(stage.session) as many:
        worklist = await load(stage)

    assert len(worklist.to_read) == 13
    assert len(few) == len(many) == 5


@pytest.mark.asyncio
async def test_the_open_cases_are_found_by_their_partial_indexes(stage: Stage) -> None:
    with count_statements(stage.session) as statements:
        await load(stage)
    session = stage.session
    await session.execute(text("SET LOCAL enable_seqscan = off"))

    # Literals, so that a generic plan can prove the conditions of the indexes too.
    assert "IN ('nominated', 'open', 'reading')" in statements[0]
    assert "IN ('signed')" in statements[0]
    plan = "\n".join(
        await session.scalars(
            text(
                "EXPLAIN SELECT id FROM \"case\" WHERE state IN ('nominated', 'open', 'reading')"
                " OR state IN ('signed')"
            )
        )
    )
    # Two of them hold the open cases only; which one is taken is the planner's affair.
    assert re.search("Index Scan on ix_case_(open|step_due)", plan)
    assert "Index Scan on ix_case_to_deliver" in plan


@pytest.mark.asyncio
async def test_a_row_that_nothing_happened_to_is_equal_to_itself(stage: Stage) -> None:
    case_id = await open_case(stage)

    first = await load_row(stage.session, case_id=case_id)
    again = await load_row(stage.session, case_id=case_id)

    assert first is not None
    assert first == again
    assert hash(first) == hash(again)
    assert await load_row(stage.session, case_id=999_999) is None

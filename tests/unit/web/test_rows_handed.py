"""Rows that changed: which page is handed them, when, and what it is told instead."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest

from app.db.notify import Notice, Reconnected
from app.web.subscription import RowChange, Subscription
from app.web.worklist_hub import WorklistHub
from tests.factories.rows import NOW, SESSION, SOON_S, change, hand, look, row


async def hear(hub: WorklistHub, *payloads: str) -> None:
    async def say() -> AsyncIterator[Notice | Reconnected]:
        for payload in payloads:
            yield Notice("worklist", payload)

    await hub.listen(say())


@pytest.mark.asyncio
async def test_a_row_goes_to_the_pages_of_its_site_and_of_who_is_asked_and_to_no_other() -> None:
    hub = WorklistHub()
    with (
        hub.subscribe(Subscription(site_ids=frozenset({3}), session_id=SESSION)) as inside,
        hub.subscribe(Subscription(site_ids=frozenset({4}), session_id=SESSION)) as outside,
        hub.subscribe(
            Subscription(site_ids=frozenset(), radiologist_id=5, session_id=SESSION)
        ) as asked,
        hub.subscribe(Subscription(site_ids=None, session_id=SESSION)) as everywhere,
    ):
        pages = (inside, outside, asked, everywhere)
        for each in pages:
            await look(each)
        fresh = row(7, site=3, asked=[5])

        hand(hub, RowChange(change(7, site=3, readers=[5]), fresh))

        told = [await look(each) for each in pages]
        assert [each and dict(each.rows) for each in told] == [
            {7: fresh},
            {7: None},
            {7: fresh},
            {7: fresh},
        ]
        assert all(each and not each.topics and each.rows_at == NOW for each in told)


@pytest.mark.asyncio
async def test_who_is_asked_no_longer_loses_a_row_of_a_site_that_is_not_theirs() -> None:
    hub = WorklistHub()
    with hub.subscribe(
        Subscription(site_ids=frozenset(), radiologist_id=5, session_id=SESSION)
    ) as page:
        await look(page)

        hand(hub, RowChange(change(7, site=3, readers=[5]), row(7, site=3, asked=[5])))
        hand(hub, RowChange(change(7, site=3, readers=[6]), row(7, site=3, asked=[6])))

        told = await look(page)
        assert told is not None
        assert dict(told.rows) == {7: None}


@pytest.mark.asyncio
async def test_a_case_that_is_not_to_be_read_any_more_goes_and_the_page_looks_for_itself() -> None:
    hub = WorklistHub()
    with hub.subscribe(Subscription(site_ids=frozenset({3}), session_id=SESSION)) as page:
        await look(page)

        hand(hub, RowChange(change(7, site=3), row(7, site=3)))
        hand(hub, RowChange(change(7, site=3), None))

        told = await look(page)
        assert told is not None
        assert told.topics == {"worklist"}
        assert dict(told.rows) == {7: None}


@pytest.mark.asyncio
async def test_a_row_that_comes_takes_nobody_s_turn_to_look() -> None:
    hub = WorklistHub()
    with ExitStack() as stack:
        pages = [
            stack.enter_context(
                hub.subscribe(Subscription(site_ids=None, radiologist_id=5, session_id=SESSION))
            )
            for _ in range(200)
        ]
        for each in pages:
            await look(each)

        await hear(hub, '{"request": 9, "site": 3}')
        hand(hub, RowChange(change(7, site=3, readers=[5]), row(7, site=3, asked=[5])))

        told = [await each.wait(longest_s=0.0) for each in pages]
        assert all(each is not None and each.rows for each in told)
        # They take turns to look, within four seconds.
        assert sum(each is not None and bool(each.topics) for each in told) < len(pages) / 2


@pytest.mark.asyncio
async def test_of_a_crowd_who_is_not_asked_waits_for_rows_and_who_is_asked_does_not() -> None:
    hub = WorklistHub()
    with ExitStack() as stack:
        asked = stack.enter_context(
            hub.subscribe(Subscription(site_ids=None, radiologist_id=5, session_id=SESSION))
        )
        crowd = [
            stack.enter_context(hub.subscribe(Subscription(site_ids=None, session_id=SESSION)))
            for _ in range(400)
        ]
        for each in (asked, crowd[0]):
            await look(each)

        for number in range(3):
            hand(hub, RowChange(change(number, site=3, readers=[5]), row(number, site=3)))

        told = await look(asked)
        assert told is not None
        assert told.rows.keys() == {0, 1, 2}
        assert await look(crowd[0]) is None
        told = await crowd[0].wait(longest_s=5)
        assert told is not None
        assert told.rows.keys() == {0, 1, 2}


@pytest.mark.asyncio
async def test_what_asks_somebody_else_is_read_at_once_and_other_changes_are_gathered() -> None:
    hub = WorklistHub()
    with hub.subscribe(Subscription(site_ids=None, session_id=SESSION)):
        await hear(hub, '{"case": 7, "site": 3, "version": 2, "readers": [5]}')
        first = await hub.wait_for_rows(rest_s=3600)
        hand(hub, RowChange(first[7], row(7, site=3, asked=[5])))

        await hear(hub, '{"case": 7, "site": 3, "version": 3, "readers": [5]}')
        reading = asyncio.create_task(hub.wait_for_rows(rest_s=3600))
        done, _ = await asyncio.wait([reading], timeout=SOON_S)
        await hear(hub, '{"case": 8, "site": 3, "version": 2, "readers": [5]}')

        assert not done
        async with asyncio.timeout(5):
            assert (await reading).keys() == {7, 8}


@pytest.mark.asyncio
async def test_who_is_asked_again_is_news_though_both_changes_before_were_read_as_one() -> None:
    hub = WorklistHub()
    with hub.subscribe(Subscription(site_ids=None, session_id=SESSION)):
        await hear(
            hub,
            '{"case": 7, "site": 3, "version": 2, "readers": [5]}',
            '{"case": 7, "site": 3, "version": 3, "readers": []}',
        )
        joined = await hub.wait_for_rows()
        hand(hub, RowChange(joined[7], row(7, site=3)))

        await hear(hub, '{"case": 7, "site": 3, "version": 4, "readers": [5]}')

        async with asyncio.timeout(5):
            assert (await hub.wait_for_rows(rest_s=3600)).keys() == {7}


@pytest.mark.asyncio
async def test_who_may_see_other_sites_now_is_sent_nothing_kept_before_and_looks() -> None:
    hub = WorklistHub()
    with hub.subscribe(Subscription(site_ids=frozenset({3}), session_id=SESSION)) as page:
        await look(page)

        hand(hub, RowChange(change(7, site=3), row(7, site=3)))
        page.follow(site_ids=frozenset({4}), has_societys_tasks=False, radiologist_id=None)

        told = await look(page)
        assert told is not None
        assert (set(told.topics), dict(told.rows)) == ({"worklist"}, {})
        hand(hub, RowChange(change(8, site=3), row(8, site=3)))
        told = await look(page)
        assert told is not None
        assert dict(told.rows) == {8: None}


@pytest.mark.asyncio
async def test_what_changed_is_gathered_by_case_and_tells_a_page_of_rows_nothing_else() -> None:
    hub = WorklistHub()
    with (
        hub.subscribe(Subscription(site_ids=None, session_id=SESSION)) as page,
        hub.subscribe(Subscription(site_ids=None)) as another,
    ):
        await look(page)
        await look(another)

        await hear(
            hub,
            '{"case": 7, "site": 3, "version": 2, "readers": [5]}',
            '{"case": 7, "site": 3, "version": 3, "readers": [6]}',
            '{"case": 8, "site": 3, "version": 1}',
        )

        assert await look(page) is None
        assert await look(another) is not None
        assert await hub.wait_for_rows() == {
            7: change(7, site=3, readers=[5, 6]),
            8: change(8, site=3),
        }


@pytest.mark.asyncio
async def test_a_task_is_nothing_that_a_page_of_rows_shows_and_a_request_is() -> None:
    hub = WorklistHub()
    with hub.subscribe(Subscription(site_ids=None, session_id=SESSION)) as page:
        await look(page)

        await hear(hub, '{"task": 9, "site": 3, "case": 7}')
        told_of_task = await look(page)
        await hear(hub, '{"request": 9, "site": 3}')
        told_of_request = await look(page)

        assert told_of_task is not None
        assert told_of_task.topics == {"tasks"}
        assert told_of_request is not None
        assert told_of_request.topics == {"worklist"}


@pytest.mark.asyncio
async def test_rows_that_could_not_be_read_let_all_look_also_who_is_asked_no_longer() -> None:
    hub = WorklistHub()
    with (
        hub.subscribe(Subscription(site_ids=frozenset({3}), session_id=SESSION)) as inside,
        hub.subscribe(
            Subscription(site_ids=frozenset(), radiologist_id=5, session_id=SESSION)
        ) as asked_before,
        hub.subscribe(Subscription(site_ids=None)) as of_no_rows,
    ):
        await look(inside)
        await look(of_no_rows)
        hand(hub, RowChange(change(7, site=3, readers=[5]), row(7, site=3, asked=[5])))
        await look(asked_before)

        hub.look_instead([change(7, site=3)])

        for each in (inside, asked_before):
            told = await look(each)
            assert told is not None
            assert told.topics == {"worklist"}
        assert await look(of_no_rows) is None


@pytest.mark.asyncio
async def test_of_a_crowd_whose_rows_could_not_be_read_who_is_asked_looks_first() -> None:
    hub = WorklistHub(rest_s=3600)
    with ExitStack() as stack:
        asked, *crowd = [
            stack.enter_context(
                hub.subscribe(
                    Subscription(site_ids=None, radiologist_id=number, session_id=SESSION)
                )
            )
            for number in range(5, 205)
        ]
        for each in (asked, *crowd):
            await look(each)

        hub.look_instead([change(7, site=3, readers=[5])])

        assert await look(asked) is not None
        assert not any([await each.wait(longest_s=0) for each in crowd])

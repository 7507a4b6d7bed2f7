"""News of what a reader is asked: sent at once, with rests only between much of it."""

from dataclasses import replace
from typing import Any

import pytest

from app.web import subscription
from app.web.subscription import RowChange, Subscription, Told
from app.web.worklist_hub import WorklistHub
from app.worklist.views.worklist import ClaimWatched
from tests.factories.rows import SESSION, change, hand, look, row

ASKED_AGAIN = ClaimWatched(stage="asked", paused_until=None)


def hand_news(hub: WorklistHub, case_id: int) -> None:
    offered = change(case_id, site=3, readers=[5])
    hand(hub, RowChange(offered, row(case_id, site=3, asked=[5])))


@pytest.mark.asyncio
async def test_who_is_asked_is_sent_the_first_change_at_once_and_rests_before_a_later_one() -> None:
    hub = WorklistHub(rest_s=0.5)
    with hub.subscribe(Subscription(site_ids=None, radiologist_id=5, session_id=SESSION)) as page:
        await look(page)

        hand_news(hub, 7)
        told = await look(page)
        hand_news(hub, 7)

        assert told is not None
        assert await look(page) is None
        assert await page.wait(longest_s=5) is not None


@pytest.mark.parametrize("more", [{"priority": "P0"}, {"claim": ASKED_AGAIN}])
@pytest.mark.asyncio
async def test_a_new_priority_or_stage_is_sent_at_once_to_who_is_asked_and_to_no_other(
    more: dict[str, Any],
) -> None:
    hub = WorklistHub(rest_s=3600)
    with (
        hub.subscribe(Subscription(site_ids=None, radiologist_id=5, session_id=SESSION)) as asked,
        hub.subscribe(Subscription(site_ids=None, radiologist_id=6, session_id=SESSION)) as other,
    ):
        offered, before = change(7, site=3, readers=[5]), row(7, site=3, asked=[5])
        hand(hub, RowChange(offered, before))
        await look(asked)
        await look(other)

        after = replace(before, **more)
        hand(hub, RowChange(offered, after))

        told = await asked.wait(longest_s=5)
        assert told is not None
        assert dict(told.rows) == {7: after}
        assert await look(other) is None


@pytest.mark.asyncio
async def test_a_few_news_are_sent_at_once_and_only_many_have_rests_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscription, "REST_S", 3600)
    hub = WorklistHub()
    with hub.subscribe(Subscription(site_ids=None, radiologist_id=5, session_id=SESSION)) as page:
        await look(page)
        at_once = []
        for number in range(5):
            hand_news(hub, number)
            at_once.append(await look(page) is not None)

    assert at_once == [True, True, True, False, False]


@pytest.mark.asyncio
async def test_news_that_rests_is_sent_with_what_came_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscription, "REST_S", 0.2)
    hub = WorklistHub()
    with hub.subscribe(Subscription(site_ids=None, radiologist_id=5, session_id=SESSION)) as page:
        await look(page)
        told: set[int] = set()
        for number in range(20):
            hand_news(hub, number)
            told.update((await page.wait(longest_s=0) or Told(0, frozenset())).rows)
        rested = await page.wait(longest_s=5)

    assert told < set(range(20))
    assert rested is not None
    assert rested.rows.keys() == set(range(20)) - told


@pytest.mark.asyncio
async def test_news_that_went_with_a_look_makes_the_next_wait_no_longer_than_one_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscription, "REST_S", 1)
    hub = WorklistHub()
    with hub.subscribe(Subscription(site_ids=None, radiologist_id=5, session_id=SESSION)) as page:
        for number in range(20):
            hand_news(hub, number)
            page.tell(number)
            assert await look(page) is not None
        hand_news(hub, 20)
        told = await page.wait(longest_s=5)

    assert told is not None
    assert told.rows.keys() == {20}


@pytest.mark.asyncio
async def test_who_is_asked_does_not_rest_after_changes_that_told_them_nothing() -> None:
    hub = WorklistHub(rest_s=3600)
    with hub.subscribe(Subscription(site_ids=None, radiologist_id=5, session_id=SESSION)) as page:
        await look(page)
        hand(hub, RowChange(change(6, site=3), row(6, site=3)))
        assert await look(page) is None

        hand_news(hub, 7)

        told = await look(page)
        assert told is not None
        assert told.rows.keys() == {6, 7}


@pytest.mark.asyncio
async def test_who_is_asked_no_longer_hears_of_it_as_soon() -> None:
    hub = WorklistHub(rest_s=3600)
    with hub.subscribe(Subscription(site_ids=None, radiologist_id=5, session_id=SESSION)) as page:
        hand_news(hub, 7)
        await look(page)

        hand(hub, RowChange(change(7, site=3, readers=[6]), row(7, site=3, asked=[6])))

        assert await page.wait(longest_s=5) is not None

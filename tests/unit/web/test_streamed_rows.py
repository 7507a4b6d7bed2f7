"""The stream of a page of rows: what it writes of rows that changed, and when not a word."""

import asyncio

import pytest

from app.directory.domain import Actor
from app.web.sight import Look, Sight
from app.web.sse import Pace, RowFeed, stream_versions
from app.web.subscription import RowChange
from app.web.worklist_hub import WorklistHub
from tests.factories.rows import SESSION, change, hand, row


def feed() -> RowFeed:
    return RowFeed(SESSION, lambda told, actor: f"{actor.name}: {sorted(told.rows)}".encode())


def look_as(*sights: Sight | None) -> Look:
    left = iter(sights)

    async def look_again() -> Sight | None:
        return next(left)

    return look_again


@pytest.mark.asyncio
async def test_the_stream_writes_the_rows_as_its_onlooker_sees_them() -> None:
    hub = WorklistHub()
    sight = Sight(None, Actor(None, "Anna"))
    stream = stream_versions(hub, sight=sight, look=look_as(), feed=feed())
    async with asyncio.timeout(5):
        await anext(stream)
        await anext(stream)

        hand(hub, RowChange(change(7, site=3), row(7, site=3)))

        assert await anext(stream) == b"event: rows\ndata: Anna: [7]\n\n"
    await stream.aclose()  # type: ignore[attr-defined]


@pytest.mark.asyncio
async def test_a_page_whose_session_has_ended_is_sent_no_row_and_ends_at_once() -> None:
    hub = WorklistHub()
    sight = Sight(None, Actor(None, "Anna"))
    pace = Pace(pause_s=0.001, heartbeat_s=600)
    stream = stream_versions(hub, sight=sight, look=look_as(None), feed=feed(), pace=pace)
    async with asyncio.timeout(5):
        await anext(stream)
        await anext(stream)

        hand(hub, RowChange(change(7, site=3), row(7, site=3)), live=())

        assert [b"event: ended" in each async for each in stream] == [True]


@pytest.mark.asyncio
async def test_a_page_that_came_after_the_sessions_were_asked_about_looks_and_is_not_doubted() -> (
    None
):
    hub = WorklistHub()
    sight = Sight(None, Actor(None, "Anna"))
    # Nobody looks at its session: there is no sight left to give.
    stream = stream_versions(hub, sight=sight, look=look_as(), feed=feed())
    async with asyncio.timeout(5):
        await anext(stream)
        await anext(stream)

        hand(hub, RowChange(change(7, site=3), row(7, site=3)), asked=(), live=())

        assert (await anext(stream)).startswith(b"event: worklist")
    await stream.aclose()  # type: ignore[attr-defined]


@pytest.mark.asyncio
async def test_while_nobody_can_look_at_a_doubted_session_not_a_word_is_sent() -> None:
    hub = WorklistHub()
    sight = Sight(None, Actor(None, "Anna"))
    pace = Pace(pause_s=0.001, heartbeat_s=600, soon_s=0.001)
    # What cannot be looked at stands as it stood.
    look_again = look_as(sight, sight, sight, None)
    stream = stream_versions(hub, sight=sight, look=look_again, feed=feed(), pace=pace)
    async with asyncio.timeout(5):
        await anext(stream)
        await anext(stream)

        hand(hub, RowChange(change(7, site=3), row(7, site=3)), live=())

        assert [b"event: ended" in each async for each in stream] == [True]

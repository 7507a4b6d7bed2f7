"""The hub: who is told, how often, and until when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack

import pytest
from starlette.types import Message

from app.db.notify import Notice, Reconnected
from app.directory.domain import Actor
from app.web.middleware import STRAIGHT
from app.web.sight import Look, Sight
from app.web.sse import Pace, stream, stream_versions
from app.web.subscription import Change, Subscription, Told, read_change
from app.web.worklist_hub import WorklistHub

SOON_S = 0.02
ANYBODY = Actor(None, "somebody")


async def say(*heard: Notice | Reconnected) -> AsyncIterator[Notice | Reconnected]:
    for each in heard:
        yield each


def notice(case: int, *, site: int) -> Notice:
    return Notice("worklist", f'{{"case": {case}, "site": {site}, "version": 1}}')


async def is_told(subscription: Subscription) -> bool:
    return await subscription.wait(longest_s=SOON_S) is not None


def test_what_a_trigger_wrote_is_read_and_what_nobody_wrote_is_left() -> None:
    assert read_change('{"case": 7, "site": 3, "version": 2}') == Change(case_id=7, site_id=3)
    task = Change(None, None, is_task=True)
    assert read_change('{"task": 9, "site": null, "case": null}') == task
    assert read_change('{"site": null, "case": null}') == Change(None, None)
    assert read_change('{"request": 9, "site": 3}') == Change(case_id=None, site_id=3)
    asked = read_change('{"case": 7, "site": 3, "version": 2, "readers": [5, 6]}')
    assert asked == Change(case_id=7, site_id=3, reader_ids=frozenset({5, 6}))
    for payload in ("", "{}", "[]", "7", '{"case": "x", "site": 1}', '{"case": 7}'):
        assert read_change(payload) is None


@pytest.mark.asyncio
async def test_only_those_who_may_see_the_site_are_told() -> None:
    hub = WorklistHub()
    with (
        hub.subscribe(Subscription(site_ids=frozenset({3}))) as inside,
        hub.subscribe(Subscription(site_ids=frozenset({4}))) as outside,
        hub.subscribe(Subscription(site_ids=frozenset())) as nowhere,
        hub.subscribe(Subscription(site_ids=None)) as everywhere,
        hub.subscribe(Subscription(site_ids=None, case_id=8)) as another_case,
    ):
        for each in (inside, outside, nowhere, everywhere, another_case):
            assert await is_told(each)

        await hub.listen(say(notice(7, site=3)))

        told = [await is_told(each) for each in (inside, outside, nowhere, everywhere)]
        assert told == [True, False, False, True]
        elsewhere = await another_case.wait(longest_s=SOON_S)
        assert elsewhere is not None
        assert elsewhere.topics == {"tasks"}


@pytest.mark.asyncio
async def test_what_belongs_to_the_whole_group_is_told_to_those_who_see_all_of_it() -> None:
    hub = WorklistHub()
    with (
        hub.subscribe(Subscription(site_ids=frozenset({3}))) as inside,
        hub.subscribe(Subscription(site_ids=None)) as everywhere,
    ):
        for each in (inside, everywhere):
            assert await is_told(each)

        await hub.listen(say(Notice("worklist", '{"task": 5, "site": null, "case": null}')))

        assert not await is_told(inside)
        assert await is_told(everywhere)


@pytest.mark.asyncio
async def test_who_plans_is_told_of_tasks_of_no_site_and_of_nothing_else() -> None:
    hub = WorklistHub()
    others = (Notice("worklist", '{"site": null, "case": null}'), notice(7, site=3))
    with hub.subscribe(Subscription(site_ids=frozenset(), has_societys_tasks=True)) as planner:
        await is_told(planner)

        await hub.listen(say(*others, Notice("worklist", '{"task": 4, "site": 3, "case": 7}')))
        before = await is_told(planner)
        await hub.listen(say(Notice("worklist", '{"task": 5, "site": null, "case": null}')))
        told = await planner.wait(longest_s=SOON_S)

    assert not before
    assert told is not None
    assert told.topics == {"tasks"}


@pytest.mark.asyncio
async def test_who_is_asked_looks_at_once_and_a_crowd_takes_turns() -> None:
    hub = WorklistHub(rest_s=3600)
    with ExitStack() as stack:
        asked = stack.enter_context(
            hub.subscribe(Subscription(site_ids=frozenset(), radiologist_id=5))
        )
        crowd = [
            stack.enter_context(
                hub.subscribe(Subscription(site_ids=None, radiologist_id=100 + number))
            )
            for number in range(200)
        ]
        for each in (asked, *crowd):
            assert await is_told(each)

        await hub.listen(say(Notice("worklist", '{"case": 7, "site": 3, "readers": [5]}')))

        assert await is_told(asked)
        assert not any([await each.wait(longest_s=0) for each in crowd])


@pytest.mark.asyncio
async def test_more_changes_do_not_bring_a_turn_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter([3600.0, 0.0])
    monkeypatch.setattr("random.uniform", lambda _least, _most: next(draws))
    subscription = Subscription(site_ids=None)

    subscription.tell(1, turn_s=3600)
    subscription.tell(2, topic="tasks", turn_s=3600)

    assert not await is_told(subscription)
    subscription.tell(3)
    told = await subscription.wait(longest_s=30)
    assert told == Told(version=3, topics=frozenset({"worklist", "tasks"}))


@pytest.mark.asyncio
async def test_a_few_that_have_rested_are_all_told_at_once() -> None:
    hub = WorklistHub()
    with (
        hub.subscribe(Subscription(site_ids=None, radiologist_id=5)) as asked,
        hub.subscribe(Subscription(site_ids=None, radiologist_id=6)) as other,
        hub.subscribe(Subscription(site_ids=None)) as nobody,
    ):
        for each in (asked, other, nobody):
            assert await is_told(each)

        await hub.listen(say(Notice("worklist", '{"case": 7, "site": 3, "readers": [5]}')))

        assert all([await is_told(each) for each in (asked, other, nobody)])


@pytest.mark.asyncio
async def test_after_a_reconnection_everybody_looks_once() -> None:
    hub = WorklistHub()
    with hub.subscribe(Subscription(site_ids=frozenset({4}))) as subscription:
        await is_told(subscription)

        await hub.listen(say(Reconnected()))

        assert await is_told(subscription)
        assert not await is_told(subscription)


@pytest.mark.asyncio
async def test_after_a_reconnection_who_may_have_been_asked_does_not_wait_for_a_turn() -> None:
    hub = WorklistHub(rest_s=3600)
    with ExitStack() as stack:
        reader = stack.enter_context(
            hub.subscribe(Subscription(site_ids=frozenset(), radiologist_id=5))
        )
        crowd = [
            stack.enter_context(hub.subscribe(Subscription(site_ids=None))) for _ in range(200)
        ]
        for each in (reader, *crowd):
            assert await is_told(each)

        await hub.listen(say(Reconnected()))

        assert await is_told(reader)
        assert not any([await each.wait(longest_s=0) for each in crowd])


@pytest.mark.asyncio
async def test_several_changes_before_a_look_are_one_with_the_last_version() -> None:
    hub = WorklistHub()
    with hub.subscribe(Subscription(site_ids=None)) as subscription:
        first = await subscription.wait(longest_s=SOON_S)

        await hub.listen(say(notice(1, site=1), notice(2, site=1), notice(3, site=1)))

        last = await subscription.wait(longest_s=SOON_S)
        assert first is not None
        assert last is not None
        assert last > first
        assert not await is_told(subscription)


@pytest.mark.asyncio
async def test_a_notice_that_cannot_be_read_tells_nobody_and_ends_nothing() -> None:
    hub = WorklistHub()
    with hub.subscribe(Subscription(site_ids=None)) as subscription:
        await is_told(subscription)

        await hub.listen(say(Notice("worklist", "no json"), notice(1, site=1)))

        assert await is_told(subscription)


def look_as(*sights: Sight | None) -> Look:
    left = iter(sights)

    async def look() -> Sight | None:
        return next(left)

    return look


async def take(stream: AsyncIterator[bytes], count: int) -> list[str]:
    async with asyncio.timeout(5):
        return [(await anext(stream)).decode() for _ in range(count)]


@pytest.mark.asyncio
async def test_the_first_version_is_sent_at_once_and_the_next_after_the_pause() -> None:
    hub = WorklistHub()
    pace = Pace(pause_s=0.2, heartbeat_s=60)
    loop = asyncio.get_running_loop()
    stream = stream_versions(hub, sight=Sight(None, ANYBODY), look=look_as(), pace=pace)
    opened, first = await take(stream, 2)
    started_s = loop.time()

    async def change_often() -> None:
        for case_id in range(50):
            await hub.listen(say(notice(case_id, site=1)))
            await asyncio.sleep(0.002)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(change_often())
        (second,) = await take(stream, 1)

    assert opened.startswith(":") or "retry" in opened
    assert "event: worklist" in first
    assert "event: worklist" in second
    assert loop.time() - started_s >= 0.19
    await stream.aclose()  # type: ignore[attr-defined]


@pytest.mark.asyncio
async def test_the_stream_ends_with_the_session() -> None:
    pace = Pace(pause_s=0.001, heartbeat_s=0.01)
    look = look_as(Sight(None, ANYBODY), None)

    stream = stream_versions(WorklistHub(), sight=Sight(None, ANYBODY), look=look, pace=pace)
    async with asyncio.timeout(5):
        events = [event.decode() async for event in stream]

    assert "event: ended" in events[-1]
    assert any(event.startswith(": still here") for event in events)


@pytest.mark.asyncio
async def test_a_right_that_was_taken_away_is_no_longer_told_of() -> None:
    hub = WorklistHub()
    pace = Pace(pause_s=0.001, heartbeat_s=0.01)
    look = look_as(*[Sight(frozenset(), ANYBODY)] * 200)
    stream = stream_versions(hub, sight=Sight(frozenset({1}), ANYBODY), look=look, pace=pace)
    await take(stream, 3)
    # What it shows may be too much: it looks once.
    assert "event: worklist" in (await take(stream, 1))[0]

    await hub.listen(say(notice(1, site=1)))

    assert all("still here" in event for event in await take(stream, 3))
    await stream.aclose()  # type: ignore[attr-defined]


@pytest.mark.asyncio
async def test_the_stream_ends_when_the_process_stops() -> None:
    hub = WorklistHub()
    stream = stream_versions(hub, sight=Sight(None, ANYBODY), look=look_as())
    await take(stream, 2)

    hub.close()

    async with asyncio.timeout(5):
        assert [event async for event in stream] == []


@pytest.mark.asyncio
async def test_a_stream_begins_through_what_surrounds_it_and_then_speaks_to_the_server() -> None:
    through: list[str] = []
    straight: list[str] = []

    async def say() -> AsyncIterator[bytes]:
        yield b"data: 1\n\n"

    async def stay() -> Message:
        return await asyncio.Future()

    async def surround(message: Message) -> None:
        through.append(message["type"])

    async def send(message: Message) -> None:
        straight.append(message["type"])

    await stream(say())({"type": "http", STRAIGHT: send}, stay, surround)

    assert through == ["http.response.start"]
    assert straight == ["http.response.body"] * 2

"""Which jobs a report wakes on its way to its site."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio

from app.cases import repository as cases
from app.db.clock import SetClock
from app.db.notify import WORK, Listener, Notice, Reconnected, notify
from app.db.session import Sessions, unit_of_work
from scheduler.jobs import deliveries, documents
from tests.factories.sending import Sending, lay_sending


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


async def hear_until(
    heard: AsyncGenerator[Notice | Reconnected, None], sending: Sending, mark: str
) -> set[str]:
    """Hear which jobs were woken until now."""
    async with unit_of_work(sending.sessions) as session:
        await notify(session, channel=WORK, payload=mark)
    woken = set[str]()
    async with asyncio.timeout(5):
        while mark not in woken:
            notice = await anext(heard)
            assert isinstance(notice, Notice)
            woken.add(notice.payload)
    return woken


@pytest.mark.asyncio
async def test_signing_wakes_who_tells_people_to_call_and_a_try_that_is_over_wakes_no_sender(
    sending: Sending, database_url: str
) -> None:
    heard = Listener(database_url, channels=[WORK]).__aiter__()
    assert await anext(heard) == Reconnected()

    await sending.sign()
    await documents.run(sending.bench)
    signed = await hear_until(heard, sending, "rendered")
    await deliveries.run(sending.bench)
    sent = await hear_until(heard, sending, "sent")

    assert {"unaccepted", "deliveries"} <= signed
    # Who has tried looks for what the node can take now.
    assert "deliveries" not in sent
    async with sending.sessions() as session:
        assert (await cases.get_case(session, sending.case_id)).state == "delivered"
    await heard.aclose()

"""Which jobs a report wakes on its way to its site."""

from pathlib import Path

import pytest
import pytest_asyncio

from app.cases import repository as cases
from app.db.clock import SetClock
from app.db.notify import WORK, Listener, Reconnected
from app.db.session import Sessions
from scheduler.jobs import deliveries, documents
from tests.factories.sending import Sending, lay_sending
from tests.factories.waking import hear_until


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


@pytest.mark.asyncio
async def test_signing_wakes_who_tells_people_to_call_and_a_try_that_is_over_wakes_no_sender(
    sending: Sending, database_url: str
) -> None:
    heard = Listener(database_url, channels=[WORK]).__aiter__()
    assert await anext(heard) == Reconnected()

    await sending.sign()
    await documents.run(sending.bench)
    signed = await hear_until(heard, sending.sessions, "rendered")
    await deliveries.run(sending.bench)
    sent = await hear_until(heard, sending.sessions, "sent")

    assert {"unaccepted", "deliveries"} <= signed
    # Who has tried looks for what the node can take now.
    assert "deliveries" not in sent
    async with sending.sessions() as session:
        assert (await cases.get_case(session, sending.case_id)).state == "delivered"
    await heard.aclose()

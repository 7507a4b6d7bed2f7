"""Which jobs images wake on their way to readers, and a report on its way to its site."""

from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import update

from app.cases import repository as cases
from app.db.clock import SetClock
from app.db.notify import WORK, Listener, Reconnected
from app.db.session import Sessions, unit_of_work
from app.directory.models import Centre
from scheduler.jobs import deliveries, documents
from tests.factories.flow import offer_case, open_case
from tests.factories.sending import Sending, lay_sending
from tests.factories.stage import NIGHT, add_radiologist, put_on_guard, set_stage
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


@pytest.mark.parametrize("has_node", [True, False])
@pytest.mark.asyncio
async def test_an_offer_wakes_who_sends_its_images_if_they_go_anywhere(
    sessions: Sessions, database_url: str, *, has_node: bool
) -> None:
    heard = Listener(database_url, channels=[WORK]).__aiter__()
    assert await anext(heard) == Reconnected()

    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        radiologist, _ = await add_radiologist(stage)
        await put_on_guard(stage, radiologist)
        if not has_node:
            await session.execute(update(Centre).values(endpoint_id=None))
        await offer_case(stage, await open_case(stage), at=NIGHT + timedelta(minutes=5))
    woken = await hear_until(heard, sessions, "offered")

    assert ("deliveries" in woken) == has_node
    await heard.aclose()

"""The page of check-in: one has one's telephone called, and sees what became of it."""

from datetime import timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.dispatch.domain.notification import Answer
from app.dispatch.repository.notification_lists import find_last_test
from app.pipeline.notifying import telephone_answered
from app.settings import Settings
from app.web.container import Container
from tests.factories.relief import lay_relief
from tests.factories.stage import NIGHT
from tests.integration.web.pages.conftest import Browse

END = NIGHT + timedelta(minutes=9)


@pytest.fixture
def container(container: Container) -> Container:
    settings = Settings(
        hook_url=SecretStr("https://calls.example/x"), hook_secret=SecretStr("known to both sides")
    )
    object.__setattr__(container, "settings", settings)
    return container


@pytest.mark.asyncio
async def test_who_checks_in_has_their_telephone_called_and_sees_that_it_was_answered(
    session: AsyncSession, clock: SetClock, browse: Browse
) -> None:
    relief = await lay_relief(session, end=END)
    browser = await browse(relief.coming_actor)

    before = await browser.get("/handover")
    asked = await browser.post("/handover/telephone-test", htmx=True)
    again = await browser.post("/handover/telephone-test", htmx=True)
    waiting = await browser.get("/handover/list", htmx=True)
    row = await find_last_test(session, relief.coming.id)
    assert row is not None
    await telephone_answered(
        session, row.reference, case_id=None, answer=Answer.TAKE, now=clock.instant
    )
    after = await browser.get("/handover/list", htmx=True)

    assert "Call me now" in before.text
    assert (asked.status_code, asked.headers["HX-Trigger"]) == (204, "handover-changed")
    assert again.status_code == 409
    assert "wait a minute" in again.text
    assert "Awaited" in waiting.text
    assert "Answered: it reaches you" in after.text


@pytest.mark.asyncio
async def test_without_a_service_that_calls_no_call_is_offered(
    session: AsyncSession, container: Container, browse: Browse
) -> None:
    object.__setattr__(container, "settings", Settings())
    relief = await lay_relief(session, end=END)
    browser = await browse(relief.coming_actor)

    page = await browser.get("/handover")

    assert "Check-in for your guard" in page.text
    assert "Call me now" not in page.text

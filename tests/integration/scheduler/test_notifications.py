"""Notifications: who is told of an offered case, by what, and what a hook's faults lead to."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app import pipeline
from app.adapters.documents.renderer import TypstDicomRenderer
from app.adapters.notify.hook import HttpHook
from app.cases.domain.priority import Priority
from app.db.clock import SetClock
from app.db.notify import WORK, Listener, Reconnected
from app.db.session import Sessions, unit_of_work
from app.delivery.domain.outcomes import Outcome
from app.dispatch.domain.notification import SHOWN_WITHIN, Answer, Channel, NotificationState
from app.dispatch.models import NotificationTry
from app.dispatch.service.notification import NOTIFICATIONS
from app.dispatch.service.notification_tries import Claimed, claim
from app.pipeline.notifying import (
    notification_tried,
)
from app.settings import read_settings
from scheduler.job import Bench
from scheduler.jobs import notifications
from tests.factories.stage import NIGHT
from tests.factories.telling import BROWSER, HOOK, MAIL, MINUTE, SECOND, Night
from tests.factories.waking import hear_until
from tests.fakes.hook import open_hook
from tests.fakes.receiver import FakeSender


@pytest_asyncio.fixture
async def night(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Night:
    return Night(sessions, clock, data_dir=tmp_path)


@pytest.mark.asyncio
async def test_an_offer_is_told_by_page_and_mail_once_for_each_step(night: Night) -> None:
    await night.begin()
    await night.decide()
    await night.tell()

    (page,) = await night.list_told(BROWSER)
    (mail,) = await night.list_told(MAIL)
    assert (page.state, page.due_at) == ("due", NIGHT + 15 * SECOND)
    assert (mail.state, mail.sent_at) == ("sent", NIGHT)
    assert await night.list_told(HOOK) == []
    (sent,) = night.mails.received
    assert f"/cases/{night.case_id}" in sent.text
    assert "DUPONT" not in sent.text + sent.subject


@pytest.mark.asyncio
async def test_a_page_that_does_not_confirm_in_15_s_has_the_telephone_called(night: Night) -> None:
    await night.begin()
    await night.tell(after=14 * SECOND)
    before = list(night.hook.calls)
    await night.tell(after=SECOND)

    (page,) = await night.list_told(BROWSER)
    (call,) = await night.list_told(HOOK)
    assert before == []
    assert (page.state, call.state) == ("failed", "sent")
    (asked,) = night.hook.calls
    assert (asked.means, asked.reference) == ("voice", str(call.reference))
    assert asked.path == f"/cases/{night.case_id}"
    # A page that was slow is kept as one that was shown; nobody is called twice.
    assert await night.show(page, has_sounded=True) is NotificationState.SHOWN
    await night.tell(after=SECOND)
    assert len(night.hook.calls) == 1


@pytest.mark.asyncio
async def test_a_page_that_has_sounded_spares_the_telephone(night: Night) -> None:
    await night.begin()
    (page,) = await night.list_told(BROWSER)

    assert await night.show(page, has_sounded=True) is NotificationState.SHOWN
    assert await night.show(page, has_sounded=True) is NotificationState.SHOWN
    await night.tell(after=30 * SECOND)

    assert night.hook.calls == []


@pytest.mark.asyncio
async def test_a_page_that_is_reloaded_and_mute_has_the_telephone_called_at_once(
    night: Night,
) -> None:
    await night.begin()
    (page,) = await night.list_told(BROWSER)

    assert await night.show(page, has_sounded=False) is NotificationState.FAILED
    await night.tell()

    assert len(night.hook.calls) == 1


@pytest.mark.asyncio
async def test_a_reader_who_sleeps_before_an_open_page_is_called_at_the_first_step(
    night: Night,
) -> None:
    await night.begin()
    (page,) = await night.list_told(BROWSER)
    await night.show(page, has_sounded=True)

    night.clock.advance(MINUTE)
    await night.decide()
    await night.tell()

    assert len(night.hook.calls) == 1


@pytest.mark.asyncio
async def test_who_has_seen_the_case_is_not_called(night: Night) -> None:
    await night.begin()
    async with unit_of_work(night.sessions) as session:
        actor = night.readers[0][1]
        await pipeline.acknowledge(session, night.case_id, actor=actor, now=NIGHT)

    await night.tell(after=15 * SECOND)

    assert night.hook.calls == []
    assert (await night.list_told(BROWSER))[0].state == "cancelled"


@pytest.mark.asyncio
async def test_p4_never_rings_and_p3_waits_for_the_morning(night: Night) -> None:
    await night.begin(priority=Priority.P3)
    (page,) = await night.list_told(BROWSER)
    assert await night.show(page, has_sounded=False) is NotificationState.SHOWN
    # NIGHT is in the evening: by the time its slack is used up, it is quiet.
    night.clock.advance(timedelta(hours=4))
    await night.decide()
    await night.tell()
    assert night.hook.calls == []

    (call,) = await night.list_told(HOOK)
    assert call.due_at is not None
    assert call.due_at.hour == 6, "7 o'clock in Paris in winter"
    await night.tell(after=call.due_at - night.clock.instant)
    assert [each.means for each in night.hook.calls] == ["sms"]


@pytest.mark.asyncio
async def test_a_hook_that_is_down_is_asked_again_by_the_rule_of_deliveries(night: Night) -> None:
    await night.begin()
    night.hook.outcome = Outcome.UNREACHABLE
    await night.tell(after=15 * SECOND)
    (call,) = await night.list_told(HOOK)
    assert (call.state, call.due_at) == ("due", night.clock.instant + 10 * SECOND)
    await night.tell(after=9 * SECOND)

    night.hook.outcome = Outcome.ACCEPTED
    await night.tell(after=SECOND)

    assert await night.list_tries() == [(1, "unreachable"), (2, "accepted")]
    assert len({each.reference for each in night.hook.calls}) == 1


@pytest.mark.asyncio
async def test_without_a_hook_it_is_told_that_nobody_was_called(night: Night) -> None:
    await night.begin()
    night.hook.outcome = Outcome.REFUSED
    night.hook.detail = "it answers 422"

    await night.tell(after=15 * SECOND)

    (call,) = await night.list_told(HOOK)
    assert (call.state, call.last_error) == ("given_up", "refused: it answers 422")


@pytest.mark.asyncio
async def test_without_a_service_or_a_mail_server_each_keeps_that_nobody_was_told(
    night: Night,
) -> None:
    night.bench = replace(night.bench, caller=None, mails=None)
    await night.begin(readers=2)

    await night.tell(after=15 * SECOND)

    told = [*await night.list_told(MAIL), *await night.list_told(HOOK)]
    assert [(each.state, each.tries, each.token) for each in told] == [("given_up", 1, None)] * 4
    assert {(each.channel, each.last_error) for each in told} == {
        (MAIL, "refused: there is no mail server"),
        (HOOK, "refused: there is no service that calls telephones"),
    }
    assert await night.list_tries() == [(1, "refused")] * 2


@pytest.mark.asyncio
async def test_a_call_whose_scheduler_was_lost_is_given_up_where_nobody_calls(
    night: Night,
) -> None:
    await night.begin()
    (page,) = await night.list_told(BROWSER)
    await night.show(page, has_sounded=False)
    async with unit_of_work(night.sessions) as session:
        await claim_call(session, now=NIGHT)
    night.bench = replace(night.bench, caller=None)

    await night.tell(after=59 * SECOND)
    (held,) = await night.list_told(HOOK)
    await night.tell(after=SECOND)

    (call,) = await night.list_told(HOOK)
    assert (held.state, call.state, call.claimed_until) == ("sending", "given_up", None)
    assert await night.list_tries() == [(1, None), (2, "refused")]


@pytest.mark.asyncio
async def test_a_look_tells_how_long_there_is_nothing_to_do(night: Night) -> None:
    idle = await notifications.run(night.bench)
    await night.begin()

    assert idle == timedelta.max
    assert await notifications.run(night.bench) == 15 * SECOND


@pytest.mark.asyncio
async def test_a_lying_hook_is_asked_again(night: Night, tmp_path: Path) -> None:
    async with open_hook(lambda _: (200, b"OK")) as server:
        night.bench = Bench(
            settings=read_settings({"ASTREINTE_DATA_DIR": str(tmp_path)}),
            sessions=night.sessions,
            clock=night.clock,
            peers=FakeSender(),
            renderer=TypstDicomRenderer(),
            mails=night.mails,
            caller=HttpHook(server.url, "secret"),
        )
        await night.begin()
        await night.tell(after=15 * SECOND)

    (call,) = await night.list_told(HOOK)
    assert call.state == "due"
    assert call.last_error == "broken: it answers 200 without the reference"


@pytest.mark.asyncio
async def test_two_schedulers_call_once(night: Night) -> None:
    await night.begin(readers=2)
    night.clock.advance(15 * SECOND)

    await asyncio.gather(notifications.run(night.bench), notifications.run(night.bench))

    assert len(night.hook.calls) == 2
    assert len({each.reference for each in night.hook.calls}) == 2


@pytest.mark.asyncio
async def test_a_scheduler_that_is_killed_in_a_try_has_it_made_again(night: Night) -> None:
    await night.begin()
    await night.tell()
    await night.tell(after=0 * SECOND)
    night.hook.held = asyncio.Event()
    night.clock.advance(15 * SECOND)
    killed = asyncio.create_task(notifications.run(night.bench))
    await asyncio.wait_for(night.hook.is_asked.wait(), timeout=10)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    night.hook.held = None

    await night.tell(after=59 * SECOND)
    once = len(night.hook.calls)
    await night.tell(after=SECOND)

    assert (once, len(night.hook.calls)) == (1, 2)
    assert await night.list_tries() == [(1, None), (2, "accepted")]


async def claim_call(session: AsyncSession, *, now: datetime) -> Claimed:
    (claimed,) = await claim(session, channels=[Channel.HOOK], now=now, limit=8)
    return claimed


@pytest.mark.asyncio
async def test_a_lost_claim_changes_nothing_but_its_try(night: Night) -> None:
    await night.begin()
    (page,) = await night.list_told(BROWSER)
    await night.show(page, has_sounded=False)
    async with unit_of_work(night.sessions) as session:
        first = await claim_call(session, now=NIGHT)
    async with unit_of_work(night.sessions) as session:
        second = await claim_call(session, now=NIGHT + MINUTE)
    assert first.number + 1 == second.number
    await night.answer((await night.list_told(HOOK))[0], Answer.TAKE)

    async with unit_of_work(night.sessions) as session:
        result = await notifications._call(night.bench, first)  # noqa: SLF001
        await notification_tried(session, first, result=result, now=NIGHT + MINUTE)

    assert (await night.list_told(HOOK))[0].state == "answered"
    assert (1, "accepted") in await night.list_tries()


@pytest.mark.asyncio
async def test_of_a_mail_that_is_refused_only_the_code_is_kept_and_no_mailbox(
    night: Night,
) -> None:
    await night.begin()
    ((radiologist_id, _),) = night.readers
    night.mails.answers[f"reader{radiologist_id}@society.example"] = Outcome.REFUSED

    await night.tell()

    (mail,) = await night.list_told(MAIL)
    assert (mail.state, mail.last_error) == ("given_up", "refused: 550")
    async with night.sessions() as session:
        details = await session.scalars(
            select(NotificationTry.detail).where(NotificationTry.notification_id == mail.id)
        )
        assert details.all() == ["550"]


@pytest.mark.asyncio
async def test_a_page_that_is_asked_wakes_nobody_since_the_job_looks_before_it_is_due(
    night: Night, database_url: str
) -> None:
    heard = Listener(database_url, channels=[WORK]).__aiter__()
    assert await anext(heard) == Reconnected()

    await night.begin(has_mail=False)
    pages_only = await hear_until(heard, night.sessions, "pages")
    night.clock.advance(MINUTE)
    await night.decide()
    with_call = await hear_until(heard, night.sessions, "call")

    assert NOTIFICATIONS not in pages_only
    assert NOTIFICATIONS in with_call
    assert notifications.JOB.longest_wait < SHOWN_WITHIN
    await heard.aclose()

"""A telephone is tested, an alarm and a call of the backup line go out, by hook and by mail."""

from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery.domain.outcomes import Outcome
from app.directory.domain import Actor, Role
from app.directory.domain.setting_keys import SettingKey
from app.directory.models import User
from app.directory.service.settings_history import set_value
from app.dispatch.domain.notification import Answer, Channel
from app.dispatch.models import CheckIn, Notification
from app.dispatch.repository import surge as surges
from app.dispatch.repository.failover import end_silence
from app.dispatch.service import check_in as check_ins
from app.dispatch.service import surge
from app.dispatch.service.notification_tries import claim
from app.dispatch.service.telephone_test import ask_for_call
from app.kit.errors import Conflict
from app.pipeline.notifying import Answered, telephone_answered, telephone_reached
from app.pipeline.surges import backup_called
from app.planning.domain.seats import GuardLine
from tests.factories.crews import Crew, begin_guard
from tests.factories.stage import NIGHT, add_radiologist, add_user, put_on_guard, set_stage
from tests.factories.telling import HOOK, MAIL, MINUTE, SECOND, Night


@pytest_asyncio.fixture
async def night(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Night:
    clock.instant = NIGHT
    return Night(sessions, clock, data_dir=tmp_path)


async def come(night: Night) -> Actor:
    """Let a reader be on guard who has not checked in."""
    async with unit_of_work(night.sessions) as session:
        stage = await set_stage(session)
        radiologist, actor = await add_radiologist(stage)
        await put_on_guard(stage, radiologist)
    return actor


async def ask(night: Night, actor: Actor) -> None:
    async with unit_of_work(night.sessions) as session:
        await ask_for_call(session, actor=actor, now=night.clock.instant)


async def answer(night: Night, row: Notification) -> Answered:
    async with unit_of_work(night.sessions) as session:
        return await telephone_answered(
            session,
            row.reference,
            case_id=None,
            answer=Answer.TAKE,
            now=night.clock.instant,
        )


async def find_check_in(night: Night) -> CheckIn:
    async with night.sessions() as session:
        return (await session.scalars(select(CheckIn))).one()


@pytest.mark.asyncio
async def test_a_telephone_that_is_called_and_answered_is_tested(night: Night) -> None:
    actor = await come(night)
    await ask(night, actor)
    await night.tell()
    (call,) = night.hook.calls
    assert (call.purpose, call.means, call.case_id) == ("telephone_test", "voice", None)
    before = await find_check_in(night)
    assert (before.state, before.telephone_at) == ("awaited", None)

    night.clock.advance(20 * SECOND)
    (row,) = await night.list_told(HOOK)
    assert await answer(night, row) is Answered.HEARD
    night.clock.advance(MINUTE)
    assert await answer(night, row) is Answered.HEARD

    tested = await find_check_in(night)
    assert (tested.telephone_test, tested.telephone_at) == ("call", NIGHT + 20 * SECOND)
    assert tested.state == "awaited", "the sound and the page are still to be tested"


@pytest.mark.asyncio
async def test_a_telephone_that_rings_and_is_not_answered_is_not_tested(night: Night) -> None:
    actor = await come(night)
    await ask(night, actor)
    await night.tell()
    (row,) = await night.list_told(HOOK)

    async with unit_of_work(night.sessions) as session:
        await telephone_reached(session, row.reference, case_id=None, is_reached=False, now=NIGHT)

    assert (await night.list_told(HOOK))[0].state == "failed"
    assert (await find_check_in(night)).telephone_at is None


@pytest.mark.asyncio
async def test_a_hook_that_is_down_is_asked_again_for_the_test(night: Night) -> None:
    actor = await come(night)
    night.hook.outcome = Outcome.UNREACHABLE
    await ask(night, actor)
    await night.tell()
    night.hook.outcome = Outcome.ACCEPTED
    await night.tell(after=10 * SECOND)

    assert len(night.hook.calls) == 2
    assert [each.state for each in await night.list_told(HOOK)] == ["sent"]


@pytest.mark.asyncio
async def test_nobody_is_called_twice_in_a_minute_nor_who_holds_no_seat(night: Night) -> None:
    actor = await come(night)
    await ask(night, actor)
    night.clock.advance(59 * SECOND)
    with pytest.raises(Conflict, match="wait a minute"):
        await ask(night, actor)
    night.clock.advance(SECOND)
    with pytest.raises(Conflict, match="still to come"):
        await ask(night, actor)
    await night.tell()
    await ask(night, actor)
    assert len(await night.list_told(HOOK)) == 2

    night.clock.advance(timedelta(days=3))
    with pytest.raises(check_ins.NothingToCheckIn):
        await ask(night, actor)


@pytest.mark.asyncio
async def test_a_test_that_the_hook_did_not_take_rings_nobody_two_minutes_later(
    night: Night,
) -> None:
    actor = await come(night)
    night.hook.outcome = Outcome.UNREACHABLE
    await ask(night, actor)
    await night.tell()
    night.hook.outcome = Outcome.ACCEPTED
    await night.tell(after=2 * MINUTE)

    assert [each.state for each in await night.list_told(HOOK)] == ["cancelled"]
    assert len(night.hook.calls) == 1
    await ask(night, actor)
    await night.tell()
    assert [each.state for each in await night.list_told(HOOK)] == ["cancelled", "sent"]


@pytest.mark.asyncio
async def test_a_try_that_was_lost_is_not_repeated_when_nobody_waits_for_it(night: Night) -> None:
    actor = await come(night)
    await ask(night, actor)
    async with unit_of_work(night.sessions) as session:
        lost = await claim(session, channels=[Channel.HOOK], now=night.clock.instant, limit=8)

    await night.tell(after=2 * MINUTE)

    assert len(lost) == 1
    assert night.hook.calls == []
    assert [each.state for each in await night.list_told(HOOK)] == ["cancelled"]


async def call_backup(night: Night, *, backups: int = 1) -> None:
    """Let a surge be on in which no case waits, and the backup line be called."""
    async with unit_of_work(night.sessions) as session:
        stage = await set_stage(session)
        for _ in range(backups):
            radiologist, _ = await add_radiologist(stage)
            await put_on_guard(stage, radiologist, line=GuardLine.BACKUP)
            await session.execute(
                update(User)
                .where(User.radiologist_id == radiologist.id)
                .values(email="backup@society.example")
            )
        coordinator = await add_user(stage, role=Role.COORDINATOR)
        await surges.begin(session, causes=["quarter"], detail={}, now=NIGHT)
    async with unit_of_work(night.sessions) as session:
        await backup_called(session, actor=coordinator, now=night.clock.instant)


@pytest.mark.asyncio
async def test_the_backup_line_is_rung_at_once_even_when_no_case_could_go_to_it(
    night: Night,
) -> None:
    await call_backup(night)

    await night.tell()
    await night.tell(after=MINUTE)

    assert [(each.purpose, each.means, each.case_id, each.path) for each in night.hook.calls] == [
        ("backup_call", "voice", None, "/")
    ]
    (mail,) = night.mails.received
    assert (mail.to, "renfort" in mail.subject) == ("backup@society.example", True)
    (row,) = await night.list_told(HOOK)
    assert await answer(night, row) is Answered.HEARD


@pytest.mark.asyncio
async def test_a_call_of_a_surge_that_is_over_rings_nobody(night: Night) -> None:
    night.hook.outcome = Outcome.UNREACHABLE
    await call_backup(night)
    await night.tell()
    async with unit_of_work(night.sessions) as session:
        standing = await surges.find_standing(session)
        assert standing is not None
        await surges.change(session, standing.id, ended_at=NIGHT + MINUTE)

    await night.tell(after=MINUTE)

    assert [each.state for each in await night.list_told(HOOK)] == ["cancelled"]
    assert len(night.hook.calls) == 1


@pytest.mark.asyncio
async def test_a_backup_line_of_nobody_is_not_said_to_be_called(night: Night) -> None:
    with pytest.raises(surge.NobodyToCall):
        await call_backup(night, backups=0)

    async with night.sessions() as session:
        standing = await surges.find_standing(session)
    assert standing is not None
    assert standing.called_at is None


async def begin_silence(night: Night, *, alarm_to: list[str]) -> Crew:
    """Let all readers of a guard fall silent at once, while somebody coordinates."""
    async with unit_of_work(night.sessions) as session:
        guard = await begin_guard(session)
        boss = await add_user(guard.stage, role=Role.GCS_ADMIN)
        await set_value(session, SettingKey.ALARM_TO, value=alarm_to, actor=boss, now=NIGHT)
        coordinator, _ = await add_radiologist(guard.stage)
        await put_on_guard(guard.stage, coordinator, kind="coordinator")
        coordinator.telephone = "+33600000099"
        await session.execute(
            update(User)
            .where(User.radiologist_id == coordinator.id)
            .values(email="coordinator@society.example")
        )
        await guard.silence(0, 1, 2, 3, at=NIGHT + 6 * MINUTE)
        await guard.watch(NIGHT + 7 * MINUTE)
        await guard.watch(NIGHT + 8 * MINUTE)
    night.clock.advance(8 * MINUTE)
    return guard


@pytest.mark.asyncio
async def test_mass_silence_is_told_once_by_mail_and_telephone_to_coordinator_and_settings(
    night: Night,
) -> None:
    named = ["chef@gcs.example", "+33600000099", "+33600000098"]
    await begin_silence(night, alarm_to=named)

    await night.tell()
    await night.tell(after=MINUTE)

    assert sorted(each.to for each in night.mails.received) == [
        "chef@gcs.example",
        "coordinator@society.example",
    ]
    assert all("ALARM" in each.subject for each in night.mails.received)
    assert sorted((each.telephone, each.purpose, each.path) for each in night.hook.calls) == [
        ("+33600000098", "mass_silence", "/on-call"),
        ("+33600000099", "mass_silence", "/on-call"),
    ]


@pytest.mark.asyncio
async def test_an_alarm_that_the_hook_does_not_take_still_goes_by_mail_and_is_tried_again(
    night: Night,
) -> None:
    await begin_silence(night, alarm_to=["chef@gcs.example"])
    night.hook.outcome = Outcome.BROKEN

    await night.tell()

    assert {each.state for each in await night.list_told(MAIL)} == {"sent"}
    (call,) = await night.list_told(HOOK)
    assert (call.state, call.tries) == ("due", 1)
    night.hook.outcome = Outcome.ACCEPTED
    await night.tell(after=10 * SECOND)
    (call,) = await night.list_told(HOOK)
    assert await answer(night, call) is Answered.HEARD


@pytest.mark.asyncio
async def test_an_alarm_that_was_not_taken_rings_nobody_once_they_are_heard_again(
    night: Night,
) -> None:
    await begin_silence(night, alarm_to=[])
    night.hook.outcome = Outcome.UNREACHABLE
    await night.tell()
    async with unit_of_work(night.sessions) as session:
        await end_silence(session, now=night.clock.instant)

    await night.tell(after=MINUTE)

    assert [each.state for each in await night.list_told(HOOK)] == ["cancelled"]
    assert len(night.hook.calls) == 1

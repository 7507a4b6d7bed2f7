"""The job makes the morning lists once, and the mails point to them without any patient."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app.adapters.documents.renderer import TypstDicomRenderer
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import RoleGrant, User
from app.dispatch.models import MorningItem, MorningList
from app.settings import read_settings
from scheduler.job import Bench
from scheduler.jobs import letters, morning
from tests.factories.directory import add_site
from tests.factories.flow import open_case, sign_case
from tests.factories.stage import NIGHT, add_radiologist, add_society, set_stage
from tests.fakes.mailbox import FakeMailSender
from tests.fakes.receiver import FakeSender

EIGHT = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)


async def lay_bench(sessions: Sessions, tmp_path: Path, mails: FakeMailSender) -> Bench:
    """Commit a night in which a guest has read a case, and somebody who administers."""
    async with unit_of_work(sessions) as session:
        stage = await set_stage(session)
        _, guest = await add_radiologist(stage, society=await add_society(session))
        case_id = await open_case(stage, at=NIGHT)
        await sign_case(stage, case_id, actor=guest, instances=2, at=NIGHT + timedelta(hours=1))
        user = User(
            login="admin",
            display_name="Admin",
            email="admin@society.example",
            second_factor_required=False,
        )
        session.add(user)
        await session.flush()
        session.add(RoleGrant(user_id=user.id, role="society_admin", society_id=stage.society.id))
    settings = {
        "ASTREINTE_DATA_DIR": str(tmp_path),
        "ASTREINTE_PUBLIC_URL": "https://astreinte.example",
    }
    return Bench(
        settings=read_settings(settings),
        sessions=sessions,
        clock=SetClock(EIGHT),
        peers=FakeSender(),
        renderer=TypstDicomRenderer(),
        mails=mails,
    )


@pytest.mark.asyncio
async def test_schedulers_at_once_make_one_list_and_one_mail(
    sessions: Sessions, tmp_path: Path
) -> None:
    mails = FakeMailSender()
    bench = await lay_bench(sessions, tmp_path, mails)

    await asyncio.gather(*(morning.run(bench) for _ in range(4)))
    await letters.run(bench)
    await morning.run(bench)
    await letters.run(bench)

    async with unit_of_work(sessions) as session:
        (made,) = (await session.scalars(select(MorningList))).all()
        assert await session.scalar(select(func.count()).select_from(MorningItem)) == 2
    (mail,) = mails.received
    assert mail.to == "admin@society.example"
    assert f"https://astreinte.example/morning/{made.id}\n" in mail.text
    assert mail.content is None
    for secret in ("DUPONT", "JEANNE", "PID", "1950"):
        assert secret not in mail.subject + mail.text


@pytest.mark.asyncio
async def test_without_a_mail_server_the_list_is_made_all_the_same(
    sessions: Sessions, tmp_path: Path
) -> None:
    bench = await lay_bench(sessions, tmp_path, FakeMailSender())

    await morning.run(replace(bench, mails=None))

    async with unit_of_work(sessions) as session:
        assert await session.scalar(select(func.count()).select_from(MorningList)) == 1
        assert await morning.JOB.find_next_due(session) is None


@pytest.mark.asyncio
async def test_a_list_or_mail_that_cannot_be_made_costs_no_other_society_its_list(
    sessions: Sessions, tmp_path: Path
) -> None:
    bench = await lay_bench(sessions, tmp_path, FakeMailSender())
    async with unit_of_work(sessions) as session:
        # No clock in the world goes by the zone of this one.
        other = await add_society(session)
        site = await add_site(session, society_id=other.id)
        site.zone = "Atlantis/Capital"
        await session.execute(
            text("ALTER TABLE delivery ADD CONSTRAINT ck_of_test CHECK (morning_list_id IS NULL)")
        )
    try:
        await morning.run(bench)
    finally:
        async with unit_of_work(sessions) as session:
            await session.execute(text("ALTER TABLE delivery DROP CONSTRAINT ck_of_test"))

    async with unit_of_work(sessions) as session:
        (made,) = (await session.scalars(select(MorningList))).all()
    assert made.society_id != other.id

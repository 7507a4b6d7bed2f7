"""The settings with their history, and the disk: what they show, and who may change them."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Role
from app.directory.domain.setting_keys import SettingKey
from app.directory.service.settings_history import list_own_values, read_value
from app.retention import service as retention
from app.retention.domain.level import Disk
from app.web.pages.setting_words import LABELS
from tests.factories.stage import Stage, add_radiologist, add_user
from tests.integration.web.pages.conftest import Browse

GIGABYTE = 10**9


def test_every_setting_has_its_words() -> None:
    assert set(LABELS) == set(SettingKey)


@pytest.mark.asyncio
async def test_an_administrator_sets_a_value_and_sees_who_set_it_when(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))

    answer = await browser.post("/settings/retention_days", value=20)

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/settings#retention_days"
    assert await read_value(session, SettingKey.RETENTION_DAYS) == 20
    page = (await browser.get("/settings")).text
    panel = page.partition('id="retention_days"')[2].partition("</section>")[0]
    assert "<strong>20</strong>" in panel
    assert "as delivered: 15" in panel
    assert "the whole group" in panel
    assert "User " in panel.partition("<tbody>")[2]


@pytest.mark.asyncio
async def test_a_site_may_have_its_own_and_the_group_keeps_its(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))

    await browser.post("/settings/retention_days", value=30, site_id=stage.site.id)

    assert await read_value(session, SettingKey.RETENTION_DAYS) == 15
    assert await list_own_values(session, SettingKey.RETENTION_DAYS) == {stage.site.id: 30}
    page = (await browser.get("/settings")).text
    assert f"{stage.site.name}: <strong>30</strong>" in page


@pytest.mark.asyncio
async def test_a_list_is_typed_one_a_line(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))

    await browser.post("/settings/dummy_patient_ids", value="INCONNU\r\n\r\n 0000 \r\n")

    assert await read_value(session, SettingKey.DUMMY_PATIENT_IDS) == ["INCONNU", "0000"]


@pytest.mark.asyncio
@pytest.mark.parametrize("value", ["", "many", "0", "-1", "99999", "1.5"])
async def test_a_value_that_cannot_be_is_refused_and_nothing_changes(
    stage: Stage, browse: Browse, session: AsyncSession, value: str
) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))

    answer = await browser.post("/settings/retention_days", value=value)

    assert answer.status_code == 422
    assert await read_value(session, SettingKey.RETENTION_DAYS) == 15


@pytest.mark.asyncio
async def test_there_is_no_other_setting(stage: Stage, browse: Browse) -> None:
    browser = await browse(await add_user(stage, role=Role.GCS_ADMIN))

    assert (await browser.post("/settings/colour", value=1)).status_code == 404


@pytest.mark.asyncio
async def test_a_coordinator_sees_the_settings_and_changes_none(
    stage: Stage, browse: Browse, session: AsyncSession
) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    page = await browser.get("/settings")
    answer = await browser.post("/settings/retention_days", value=1)

    assert page.status_code == 200
    assert "Set from now on" not in page.text
    assert answer.status_code == 403
    assert await read_value(session, SettingKey.RETENTION_DAYS) == 15


@pytest.mark.asyncio
async def test_a_radiologist_sees_neither_settings_nor_disk(stage: Stage, browse: Browse) -> None:
    _, actor = await add_radiologist(stage)
    browser = await browse(actor)

    assert (await browser.get("/settings")).status_code == 403
    assert (await browser.get("/disk")).status_code == 403


@pytest.mark.asyncio
async def test_the_disk_page_says_how_much_is_left_and_for_how_long(
    stage: Stage, browse: Browse, session: AsyncSession, clock: SetClock
) -> None:
    disk = Disk(total_bytes=1000 * GIGABYTE, free_bytes=90 * GIGABYTE, reserve_bytes=GIGABYTE)
    await retention.take_reading(session, disk=disk, now=clock.instant - timedelta(minutes=1))
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    page = (await browser.get("/disk")).text

    assert "90 GB of 1 TB" in page
    assert "make room" in page
    assert "not in sight" in page


@pytest.mark.asyncio
async def test_the_disk_page_says_when_nothing_was_read_yet(stage: Stage, browse: Browse) -> None:
    browser = await browse(await add_user(stage, role=Role.COORDINATOR))

    assert "has not been read yet" in (await browser.get("/disk")).text

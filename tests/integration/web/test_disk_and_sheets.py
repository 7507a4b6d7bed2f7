"""The disk and the on-call sheets over the API, to those who may see them."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.clock import SetClock
from app.directory.domain import Role
from app.planning.models import OnCallSheet
from app.retention import service as retention
from app.retention.domain.level import Disk
from app.store.files import digest
from tests.factories.directory import add_user
from tests.factories.kept import FILE_BYTES, keep_study
from tests.factories.stage import set_stage
from tests.integration.web.conftest import SignIn

PDF = b"%PDF-1.7 a sheet"


async def _read_disk(session: AsyncSession, clock: SetClock, tmp_path: Path, *, free: int) -> None:
    stage = await set_stage(session)
    await keep_study(stage, data_dir=tmp_path, at=clock.instant - timedelta(hours=3))
    disk = Disk(total_bytes=100 * FILE_BYTES, free_bytes=free, reserve_bytes=0)
    await retention.take_reading(session, disk=disk, now=clock.instant)


@pytest.mark.asyncio
@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.GCS_ADMIN, Role.AUDITOR])
async def test_those_who_look_after_the_platform_see_the_disk_and_its_forecast(
    session: AsyncSession, clock: SetClock, sign_in: SignIn, tmp_path: Path, role: Role
) -> None:
    await _read_disk(session, clock, tmp_path, free=50 * FILE_BYTES)
    client = await sign_in(await add_user(session, role))

    answer = await client.get("/api/v1/disk")

    assert answer.status_code == 200
    shown = answer.json()
    assert shown["level"] == "good"
    assert shown["kept_bytes"] == shown["received_day_bytes"] == 2 * FILE_BYTES
    # 50 files of room at 2 files a day, and 2 that may go in between: full in 26 days.
    expected = clock.instant + timedelta(days=26)
    assert shown["full_at"] == expected.isoformat().replace("+00:00", "Z")
    readings = (await client.get("/api/v1/disk/readings")).json()
    assert readings == [shown]


@pytest.mark.asyncio
async def test_nobody_else_does(session: AsyncSession, sign_in: SignIn) -> None:
    client = await sign_in(await add_user(session, Role.RADIOLOGIST))

    assert (await client.get("/api/v1/disk")).status_code == 403


@pytest.mark.asyncio
async def test_before_the_first_reading_there_is_nothing_to_see(
    session: AsyncSession, sign_in: SignIn
) -> None:
    client = await sign_in(await add_user(session, Role.COORDINATOR))

    assert (await client.get("/api/v1/disk")).status_code == 404


@pytest.mark.asyncio
async def test_the_metrics_hold_the_numbers_of_the_disk(
    session: AsyncSession, clock: SetClock, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    await _read_disk(session, clock, tmp_path, free=50 * FILE_BYTES)

    text = (await client.get("/metrics")).text

    assert 'astreinte_disk_bytes{of="free"} 50000.0' in text
    assert "astreinte_disk_full_seconds 2.2464e+06" in text


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


async def _add_sheet(
    session: AsyncSession, clock: SetClock, path: Path, *, content: bytes = PDF
) -> OnCallSheet:
    _write(path, content)
    sheet = OnCallSheet(
        made_at=clock.instant,
        period=Range(clock.instant, clock.instant + timedelta(hours=72)),
        published_count=1,
        path=str(path),
        digest=digest([PDF]),
        size_bytes=len(PDF),
    )
    session.add(sheet)
    await session.flush()
    return sheet


@pytest.mark.asyncio
async def test_everybody_on_call_downloads_the_latest_sheet(
    session: AsyncSession, clock: SetClock, sign_in: SignIn, tmp_path: Path
) -> None:
    older = await _add_sheet(session, clock, tmp_path / "older.pdf")
    clock.advance(timedelta(days=1))
    sheet = await _add_sheet(session, clock, tmp_path / "sheet.pdf")
    client = await sign_in(await add_user(session, Role.RADIOLOGIST))

    latest = await client.get("/api/v1/on-call/sheets/latest")

    assert latest.status_code == 200
    assert latest.content == PDF
    assert latest.headers["Content-Type"] == "application/pdf"
    listed = (await client.get("/api/v1/on-call/sheets")).json()
    assert [each["id"] for each in listed] == [sheet.id, older.id]
    assert (await client.get(f"/api/v1/on-call/sheets/{older.id}")).content == PDF


@pytest.mark.asyncio
async def test_a_sheet_that_was_changed_on_the_disk_is_not_shown(
    session: AsyncSession, clock: SetClock, sign_in: SignIn, tmp_path: Path
) -> None:
    await _add_sheet(session, clock, tmp_path / "sheet.pdf", content=b"%PDF-1.7 another")
    client = await sign_in(await add_user(session, Role.RADIOLOGIST))

    assert (await client.get("/api/v1/on-call/sheets/latest")).status_code == 409


@pytest.mark.asyncio
async def test_there_may_be_no_sheet_yet(session: AsyncSession, sign_in: SignIn) -> None:
    client = await sign_in(await add_user(session, Role.RADIOLOGIST))

    assert (await client.get("/api/v1/on-call/sheets/latest")).status_code == 404
    assert (await client.get("/api/v1/on-call/sheets/1")).status_code == 404

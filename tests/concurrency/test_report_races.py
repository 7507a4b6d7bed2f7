"""Two tabs, two signatures, two schedulers on one report, in transactions that really commit."""

import asyncio
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.delivery.models import Delivery
from app.kit.errors import Conflict
from app.reports import service as reports
from app.reports.domain.document import Chapters
from app.reports.domain.versions import DraftChanged
from app.reports.models import Document, ReportVersion
from scheduler.jobs import documents
from tests.factories.sending import Sending, lay_sending


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


async def save(sending: Sending, conclusion: str) -> str:
    async with unit_of_work(sending.sessions) as session:
        await reports.save_draft(
            session,
            case_id=sending.case_id,
            base=0,
            chapters=Chapters(conclusion=conclusion),
            actor=sending.actor,
            now=sending.clock.instant,
        )
    return conclusion


@pytest.mark.asyncio
async def test_of_two_tabs_that_save_at_once_one_is_refused_and_nothing_is_mixed(
    sending: Sending,
) -> None:
    texts = [f"Texte {number}." for number in range(4)]

    results = await asyncio.gather(*(save(sending, text) for text in texts), return_exceptions=True)

    async with sending.sessions() as session:
        kept = (await session.scalars(select(ReportVersion.conclusion))).all()
    assert kept == [each for each in results if isinstance(each, str)]
    assert len(kept) == 1
    assert sum(isinstance(each, DraftChanged) for each in results) == 3


@pytest.mark.asyncio
async def test_of_signatures_at_once_one_counts_and_the_outbox_is_filled_once(
    sending: Sending,
) -> None:
    results = await asyncio.gather(*(sending.sign() for _ in range(4)), return_exceptions=True)

    async with sending.sessions() as session:
        versions = (await session.scalars(select(ReportVersion))).all()
        deliveries = (await session.scalars(select(Delivery.document_id))).all()
    assert sum(each is None for each in results) == 1
    assert sum(isinstance(each, Conflict) for each in results) == 3
    assert [each.signed_at for each in versions] == [sending.clock.instant]
    assert len(set(deliveries)) == len(deliveries) == 2


@pytest.mark.asyncio
async def test_two_schedulers_that_render_at_once_keep_one_set_of_files(
    sending: Sending, tmp_path: Path
) -> None:
    await sending.sign()

    await asyncio.gather(documents.run(sending.bench), documents.run(sending.bench))

    async with sending.sessions() as session:
        kept = set(await session.scalars(select(Document.path)))
    files = (tmp_path / "documents").rglob("*.*")
    assert {path.relative_to(tmp_path).as_posix() for path in files if path.is_file()} == kept

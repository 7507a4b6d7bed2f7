"""From the signature to the hospital's node, with all forms, requests and attachments."""

import asyncio
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
import pytest_asyncio
from pydicom import Dataset, dcmread
from sqlalchemy import select, update

from app import pipeline
from app.cases import repository as cases
from app.cases.models import CaseRequest
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Endpoint
from app.intake.models import Study, StudyAccession
from app.reports.domain.document import Chapters, Form
from app.reports.models import Document
from app.requests.models import Request, RequestAttachment
from app.requests.service import keep_file
from app.store.layout import Layout
from scheduler.jobs import deliveries, documents
from tests.factories.judge import find_errors
from tests.factories.sending import HOSPITAL, Sending, lay_sending
from tests.unit.adapters.documents.test_appendix import make_pdf, make_picture

LONG = Chapters(findings="Une phrase assez longue.\n" * 120, conclusion="Normal.")
ALL_FORMS = ["sr", "encapsulated_pdf", "secondary_capture"]


@pytest_asyncio.fixture
async def sending(sessions: Sessions, clock: SetClock, tmp_path: Path) -> Sending:
    return await lay_sending(sessions, data_dir=tmp_path, clock=clock)


async def take_forms(sending: Sending, forms: list[str]) -> None:
    async with unit_of_work(sending.sessions) as session:
        await session.execute(
            update(Endpoint).where(Endpoint.ae_title == HOSPITAL).values(forms=forms)
        )


async def run_jobs(sending: Sending) -> list[Dataset]:
    await documents.run(sending.bench)
    await deliveries.run(sending.bench)
    return [dcmread(BytesIO(content)) for _, content in sending.hospital.received]


async def ask(sending: Sending, *files: tuple[str, bytes]) -> None:
    """Put a validated request with its files into the case."""
    at = sending.clock.instant - timedelta(minutes=30)
    async with unit_of_work(sending.sessions) as session:
        case = await cases.get_case(session, sending.case_id)
        request = Request(
            site_id=case.site_id,
            state="validated",
            state_at=at,
            requested_at=at,
            requested_by=sending.actor.user_id,
            priority="P2",
            family_name="DUPONT",
            question="Hémorragie ?",
            region="Crâne",
            exam="Scanner cérébral",
            requester="Dr Martin",
            call_back_number="+33500000001",
            patient_informed=True,
            protocol="Sans injection.",
            decided_at=at,
            decided_by=sending.actor.radiologist_id,
        )
        session.add(request)
        await session.flush()
        session.add(CaseRequest(case_id=case.id, request_id=request.id, linked_at=at))
        for name, content in files:
            kept = keep_file(sending.bench.data_dir, name=name, content=content)
            session.add(
                RequestAttachment(
                    request_id=request.id,
                    name=kept.name,
                    media_type=kept.media_type.value,
                    size_bytes=kept.size_bytes,
                    digest=kept.digest,
                    path=kept.path,
                    added_at=at,
                    added_by=sending.actor.user_id,
                )
            )


async def count_pages(sending: Sending) -> int:
    async with sending.sessions() as session:
        rows = await session.scalars(
            select(Document.page).where(Document.form == Form.SECONDARY_CAPTURE.value)
        )
        return len(rows.all())


@pytest.mark.asyncio
async def test_a_site_that_takes_pictures_gets_every_page_before_the_case_is_delivered(
    sending: Sending, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await take_forms(sending, ["secondary_capture"])
    monkeypatch.setattr("tests.factories.sending.TEXT", LONG)
    await sending.sign()

    received = await run_jobs(sending)

    async with sending.sessions() as session:
        state = (await cases.get_case(session, sending.case_id)).state
    assert len(received) == await count_pages(sending) >= 3
    assert {each.SeriesInstanceUID for each in received} == {received[0].SeriesInstanceUID}
    assert sorted(each.InstanceNumber for each in received) == list(range(1, len(received) + 1))
    assert state == "delivered"
    for _, content in sending.hospital.received:
        assert find_errors(content, folder=tmp_path) == []


@pytest.mark.asyncio
async def test_the_validated_request_and_its_files_stand_in_the_report(sending: Sending) -> None:
    await take_forms(sending, ALL_FORMS)
    await ask(sending, ("bon.pdf", make_pdf(2)), ("photo.png", make_picture("PNG")))
    await sending.sign()

    received = await run_jobs(sending)

    (sr,) = [each for each in received if each.Modality == "SR"]
    texts = [
        str(part.TextValue)
        for item in sr.ContentSequence
        for part in item.get("ContentSequence", [])
        if "TextValue" in part
    ]
    assert texts[0].startswith("Question posée: Hémorragie ?")
    assert await count_pages(sending) == 4


@pytest.mark.asyncio
async def test_a_file_that_was_lost_stops_no_report(sending: Sending) -> None:
    await take_forms(sending, ALL_FORMS)
    await ask(sending, ("bon.pdf", make_pdf(2)))
    for path in Layout(sending.bench.data_dir).attachments.rglob("*.pdf"):
        path.write_bytes(b"something else")
    await sending.sign()

    received = await run_jobs(sending)

    assert sorted(each.Modality for each in received) == ["DOC", "OT", "OT", "SR"]


@pytest.mark.asyncio
async def test_five_accessions_are_five_deliveries_of_each_form(sending: Sending) -> None:
    numbers = {f"A-{number}" for number in range(1, 6)}
    async with unit_of_work(sending.sessions) as session:
        for number in numbers:
            session.add(
                StudyAccession(
                    study_id=sending.study_id,
                    accession_number=number,
                    first_seen_at=sending.clock.instant,
                )
            )
    await sending.sign()

    received = await run_jobs(sending)

    for modality in ("SR", "DOC"):
        of_form = [each for each in received if each.Modality == modality]
        assert {each.AccessionNumber for each in of_form} == numbers
        assert len({each.SOPInstanceUID for each in of_form}) == len(of_form) == 5
    assert len({each.StudyInstanceUID for each in received}) == 1


@pytest.mark.asyncio
async def test_documents_issued_anew_reach_the_hospital_under_uids_of_their_own(
    sending: Sending,
) -> None:
    await sending.sign()
    first = {each.SOPInstanceUID for each in await run_jobs(sending)}
    async with unit_of_work(sending.sessions) as session:
        study = await session.get_one(Study, sending.study_id)
        study.as_received = study.as_received | {
            "00100010": {"vr": "PN", "Value": [{"Alphabetic": "DUPOND^JANE"}]}
        }
        await pipeline.reissue_report(session, sending.case_id, now=sending.clock.instant)

    received = await run_jobs(sending)

    anew = [each for each in received if each.SOPInstanceUID not in first]
    (sr,) = [each for each in anew if each.Modality == "SR"]
    (predecessor,) = sr.PredecessorDocumentsSequence[0].ReferencedSeriesSequence
    assert len(anew) == 2
    assert {str(each.PatientName) for each in anew} == {"DUPOND^JANE"}
    assert predecessor.ReferencedSOPSequence[0].ReferencedSOPInstanceUID in first
    async with sending.sessions() as session:
        assert (await cases.get_case(session, sending.case_id)).state == "delivered"


@pytest.mark.asyncio
async def test_a_withdrawal_reaches_the_hospital_as_the_report_did(
    sending: Sending, tmp_path: Path
) -> None:
    await sending.sign()
    await run_jobs(sending)
    async with unit_of_work(sending.sessions) as session:
        await pipeline.withdraw_report(
            session,
            sending.case_id,
            base=1,
            reason="Images d'un autre patient.",
            actor=sending.actor,
            now=sending.clock.instant,
        )

    received = await run_jobs(sending)

    withdrawn = received[2:]
    assert len(withdrawn) == 2
    assert {each.SeriesDescription for each in withdrawn} == {
        "Report withdrawn",
        "Report withdrawn (PDF)",
    }
    for _, content in sending.hospital.received[2:]:
        assert find_errors(content, folder=tmp_path) == []
    async with sending.sessions() as session:
        assert (await cases.get_case(session, sending.case_id)).state == "delivered"


@pytest.mark.asyncio
async def test_two_schedulers_that_render_at_once_add_each_page_once(
    sending: Sending, tmp_path: Path
) -> None:
    await take_forms(sending, ALL_FORMS)
    await ask(sending, ("bon.pdf", make_pdf(2)))
    await sending.sign()

    await asyncio.gather(documents.run(sending.bench), documents.run(sending.bench))

    async with sending.sessions() as session:
        kept = list(await session.scalars(select(Document.path)))
    files = [path for path in (tmp_path / "documents").rglob("*.*") if path.is_file()]
    assert await count_pages(sending) == 3
    assert {path.relative_to(tmp_path).as_posix() for path in files} == set(kept)
    assert len(kept) == 6

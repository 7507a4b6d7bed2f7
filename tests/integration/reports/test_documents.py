"""One report, and its documents for each study and accession, under the identity in force."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.cases import repository as cases
from app.directory.models import Endpoint
from app.intake.models import Patient, StudyAccession, StudyIdentity
from app.reports import service as reports
from app.reports.domain.document import Form, ReportDocument
from app.reports.domain.rendered import derive_page_uid
from app.reports.models import Document
from app.reports.repository import documents
from app.reports.service import RenderTask, StoredFile
from tests.factories.reading import Reading, open_reading
from tests.factories.stage import NIGHT, add_study

LATER = NIGHT + timedelta(minutes=10)
ALL_FORMS = ["sr", "encapsulated_pdf", "secondary_capture"]


@pytest_asyncio.fixture
async def reading(session: AsyncSession) -> Reading:
    return await open_reading(session)


async def add_accessions(reading: Reading, *numbers: str) -> None:
    for order, number in enumerate(numbers):
        reading.session.add(
            StudyAccession(
                study_id=reading.study.id,
                accession_number=number,
                first_seen_at=NIGHT + timedelta(seconds=order),
            )
        )
    await reading.session.flush()


async def find_tasks(reading: Reading) -> list[RenderTask]:
    return await reports.find_to_render(reading.session, now=LATER + timedelta(hours=1), limit=100)


async def load_all(reading: Reading) -> list[ReportDocument]:
    return [
        await reports.load_document(reading.session, task) for task in await find_tasks(reading)
    ]


async def choose_identity(reading: Reading, name: str) -> None:
    """Add an identity of the study, and let it be the one in force."""
    patient = Patient(
        domain_id=reading.stage.domain.id,
        patient_id="PID-NEW",
        patient_name=name,
        patient_birth_date="19500101",
        patient_sex="F",
    )
    reading.session.add(patient)
    await reading.session.flush()
    reading.session.add(
        StudyIdentity(
            study_id=reading.study.id,
            patient_id=patient.id,
            first_seen_at=LATER,
            last_seen_at=LATER,
            is_correction=True,
            as_received=reading.study.as_received
            | {
                "00100010": {"vr": "PN", "Value": [{"Alphabetic": name}]},
                "00100020": {"vr": "LO", "Value": ["PID-NEW"]},
            },
        )
    )
    reading.study.patient_id = patient.id
    await reading.session.flush()


@pytest.mark.asyncio
async def test_a_study_with_five_accessions_gets_five_sets_each_with_its_own(
    reading: Reading,
) -> None:
    numbers = ["A-1", "A-2", "A-3", "A-4", "A-5"]
    await add_accessions(reading, *numbers)
    await reading.write_and_sign(now=LATER)

    loaded = await load_all(reading)

    uids = [
        uid
        for each in loaded
        for uid in (each.uids.sr_sop_instance_uid, each.uids.pdf_sop_instance_uid)
    ]
    assert [each.study.accession_number for each in loaded] == numbers
    assert len(set(uids)) == 10
    assert {each.study.study_instance_uid for each in loaded} == {reading.study.study_instance_uid}
    for each in loaded:
        assert len(each.twins) == 4
        assert each.uids not in {twin.uids for twin in each.twins}


@pytest.mark.asyncio
async def test_images_without_an_accession_belong_to_those_that_have_one(
    reading: Reading,
) -> None:
    await add_accessions(reading, "", "A-7")
    await reading.write_and_sign(now=LATER)

    assert [each.study.accession_number for each in await load_all(reading)] == ["A-7"]


@pytest.mark.asyncio
async def test_a_study_without_any_accession_gets_one_set(reading: Reading) -> None:
    reading.study.accession_number = ""
    await add_accessions(reading, "")
    await reading.write_and_sign(now=LATER)

    assert [each.study.accession_number for each in await load_all(reading)] == [""]


@pytest.mark.asyncio
async def test_each_study_of_a_case_gets_its_own_set_that_names_the_others(
    reading: Reading,
) -> None:
    for _ in range(2):
        study = await add_study(reading.stage)
        study.patient_id = reading.study.patient_id
        await cases.link_study(
            reading.session, case_id=reading.case_id, study_id=study.id, now=NIGHT
        )
    await reading.session.flush()
    await reading.write_and_sign(now=LATER)

    loaded = await load_all(reading)

    studies = {each.study.study_instance_uid for each in loaded}
    assert len(loaded) == len(studies) == 3
    for each in loaded:
        others = studies - {each.study.study_instance_uid}
        assert {twin.study_instance_uid for twin in each.twins} == others


@pytest.mark.asyncio
async def test_documents_bear_the_identity_that_was_confirmed_last(reading: Reading) -> None:
    await choose_identity(reading, "DUPOND^JANE")
    await reading.write_and_sign(now=LATER)

    (document,) = await load_all(reading)

    assert (document.study.patient_name, document.study.patient_id) == ("DUPOND^JANE", "PID-NEW")
    assert document.study.character_set == "ISO_IR 100"


@pytest.mark.asyncio
async def test_an_identity_chosen_late_gives_documents_of_their_own(reading: Reading) -> None:
    signed = await reading.write_and_sign(now=LATER)
    (first_task,) = await find_tasks(reading)
    first = await reports.load_document(reading.session, first_task)
    await choose_identity(reading, "DUPOND^JANE")

    event = await reports.reissue(reading.session, case_id=reading.case_id, now=LATER)

    second_task = replace(first_task, issue=2)
    second = await reports.load_document(reading.session, second_task)
    kinds = [each.kind for each in await cases.list_events(reading.session, reading.case_id)]
    assert event is not None
    assert event.version_id == signed.version_id
    assert set(await find_tasks(reading)) == {first_task, second_task}
    assert second.study.patient_name == "DUPOND^JANE"
    assert second.predecessors == (first.uids,)
    assert second.uids != first.uids
    assert (second.version, second.signed_at, second.chapters) == (1, LATER, first.chapters)
    assert kinds[-1] == "reissued"


@pytest.mark.asyncio
async def test_what_follows_names_the_documents_of_both_issues(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    await reports.reissue(reading.session, case_id=reading.case_id, now=LATER)
    added = await reports.write_addendum(
        reading.session,
        case_id=reading.case_id,
        base=1,
        text="Ajout.",
        actor=reading.actor,
        now=LATER,
    )

    loaded = {
        task: await reports.load_document(reading.session, task)
        for task in await find_tasks(reading)
    }

    (addendum,) = [each for task, each in loaded.items() if task.version_id == added.version_id]
    assert len(addendum.predecessors) == 2


@pytest.mark.asyncio
async def test_a_case_without_a_signed_report_has_nothing_to_issue_anew(
    reading: Reading,
) -> None:
    assert await reports.reissue(reading.session, case_id=reading.case_id, now=LATER) is None
    assert await find_tasks(reading) == []


@pytest.mark.asyncio
async def test_the_last_issue_is_the_page_that_is_shown(reading: Reading) -> None:
    await reading.write_and_sign(now=LATER)
    await reports.reissue(reading.session, case_id=reading.case_id, now=LATER)
    for task in await find_tasks(reading):
        files = [
            StoredFile(form=form, path=f"{task.issue}/{form}", digest=b"d", size_bytes=1)
            for form in (Form.PDF, Form.SR, Form.ENCAPSULATED_PDF)
        ]
        await reports.keep_rendered(reading.session, task, files=files, now=LATER)

    page = await documents.get_page(reading.session, case_id=reading.case_id, number=1)

    assert page.path == "2/pdf"


@pytest.mark.asyncio
async def test_a_site_that_takes_pictures_gets_a_row_for_the_first_page(reading: Reading) -> None:
    await reading.session.execute(update(Endpoint).values(forms=ALL_FORMS))
    await reading.write_and_sign(now=LATER)

    (document,) = await load_all(reading)

    rows = await reading.session.scalars(
        select(Document).where(Document.form == "secondary_capture")
    )
    (row,) = rows.all()
    assert (row.page, row.sop_class_uid) == (1, "1.2.840.10008.5.1.4.1.1.7")
    assert document.uids.pages_sop_instance_uid == row.sop_instance_uid
    assert document.uids.pages_series_instance_uid == row.series_instance_uid


@pytest.mark.asyncio
async def test_pages_behind_the_first_are_added_when_they_are_known(reading: Reading) -> None:
    await reading.session.execute(update(Endpoint).values(forms=ALL_FORMS))
    await reading.write_and_sign(now=LATER)
    (task,) = await find_tasks(reading)
    files = [
        StoredFile(form=form, path=f"{form}", digest=b"d", size_bytes=1)
        for form in (Form.PDF, Form.SR, Form.ENCAPSULATED_PDF)
    ] + [
        StoredFile(
            form=Form.SECONDARY_CAPTURE, page=page, path=f"{page}", digest=b"d", size_bytes=1
        )
        for page in (1, 2, 3)
    ]

    event = await reports.keep_rendered(reading.session, task, files=files, now=LATER)
    again = await reports.keep_rendered(reading.session, task, files=files, now=LATER)

    rows = (
        await reading.session.scalars(
            select(Document)
            .where(Document.form == "secondary_capture")
            .order_by(Document.page)
            .execution_options(populate_existing=True)
        )
    ).all()
    first = rows[0]
    assert event is not None
    assert again is None
    assert event.added_document_ids == (rows[1].id, rows[2].id)
    assert [row.sop_instance_uid for row in rows] == [
        derive_page_uid(first.sop_instance_uid or "", page=page) for page in (1, 2, 3)
    ]
    assert {row.series_instance_uid for row in rows} == {first.series_instance_uid}
    assert await find_tasks(reading) == []


@pytest.mark.asyncio
async def test_a_document_says_on_which_machine_the_images_were_made(reading: Reading) -> None:
    reading.study.as_received = reading.study.as_received | {
        "00080070": {"vr": "LO", "Value": ["SIEMENS"]},
        "00081090": {"vr": "LO", "Value": ["SOMATOM"]},
    }
    await reading.session.flush()
    await reading.write_and_sign(now=LATER)

    (document,) = await load_all(reading)

    study = document.study
    assert (study.manufacturer, study.manufacturer_model_name) == ("SIEMENS", "SOMATOM")
    assert study.station_name == "CT1"

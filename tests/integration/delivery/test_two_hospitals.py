"""Two hospitals with one PatientID, accession and StudyInstanceUID are two at a centre."""

import asyncio
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import dcmread
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range

from app.adapters.dicom.sender import PynetdicomSender
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.domain.prefixes import take_off
from app.directory.domain.uids import derive_uid
from app.directory.models import Endpoint, Site
from app.intake.models import Instance, Series, Study
from app.planning.models import Planning
from scheduler.jobs import deliveries, documents
from tests.contract.dicom_sender.nodes import (
    PATIENCE,
    find_free_port,
    open_storescp_node,
    wait_for_port,
)
from tests.factories.dicom import make_ct_slice, make_ct_study
from tests.factories.sending import CENTRE, Sending, lay_sending

SHARED = make_ct_study()
LONG_AGO, DAY = datetime(2025, 1, 1, tzinfo=UTC), timedelta(days=1)


async def lay_twins(
    sessions: Sessions, *, data_dir: Path, clock: SetClock
) -> tuple[Sending, Sending]:
    """Commit two cases of two hospitals whose devices gave the same identifiers to each."""
    first = await lay_sending(sessions, data_dir=data_dir, clock=clock, images=2)
    async with unit_of_work(sessions) as session:
        # Each factory makes a planning of its own, and there is one at a time.
        await session.execute(update(Planning).values(period=Range(LONG_AGO, LONG_AGO + DAY)))
    second = await lay_sending(sessions, data_dir=data_dir, clock=clock, images=2)
    for sending in (first, second):
        async with unit_of_work(sessions) as session:
            study = await session.get_one(Study, sending.study_id)
            study.study_instance_uid = SHARED.study_instance_uid
            series = (
                await session.scalars(select(Series).where(Series.study_id == study.id))
            ).one()
            series.series_instance_uid = SHARED.series_instance_uid
            query = select(Instance).where(Instance.series_id == series.id).order_by(Instance.id)
            for number, instance in enumerate(await session.scalars(query), start=1):
                instance.sop_instance_uid = f"1.2.826.0.1.{number}"
                slice_ = make_ct_slice(
                    SHARED, number=number, sop_instance_uid=instance.sop_instance_uid
                )
                slice_.save_as(data_dir / instance.path)
    return first, second


async def send_to_centre(twins: tuple[Sending, Sending], *, port: int) -> None:
    (first, _) = twins
    async with unit_of_work(first.sessions) as session:
        query = update(Endpoint).where(Endpoint.ae_title == CENTRE)
        await session.execute(query.values(port=port))
    for each in twins:
        await each.ask_for_images()
    sender = PynetdicomSender("ASTREINTE", PATIENCE)
    await deliveries.run(replace(first.bench, peers=sender))
    states = {each.state for each in await first.list_deliveries()}
    assert states == {"delivered"}


async def get_prefixes(twins: tuple[Sending, Sending]) -> list[str]:
    async with twins[0].sessions() as session:
        query = select(Site.prefix).join(Study, Study.site_id == Site.id).order_by(Study.id)
        return list(await session.scalars(query))


@pytest.mark.peer
@pytest.mark.asyncio
async def test_a_centre_that_files_by_uid_keeps_them_apart(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    if shutil.which("storescp") is None:
        pytest.skip("needs storescp: apt-get install dcmtk")
    twins = await lay_twins(sessions, data_dir=tmp_path / "data", clock=clock)
    prefixes = await get_prefixes(twins)

    with open_storescp_node(tmp_path / "centre") as node:
        await send_to_centre(twins, port=node.destination.port)

    received = [dcmread(path) for path in sorted((tmp_path / "centre").iterdir())]
    patients = {each.PatientID for each in received}
    studies = {each.StudyInstanceUID for each in received}
    assert len(received) == 4
    assert patients == {f"{prefix}-{SHARED.patient.patient_id}" for prefix in prefixes}
    assert {each.IssuerOfPatientID for each in received} == {f"{each}-" for each in prefixes}
    assert {each.AccessionNumber for each in received} == {
        f"{prefix}-{SHARED.accession_number}" for prefix in prefixes
    }
    async with sessions() as session:
        later = await session.get_one(Study, twins[1].study_id)
    assert studies == {
        SHARED.study_instance_uid,
        derive_uid(later.domain_id, SHARED.study_instance_uid),
    }
    for each in received:
        (other,) = each.OtherPatientIDsSequence
        off = take_off(prefixes, each.PatientID)
        assert off is not None
        assert off.value == other.PatientID == SHARED.patient.patient_id
        assert each.PatientName == SHARED.patient.name


ORTHANC = shutil.which("Orthanc")


@contextmanager
def open_orthanc(folder: Path) -> Iterator[tuple[int, int]]:
    """Give Orthanc as a centre's PACS: its DICOM and its HTTP port."""
    assert ORTHANC is not None
    folder.mkdir()
    dicom_port, http_port = find_free_port(), find_free_port()
    configuration = {
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "DicomAet": CENTRE,
        "DicomPort": dicom_port,
        "HttpPort": http_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
        "DicomAlwaysAllowStore": True,
        "Plugins": [],
    }
    path = folder / "orthanc.json"
    path.write_text(json.dumps(configuration), encoding="utf-8")
    process = subprocess.Popen(
        [ORTHANC, str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for_port(http_port)
        wait_for_port(dicom_port)
        yield dicom_port, http_port
    finally:
        process.terminate()
        process.wait(20)


def fetch(port: int, path: str) -> list[str]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as answer:
        found: list[str] = json.load(answer)
        return found


@pytest.mark.peer
@pytest.mark.skipif(ORTHANC is None, reason="needs Orthanc: apt-get install orthanc")
@pytest.mark.asyncio
async def test_a_pacs_files_two_patients_and_two_studies(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    twins = await lay_twins(sessions, data_dir=tmp_path / "data", clock=clock)

    with open_orthanc(tmp_path / "orthanc") as (dicom_port, http_port):
        await send_to_centre(twins, port=dicom_port)
        found = {
            kind: len(await asyncio.to_thread(fetch, http_port, kind))
            for kind in ("patients", "studies", "series", "instances")
        }

    assert found == {"patients": 2, "studies": 2, "series": 2, "instances": 4}


@pytest.mark.asyncio
async def test_what_returns_to_a_hospital_bears_its_own_identifiers(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    sending = await lay_sending(sessions, data_dir=tmp_path, clock=clock)
    await sending.sign()
    await documents.run(sending.bench)

    await deliveries.run(sending.bench)

    received = [dcmread(BytesIO(content)) for _, content in sending.hospital.received]
    assert len(received) == 2
    assert {each.PatientID for each in received} == {"PID-1"}
    assert not any("OtherPatientIDsSequence" in each for each in received)


@pytest.mark.asyncio
async def test_images_that_go_to_the_hospitals_own_node_stay_as_they_are(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    sending = await lay_sending(sessions, data_dir=tmp_path, clock=clock)
    async with unit_of_work(sessions) as session:
        # The hospital's radiologists read at home: two rows, one node.
        await session.execute(update(Endpoint).values(ae_title=CENTRE, port=104))
    await sending.ask_for_images()

    await deliveries.run(sending.bench)

    patients = {dcmread(BytesIO(content)).PatientID for _, content in sending.centre.received}
    assert patients == {SHARED.patient.patient_id}


@pytest.mark.parametrize("repeat", ["to_compare", "same"])
@pytest.mark.asyncio
async def test_repeats_and_what_was_purged_do_not_leave(
    sessions: Sessions, clock: SetClock, tmp_path: Path, repeat: str
) -> None:
    sending = await lay_sending(sessions, data_dir=tmp_path, clock=clock, images=4)
    async with unit_of_work(sessions) as session:
        again, purged, other, _ = await session.scalars(select(Instance).order_by(Instance.id))
        again.repeat = repeat
        purged.purged_at = clock.instant
        other.repeat = "identity"
    await sending.ask_for_images()

    await deliveries.run(sending.bench)

    (delivery,) = await sending.list_deliveries()
    assert (delivery.state, delivery.sent_count) == ("delivered", 2)
    assert len(sending.centre.received) == 2

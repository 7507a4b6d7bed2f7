"""The whole way with real parts: typst, pydicom, pynetdicom, and storescp as the hospital."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom import dcmread
from sqlalchemy import update

from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Endpoint
from scheduler.jobs import deliveries, documents
from tests.contract.dicom_sender.nodes import open_storescp_node
from tests.factories.judge import find_errors
from tests.factories.sending import HOSPITAL, lay_sending


@pytest.mark.peer
@pytest.mark.asyncio
async def test_the_hospital_holds_a_valid_report_and_page_of_its_own_study(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    if shutil.which("storescp") is None:
        pytest.skip("needs storescp: apt-get install dcmtk")
    sending = await lay_sending(sessions, data_dir=tmp_path / "data", clock=clock)
    await sending.sign()

    with open_storescp_node(tmp_path / "hospital") as node:
        async with unit_of_work(sessions) as session:
            await session.execute(
                update(Endpoint)
                .where(Endpoint.ae_title == HOSPITAL)
                .values(port=node.destination.port)
            )
        bench = replace(sending.bench, peers=node.sender)
        await documents.run(bench)
        await deliveries.run(bench)

    files = sorted((tmp_path / "hospital").iterdir())
    received = {dcmread(path).Modality: path for path in files}
    states = {each.state for each in await sending.list_deliveries()}
    assert sorted(received) == ["DOC", "SR"]
    assert states == {"delivered"}
    for path in files:
        assert find_errors(path.read_bytes(), folder=tmp_path) == []
    report, page = dcmread(received["SR"]), dcmread(received["DOC"])
    assert report.StudyInstanceUID == page.StudyInstanceUID
    assert report.PatientID == "PID-1"
    assert page.EncapsulatedDocument.startswith(b"%PDF-")

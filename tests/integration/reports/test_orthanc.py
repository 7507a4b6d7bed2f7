"""Orthanc as the hospital's node: it takes every form, and shows the pages."""

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import update

from app.adapters.dicom.sender import PynetdicomSender
from app.db.clock import SetClock
from app.db.session import Sessions, unit_of_work
from app.directory.models import Endpoint
from scheduler.jobs import deliveries, documents
from tests.contract.dicom_sender.nodes import PATIENCE, find_free_port
from tests.factories.sending import HOSPITAL, lay_sending

PATIENCE_S = 30


@contextmanager
def run_orthanc(program: str, folder: Path, *, port: int) -> Iterator[str]:
    """Run Orthanc, and give the address of its interface."""
    http_port = find_free_port()
    configuration = folder / "orthanc.json"
    settings = {
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "Plugins": [],
        "DicomPort": port,
        "HttpPort": http_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": False,
    }
    configuration.write_text(json.dumps(settings), encoding="utf-8")
    process = subprocess.Popen(
        [program, str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{http_port}"
        wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def wait_for(url: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            httpx.get(f"{url}/system").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


def look(url: str) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Read what Orthanc holds: its series, and the pictures as it shows them."""
    series = httpx.get(f"{url}/series?expand").json()
    pictures = [
        httpx.get(f"{url}/instances/{each['Instances'][0]}/preview").content
        for each in series
        if each["MainDicomTags"]["Modality"] == "OT"
    ]
    return series, pictures


@pytest.mark.peer
@pytest.mark.asyncio
async def test_orthanc_takes_all_forms_and_shows_the_pages(
    sessions: Sessions, clock: SetClock, tmp_path: Path
) -> None:
    program = shutil.which("Orthanc")
    if program is None:
        pytest.skip("needs Orthanc: apt-get install orthanc")
    sending = await lay_sending(sessions, data_dir=tmp_path / "data", clock=clock)
    port = find_free_port()
    async with unit_of_work(sessions) as session:
        await session.execute(
            update(Endpoint)
            .where(Endpoint.ae_title == HOSPITAL)
            .values(
                ae_title="ORTHANC", port=port, forms=["sr", "encapsulated_pdf", "secondary_capture"]
            )
        )
    await sending.sign()
    bench = replace(sending.bench, peers=PynetdicomSender(ae_title="ASTREINTE", patience=PATIENCE))

    with run_orthanc(program, tmp_path, port=port) as url:
        await documents.run(bench)
        await deliveries.run(bench)
        series, pictures = look(url)

    assert sorted(each["MainDicomTags"]["Modality"] for each in series) == ["DOC", "OT", "SR"]
    assert {each.state for each in await sending.list_deliveries()} == {"delivered"}
    (picture,) = pictures
    with Image.open(BytesIO(picture)) as shown:
        assert shown.size == (1240, 1754)

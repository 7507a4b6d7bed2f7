"""A real archive is asked how many images a study has."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest

from app.adapters.dicom.query import PynetdicomCounter
from app.intake.domain.ports import Archive
from tests.factories.dicom import write_ct_study
from tests.factories.sending import CENTRE
from tests.integration.delivery.test_two_hospitals import open_orthanc

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(shutil.which("Orthanc") is None, reason="apt-get install orthanc"),
    pytest.mark.skipif(shutil.which("storescu") is None, reason="apt-get install dcmtk"),
]


@pytest.mark.asyncio
async def test_orthanc_counts_the_images_that_it_holds(tmp_path: Path) -> None:
    study = write_ct_study(tmp_path / "ct", slices=3, rows=16)
    counter = PynetdicomCounter(ae_title="ASTREINTE")
    with open_orthanc(tmp_path / "orthanc") as (port, http_port):
        at = Archive(CENTRE, "127.0.0.1", port)
        await asyncio.to_thread(introduce_us, http_port)
        unknown = await counter.count(study.study.study_instance_uid, at=at)
        await asyncio.to_thread(store_at, port, study.paths)
        counted = await counter.count(study.study.study_instance_uid, at=at)

    assert unknown.instance_count is None
    assert "does not know the study" in unknown.detail
    assert (counted.instance_count, counted.detail) == (3, "")


def store_at(port: int, paths: Iterable[Path]) -> None:
    subprocess.run(
        ["storescu", "-aec", CENTRE, "127.0.0.1", str(port), *map(str, paths)],
        check=True,
        capture_output=True,
        timeout=30,
    )


def introduce_us(http_port: int) -> None:
    ours = ["ASTREINTE", "127.0.0.1", 104]
    url = f"http://127.0.0.1:{http_port}/modalities/astreinte"
    httpx.put(url, json=ours, timeout=5).raise_for_status()

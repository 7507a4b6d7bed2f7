"""The pages as pictures: what a node that takes images alone gets."""

import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread

from app.adapters.documents.renderer import TypstDicomRenderer
from app.reports.domain.document import Chapters, ReportDocument
from app.reports.domain.rendered import derive_page_uid
from tests.factories.judge import find_errors
from tests.factories.reports import make_document, make_received_study, make_withdrawal

RENDERER = TypstDicomRenderer()
SERIES, FIRST = "2.25.9001", "2.25.9002"


def make_pictured(**overrides: object) -> ReportDocument:
    document = make_document(**overrides)
    uids = replace(document.uids, pages_series_instance_uid=SERIES, pages_sop_instance_uid=FIRST)
    return replace(document, uids=uids)


def read(file: bytes) -> Dataset:
    return dcmread(BytesIO(file))


@given(
    findings=st.text(max_size=200),
    name=st.text(max_size=80),
    accession=st.text(max_size=16).filter(lambda text: len(text.encode(errors="replace")) <= 16),
)
@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_input_makes_an_invalid_picture(
    findings: str, name: str, accession: str, tmp_path: Path
) -> None:
    study = make_received_study(patient_name=name, accession_number=accession)

    rendered = RENDERER.render(
        make_pictured(study=study, chapters=Chapters(findings=findings, conclusion="Normal."))
    )

    assert rendered.pages
    assert all(find_errors(page, folder=tmp_path) == [] for page in rendered.pages)


def test_a_site_that_takes_no_pictures_gets_none() -> None:
    assert RENDERER.render(make_document()).pages == ()


def test_a_long_report_is_one_series_with_an_image_for_each_page() -> None:
    chapters = Chapters(findings="Une phrase assez longue.\n" * 120, conclusion="Normal.")

    pages = [read(page) for page in RENDERER.render(make_pictured(chapters=chapters)).pages]

    assert len(pages) >= 3
    assert {page.SeriesInstanceUID for page in pages} == {SERIES}
    assert [page.InstanceNumber for page in pages] == list(range(1, len(pages) + 1))
    assert [page.SOPInstanceUID for page in pages] == [
        derive_page_uid(FIRST, page=number) for number in range(1, len(pages) + 1)
    ]
    for page in pages:
        assert (page.StudyInstanceUID, page.PatientID) == ("2.25.1001", "P-0042")
        assert (page.Modality, page.ConversionType, page.BurnedInAnnotation) == ("OT", "WSD", "YES")
        assert list(page.ImageType) == ["DERIVED", "SECONDARY"]
        assert (page.Rows, page.Columns) == (1754, 1240)


def test_the_text_is_there_to_be_seen() -> None:
    (page,) = [read(page) for page in RENDERER.render(make_pictured()).pages]

    pixels = page.pixel_array

    assert pixels.shape == (1754, 1240, 3)
    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert 0.003 < float(np.mean(pixels.min(axis=2) < 128)) < 0.2


def test_rendered_again_it_is_the_same_object() -> None:
    assert RENDERER.render(make_pictured()) == TypstDicomRenderer().render(make_pictured())


def test_the_picture_of_a_withdrawal_says_so_in_the_list_of_series() -> None:
    withdrawal = make_withdrawal(make_document(), reason="Erreur.")
    uids = replace(withdrawal.uids, pages_series_instance_uid=SERIES, pages_sop_instance_uid=FIRST)

    (page,) = [read(page) for page in RENDERER.render(replace(withdrawal, uids=uids)).pages]

    assert page.SeriesDescription == "Report withdrawn (pages)"
    assert page.ImageComments == "Compte rendu annulé"


@pytest.mark.peer
def test_other_readers_of_dicom_can_read_it(tmp_path: Path) -> None:
    program = shutil.which("dcmdump")
    if program is None:
        pytest.skip("needs dcmdump: apt-get install dcmtk")
    path = tmp_path / "page.dcm"
    path.write_bytes(RENDERER.render(make_pictured()).pages[0])

    done = subprocess.run(
        [program, "+P", "PhotometricInterpretation", "+P", "Rows", str(path)],
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )

    assert done.returncode == 0, done.stderr
    assert "[RGB]" in done.stdout
    assert "US 1754" in done.stdout


@pytest.mark.parametrize("version", [1, 2])
def test_the_number_of_the_series_tells_the_version(version: int) -> None:
    document = make_pictured()
    if version == 2:
        withdrawal = make_withdrawal(document, reason="Erreur.")
        document = replace(withdrawal, uids=document.uids)

    assert read(RENDERER.render(document).pages[0]).SeriesNumber == 9200 + version

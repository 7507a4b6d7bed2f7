"""What the gateway's processes load: they are many, and start while modalities wait."""

import subprocess
import sys

import pytest

from tests.plugins.accounts import ROOT

DATABASE = {"sqlalchemy", "alembic"}
DICOM_LIBRARIES = {"pydicom", "pynetdicom", "numpy"}
SETTINGS = {"pydantic", "pydantic_settings", "typer"}


@pytest.mark.parametrize(
    ("module", "absent"),
    (
        ("app.supervisor.gateway", DATABASE | DICOM_LIBRARIES | SETTINGS | {"prometheus_client"}),
        ("app.supervisor.counts", DATABASE | DICOM_LIBRARIES | SETTINGS),
        ("app.supervisor.part", DATABASE | DICOM_LIBRARIES),
        ("dicom_gateway.main", DATABASE | DICOM_LIBRARIES),
        ("dicom_gateway.index_main", DICOM_LIBRARIES),
    ),
)
def test_a_process_does_not_load_what_it_does_not_need(module: str, absent: set[str]) -> None:
    program = f"import {module}, sys; print(*sys.modules)"

    loaded = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True, cwd=ROOT
    )

    assert absent.isdisjoint(loaded.stdout.split())

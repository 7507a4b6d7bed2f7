"""Orthanc asks whether we keep its images: across restarts of ours, and where nobody answers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from app.db.engine import write_conninfo
from tests.e2e.gateway_process import GatewayProcess, add_sender, ask, wait_until
from tests.factories.dicom import write_ct_study
from tests.factories.sending import CENTRE
from tests.integration.delivery.test_two_hospitals import open_orthanc
from tests.plugins.accounts import ROOT

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.peer,
    pytest.mark.skipif(shutil.which("Orthanc") is None, reason="apt-get install orthanc"),
]
_IMAGES = 3


class Orthanc:
    """A modality's archive that stores with us, and asks for commitment."""

    def __init__(self, dicom_port: int, client: httpx.Client) -> None:
        self.dicom_port = dicom_port
        self._client = client

    def introduce(self, gateway: GatewayProcess) -> None:
        """Tell it where the gateway listens."""
        ours = ["ASTREINTE", "127.0.0.1", gateway.port]
        self._client.put("/modalities/astreinte", json=ours).raise_for_status()

    def take_study(self, folder: Path) -> str:
        """Give it a study; return its identifier of it."""
        paths = write_ct_study(folder, slices=_IMAGES, rows=16).paths
        answers = [self._client.post("/instances", content=each.read_bytes()) for each in paths]
        return str(answers[0].raise_for_status().json()["ParentStudy"])

    def store(self, study: str) -> int:
        """Let it send a study to us; return how many images we did not take."""
        answer = self._client.post("/modalities/astreinte/store", json=[study])
        return int(answer.raise_for_status().json()["FailedInstancesCount"])

    def ask(self, study: str) -> httpx.Response:
        """Let it ask us to commit a study."""
        return self._client.post(
            "/modalities/astreinte/storage-commitment", json={"Resources": [study]}
        )

    def ask_about(self, sop_class_uid: str, sop_instance_uid: str) -> httpx.Response:
        """Let it ask us to commit an instance that it need not have."""
        return self._client.post(
            "/modalities/astreinte/storage-commitment",
            json={"DicomInstances": [[sop_class_uid, sop_instance_uid]]},
        )

    def ask_until_taken(self, ask: Callable[[], httpx.Response]) -> str:
        """Let it ask again while it is told to; return the transaction that was taken."""
        answers: list[httpx.Response] = []

        def is_taken() -> bool:
            answers.append(ask())
            return answers[-1].is_success

        wait_until(is_taken, lambda: answers[-1].text)
        return str(answers[-1].json()["ID"])

    def read_report(self, transaction_uid: str) -> dict[str, Any]:
        """Read what it was told."""
        answer = self._client.get(f"/storage-commitment/{transaction_uid}")
        report: dict[str, Any] = answer.raise_for_status().json()
        return report


@pytest.fixture
def orthanc(tmp_path: Path) -> Iterator[Orthanc]:
    with (
        open_orthanc(tmp_path / "orthanc") as (dicom_port, http_port),
        httpx.Client(base_url=f"http://127.0.0.1:{http_port}", timeout=60) as client,
    ):
        yield Orthanc(dicom_port, client)


@contextmanager
def running_gateway(
    data_dir: Path, database_url: str, orthanc: Orthanc
) -> Iterator[GatewayProcess]:
    with GatewayProcess(data_dir, database_url=database_url).running() as gateway:
        wait_until(gateway.layout.admission.exists, gateway.read_log)
        orthanc.introduce(gateway)
        yield gateway


@contextmanager
def running_scheduler(data_dir: Path, database_url: str) -> Iterator[None]:
    """Run a scheduler; at the end it is killed as a power cut would."""
    environment = {key: value for key, value in os.environ.items() if "ASTREINTE" not in key}
    process = subprocess.Popen(
        [sys.executable, "-c", "from app.cli import main; main()", "scheduler"],
        env={
            **environment,
            "ASTREINTE_DATA_DIR": str(data_dir),
            "ASTREINTE_DATABASE_URL": database_url,
            "PYTHONPATH": str(ROOT),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    try:
        yield
    finally:
        process.kill()
        process.wait(20)


def lay_orthanc(database_url: str, orthanc: Orthanc, *, days: int | None) -> None:
    """Let Orthanc be the one sender of the directory."""
    add_sender(database_url)
    execute(
        database_url,
        "WITH node AS (INSERT INTO endpoint (name, ae_title, host, port)"
        " VALUES ('Orthanc', %s, '127.0.0.1', %s) RETURNING id)"
        " UPDATE sender SET ae_title = %s, endpoint_id = node.id FROM node",
        CENTRE,
        orthanc.dicom_port,
        CENTRE,
    )
    execute(database_url, "UPDATE site SET commitment_days = %s", days)


def execute(database_url: str, statement: str, *values: object) -> None:
    """Change the database."""
    with psycopg.connect(write_conninfo(database_url)) as connection:
        connection.execute(statement.encode(), values or None)


def test_what_was_asked_before_a_restart_is_confirmed_after_it(
    tmp_path: Path, database_url: str, orthanc: Orthanc
) -> None:
    data_dir = tmp_path / "var"
    lay_orthanc(database_url, orthanc, days=30)
    # Nobody listens there: it is asked and promised, and cannot be told.
    execute(database_url, "UPDATE endpoint SET port = 1 WHERE name = 'Orthanc'")
    study = orthanc.take_study(tmp_path / "ct")
    state = (
        "SELECT state, attempts > 0, until > now() + interval '29 days' FROM commitment"
        " ORDER BY id DESC LIMIT 1"
    )
    with (
        running_gateway(data_dir, database_url, orthanc) as gateway,
        running_scheduler(data_dir, database_url),
    ):
        assert orthanc.store(study) == 0
        asked = orthanc.ask_until_taken(lambda: orthanc.ask(study))
        wait_until(lambda: ask(database_url, state) == [("asked", True, True)], gateway.read_log)
        pending = orthanc.read_report(asked)["Status"]
        gateway.kill()

    execute(database_url, "UPDATE endpoint SET port = %s WHERE port = 1", orthanc.dicom_port)
    # As if the pause was over.
    execute(database_url, "UPDATE commitment SET next_at = now(), claimed_until = NULL")
    with (
        running_gateway(data_dir, database_url, orthanc),
        running_scheduler(data_dir, database_url),
    ):
        wait_until(lambda: orthanc.read_report(asked)["Status"] != "Pending")
        wait_until(lambda: ask(database_url, state) == [("reported", True, True)])

    report = orthanc.read_report(asked)
    assert (pending, report["Status"]) == ("Pending", "Success")
    assert (len(report["Success"]), report["Failures"]) == (_IMAGES, [])


def test_what_never_came_is_not_confirmed(
    tmp_path: Path, database_url: str, orthanc: Orthanc
) -> None:
    data_dir = tmp_path / "var"
    lay_orthanc(database_url, orthanc, days=30)
    with (
        running_gateway(data_dir, database_url, orthanc),
        running_scheduler(data_dir, database_url),
    ):
        ct_image = "1.2.840.10008.5.1.4.1.1.2"
        asked = orthanc.ask_until_taken(lambda: orthanc.ask_about(ct_image, "1.2.3.4"))
        # As if the time for the index was over.
        execute(database_url, "UPDATE commitment SET asked_at = asked_at - interval '3 minutes'")
        wait_until(lambda: orthanc.read_report(asked)["Status"] != "Pending")

    report = orthanc.read_report(asked)
    assert report["Status"] == "Failure"
    assert [each["FailureReason"] for each in report["Failures"]] == [0x0112]


def test_where_it_is_off_the_class_is_refused_and_images_are_taken(
    tmp_path: Path, database_url: str, orthanc: Orthanc
) -> None:
    lay_orthanc(database_url, orthanc, days=None)
    study = orthanc.take_study(tmp_path / "ct")
    with running_gateway(tmp_path / "var", database_url, orthanc) as gateway:
        failed = orthanc.store(study)
        refused = orthanc.ask(study)
        contexts = (
            "SELECT c->>'accepted' FROM association, jsonb_array_elements(contexts) c"
            " WHERE c->>'abstract' = '1.2.840.10008.1.20.1'"
        )
        wait_until(lambda: ask(database_url, contexts) != [], gateway.read_log)

    assert failed == 0
    assert refused.is_error
    assert {row[0] for row in ask(database_url, contexts)} == {None}
    assert ask(database_url, "SELECT count(*) FROM commitment") == [(0,)]

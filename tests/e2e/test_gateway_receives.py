"""The gateway with real senders: what is acknowledged is kept, byte for byte."""

import subprocess
import warnings
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import FileMetaDataset

from tests.e2e.association import associate, store
from tests.e2e.gateway_process import (
    GatewayProcess,
    add_sender,
    ask,
    read_data_set,
    read_spooled,
    send,
    wait_until,
    write_snapshot,
)
from tests.factories.dicom import write_ct_study

pytestmark = [pytest.mark.e2e, pytest.mark.peer]


@pytest.mark.parametrize("program", ("dcmsend", "storescu"))
def test_a_study_is_received_and_indexed(tmp_path: Path, database_url: str, program: str) -> None:
    add_sender(database_url)
    written = write_ct_study(tmp_path / "ct", slices=40, rows=64)
    gateway = GatewayProcess(tmp_path / "var", database_url=database_url)

    with gateway.running():
        wait_until(gateway.layout.admission.exists, gateway.read_log)
        send(program, gateway.port, *written.paths, called="ASTREINTE_P1")
        wait_until(
            lambda: ask(database_url, "SELECT sum(instance_count) FROM study") == [(40,)],
            gateway.read_log,
            within_s=10,
        )
        assert ask(
            database_url,
            "SELECT study_instance_uid, called_ae_title, modalities, series_count FROM study",
        ) == [(written.study.study_instance_uid, "ASTREINTE_P1", ["CT"], 1)]

    rows = ask(database_url, "SELECT sop_instance_uid, path FROM instance")
    sources = dict(zip(written.sop_instance_uids, written.paths, strict=True))
    assert {uid for uid, _ in rows} == set(sources)
    for uid, path in rows:
        assert read_data_set(gateway.layout.data_dir / path) == read_data_set(sources[uid])
    assert list(gateway.layout.incoming.glob("*.dcm")) == []
    assert ask(
        database_url, "SELECT outcome, instance_count, calling_ae_title FROM association"
    ) == [("released", 40, "CT1")]


def read_test_files() -> dict[str, tuple[FileMetaDataset, bytes]]:
    """Read pydicom's files that name their instance, by SOP Instance UID."""
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted((Path(pydicom.__file__).parent / "data" / "test_files").glob("*.dcm")):
            try:
                whole = pydicom.dcmread(path, stop_before_pixels=True)
                # Two of the files contradict themselves, as our 0xA900 would say too.
                if whole.SOPInstanceUID == whole.file_meta.MediaStorageSOPInstanceUID:
                    found[str(whole.SOPInstanceUID)] = (whole.file_meta, read_data_set(path))
            except (AttributeError, pydicom.errors.InvalidDicomError, EOFError):
                continue
    return found


def test_every_file_of_pydicom_is_kept_as_it_was_sent(tmp_path: Path) -> None:
    sent = read_test_files()
    write_snapshot(tmp_path / "var")
    statuses = {}

    with GatewayProcess(tmp_path / "var").running() as gateway:
        for uid, (meta, data_set) in sent.items():
            abstract = str(meta.MediaStorageSOPClassUID)
            syntax = str(meta.TransferSyntaxUID)
            with associate(gateway.port, abstract, transfer_syntax=syntax) as association:
                if association.accepted_contexts:
                    statuses[uid] = store(
                        association, data_set, sop_instance_uid=uid, sop_class_uid=abstract
                    )

    acknowledged = {uid for uid, status in statuses.items() if status == 0}
    kept = read_spooled(gateway.layout)
    assert len(acknowledged) > 30
    assert kept == {uid: [sent[uid][1]] for uid in acknowledged}
    assert {status for status in statuses.values() if status != 0} <= {0xA900}


def test_all_that_dcmtk_can_say_of_a_kept_file_is_no_error(tmp_path: Path) -> None:
    written = write_ct_study(tmp_path / "ct", slices=1)
    write_snapshot(tmp_path / "var")
    gateway = GatewayProcess(tmp_path / "var")
    with gateway.running():
        send("storescu", gateway.port, *written.paths)
    (path,) = gateway.layout.incoming.glob("*.dcm")

    dump = subprocess.run(["dcmdump", path], capture_output=True, text=True, check=True)

    assert dump.stderr == ""
    meta = pydicom.dcmread(path).file_meta
    assert meta.SourceApplicationEntityTitle == "CT1"
    assert meta.SendingApplicationEntityTitle == "CT1"
    assert meta.ReceivingApplicationEntityTitle == "ASTREINTE"
    assert meta.SourcePresentationAddress == "dicom://127.0.0.1"

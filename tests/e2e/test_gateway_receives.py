"""The gateway with real senders: what is acknowledged is kept, byte for byte."""

import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest

from tests.e2e.association import associate, store
from tests.e2e.gateway_process import (
    GatewayProcess,
    add_sender,
    ask,
    list_spooled,
    read_data_set,
    read_spooled,
    send,
    wait_until,
    write_snapshot,
)
from tests.e2e.wheel import WheelFile, read_wheel
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


# Of the wheel's data sets with a storage class, these are not to be filed (PS3.4 §B.2.3).
WITHOUT_UIDS = {
    "JPEGLSNearLossless_08.dcm": "no Study and no Series Instance UID",
    "JPEGLSNearLossless_16.dcm": "no Study and no Series Instance UID",
    "SC_rgb_jls_lossy_line.dcm": "no Study and no Series Instance UID",
    "SC_rgb_jls_lossy_sample.dcm": "no Study and no Series Instance UID",
    "UN_sequence.dcm": "a fragment: none of the four UIDs",
    "chrSQEncoding.dcm": "a fragment: none of the four UIDs",
    "chrSQEncoding1.dcm": "a fragment: none of the four UIDs",
    "no_meta_group_length.dcm": "a fragment: none of the four UIDs",
    "priv_SQ.dcm": "a fragment: none of the four UIDs",
}
# Classes that describe no patient's study: a directory of a medium, and palettes.
NOT_STORAGE = {"1.2.840.10008.1.3.10", "1.2.840.10008.5.1.4.39.1"}


def send_wheel(port: int, files: Iterable[WheelFile]) -> dict[WheelFile, int | None]:
    """Send files of one context over one association each; `None`: the context was rejected."""
    answers: dict[WheelFile, int | None] = {}
    groups: dict[tuple[str, str], list[WheelFile]] = {}
    for each in files:
        groups.setdefault((each.sop_class_uid, each.transfer_syntax_uid), []).append(each)
    for (abstract, syntax), group in groups.items():
        with associate(port, abstract, transfer_syntax=syntax) as association:
            for each in group:
                answers[each] = (
                    store(
                        association,
                        each.data_set,
                        sop_instance_uid=each.sop_instance_uid,
                        sop_class_uid=abstract,
                    )
                    if association.accepted_contexts
                    else None
                )
    return answers


def test_every_file_of_pydicom_is_kept_as_it_was_sent(tmp_path: Path, database_url: str) -> None:
    files = read_wheel()
    add_sender(database_url)
    gateway = GatewayProcess(tmp_path / "var", database_url=database_url)

    with gateway.running():
        wait_until(gateway.layout.admission.exists, gateway.read_log)
        answers = send_wheel(gateway.port, files)
        list_spooled(gateway.layout)
        wait_until(lambda: not list(gateway.layout.incoming.glob("*.dcm")), gateway.read_log)

    assert {each.sop_class_uid for each, status in answers.items() if status is None} == NOT_STORAGE
    refused = {each.name: f"{status:04X}" for each, status in answers.items() if status}
    assert refused == dict.fromkeys(WITHOUT_UIDS, "A900")
    acknowledged = [each for each, status in answers.items() if status == 0]
    # Of 188 in the wheel that we pin: a later one has more, never fewer.
    assert len(acknowledged) >= 163
    sent: dict[str, set[bytes]] = {}
    for each in acknowledged:
        sent.setdefault(each.sop_instance_uid, set()).add(each.data_set)
    kept = read_spooled(gateway.layout)
    assert {uid: sorted(contents) for uid, contents in kept.items()} == {
        uid: sorted(contents) for uid, contents in sent.items()
    }
    assert list(gateway.layout.quarantine.iterdir()) == []


@pytest.mark.parametrize("name", ("badVR.dcm", "rtdose.dcm", "rtplan.dcm", "chrJapMulti.dcm"))
def test_a_file_whose_front_names_another_instance_is_refused_under_that_name(
    name: str, quiet_gateway: GatewayProcess
) -> None:
    (path,) = (Path(pydicom.__file__).parent / "data").rglob(name)
    (file,) = (each for each in read_wheel() if each.name == name)
    in_front = str(pydicom.filereader.read_file_meta_info(path).MediaStorageSOPInstanceUID)

    assert in_front != file.sop_instance_uid
    answers = send_wheel(quiet_gateway.port, [replace(file, sop_instance_uid=in_front)])
    assert list(answers.values()) == [0xA900]


@pytest.fixture(scope="module")
def quiet_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Give a gateway without a database, for the tests that look only at answers and files."""
    data_dir = tmp_path_factory.mktemp("gateway") / "var"
    write_snapshot(data_dir)
    with GatewayProcess(data_dir).running() as gateway:
        yield gateway


def test_all_that_dcmtk_can_say_of_a_kept_file_is_no_error(
    tmp_path: Path, quiet_gateway: GatewayProcess
) -> None:
    written = write_ct_study(tmp_path / "ct", slices=1)
    before = set(list_spooled(quiet_gateway.layout))
    send("storescu", quiet_gateway.port, *written.paths)
    (path,) = set(list_spooled(quiet_gateway.layout)) - before

    dump = subprocess.run(["dcmdump", path], capture_output=True, text=True, check=True)

    assert dump.stderr == ""
    meta = pydicom.dcmread(path).file_meta
    assert meta.SourceApplicationEntityTitle == "CT1"
    assert meta.SendingApplicationEntityTitle == "CT1"
    assert meta.ReceivingApplicationEntityTitle == "ASTREINTE"
    assert meta.SourcePresentationAddress == "dicom://127.0.0.1"

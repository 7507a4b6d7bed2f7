"""What modalities say beside their images: steps, lists of commitment, and titles nobody knows."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pydicom import Dataset
from pydicom.config import disable_value_validation
from pynetdicom.association import Association

from app.db.engine import write_conninfo
from app.kit.clock import read_host_clock
from app.kit.ids import draw_uid
from app.store.layout import Layout
from dicom_gateway.admission import RegisteredSender, SenderSnapshot, UnknownCalling
from dicom_gateway.arrival import read_file_head
from dicom_gateway.notices import COMMITMENT_CLASS, COMMITMENT_INSTANCE, MPPS_CLASS
from tests.e2e.association import CT_IMAGE, VERIFICATION, associate, store
from tests.e2e.gateway_process import (
    GatewayProcess,
    add_sender,
    ask,
    list_spooled,
    read_journal,
    start_sender,
    wait_until,
    write_snapshot,
)
from tests.factories.dicom import make_ct_slice, make_ct_study, write_ct_study
from tests.factories.encoded import encode_data_set
from tests.factories.steps import make_commitment, make_step_begin, make_step_end

pytestmark = pytest.mark.e2e
BOTH = (MPPS_CLASS, COMMITMENT_CLASS, CT_IMAGE)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[GatewayProcess]:
    """Give a gateway without a database, for a site that has storage commitment."""
    write_snapshot(tmp_path / "var", commits=True)
    with GatewayProcess(tmp_path / "var").running() as it:
        yield it


def begin(association: Association, study_uid: str, *, step_uid: str) -> int:
    status, _ = association.send_n_create(make_step_begin(study_uid), MPPS_CLASS, step_uid)
    return int(status.Status)


def end(association: Association, data: Dataset, *, step_uid: str) -> int:
    with disable_value_validation():
        status, _ = association.send_n_set(data, MPPS_CLASS, step_uid)
    return int(status.Status)


def commit(association: Association, *uids: str) -> int:
    status, _ = association.send_n_action(
        make_commitment(*uids), 1, COMMITMENT_CLASS, COMMITMENT_INSTANCE
    )
    return int(status.Status)


def send_one(association: Association, dataset: Dataset) -> int:
    uid = str(dataset.SOPInstanceUID)
    return store(association, encode_data_set(dataset), sop_instance_uid=uid)


def test_steps_and_lists_are_journalled_without_a_database_and_without_a_patient(
    gateway: GatewayProcess,
) -> None:
    step_uid = draw_uid()
    with associate(gateway.port, *BOTH) as association:
        statuses = [
            begin(association, "1.2.9", step_uid=step_uid),
            end(association, make_step_end(["1.1", "1.2"]), step_uid=step_uid),
            end(association, make_step_end(["1.1"]), step_uid=step_uid),
            commit(association, "1.1", "1.2"),
            send_one(association, make_ct_slice()),
        ]

    # The list is heard; that it is kept can only be promised with a database.
    assert statuses == [0, 0, 0x0110, 0x0110, 0]
    said = [line for line in read_journal(gateway) if "announcement" in line]
    assert [(each["source"], each["study"], each["count"], each["final"]) for each in said] == [
        ("mpps", "1.2.9", None, False),
        ("mpps", "1.2.9", 2, True),
        ("commitment", "", 2, True),
    ]
    assert "ESSAI" not in json.dumps(read_journal(gateway))
    assert "ESSAI" not in gateway.read_log()


def test_a_step_without_a_name_is_told_its_name(gateway: GatewayProcess) -> None:
    with associate(gateway.port, MPPS_CLASS) as association:
        status, _ = association.send_n_create(make_step_begin("1.2.9"), MPPS_CLASS, None)

    assert status.Status == 0
    (said,) = [line for line in read_journal(gateway) if "announcement" in line]
    assert str(said["step"]).startswith("2.25.")


def test_a_data_set_of_many_megabytes_is_refused_and_the_association_goes_on(
    gateway: GatewayProcess,
) -> None:
    huge = make_step_end(["1.1"])
    huge.add_new(0x00090010, "LO", "NOISE")
    huge.add_new(0x00091001, "OB", bytes(30 << 20))
    with (
        associate(gateway.port, VERIFICATION) as neighbour,
        associate(gateway.port, *BOTH) as association,
    ):
        refused = end(association, huge, step_uid="1.2.3")
        sane = end(association, make_step_end(["1.1"]), step_uid="1.2.3")
        image = send_one(association, make_ct_slice())
        echo = neighbour.send_c_echo()

    assert (refused, sane, image, echo.Status) == (0x0213, 0, 0, 0)


def test_what_no_step_says_is_refused_and_nobody_loses_an_association(
    gateway: GatewayProcess,
) -> None:
    with associate(gateway.port, *BOTH) as association:
        refused = [
            end(association, make_step_end(["'; DROP TABLE study"]), step_uid="1.2.3"),
            end(association, make_step_end(["1.1"], state="SOMEHOW"), step_uid="1.2.3"),
            int(association.send_n_create(None, MPPS_CLASS, "1.2.3")[0].Status),
            int(
                association.send_n_action(make_commitment("1.1"), 9, COMMITMENT_CLASS, "1.2.3")[
                    0
                ].Status
            ),
            int(association.send_n_get([], MPPS_CLASS, "1.2.3")[0].Status),
        ]
        image = send_one(association, make_ct_slice())

    assert refused == [0x0106, 0x0106, 0x0120, 0x0112, 0x0211]
    assert image == 0
    assert not [line for line in read_journal(gateway) if "announcement" in line]


def test_what_was_announced_while_the_database_was_away_completes_the_study(
    tmp_path: Path, database_url: str
) -> None:
    sender_id = add_sender(database_url)
    study = make_ct_study()
    slices = [make_ct_slice(study, number=number) for number in (1, 2)]
    uids = [str(each.SOPInstanceUID) for each in slices]
    snapshot = SenderSnapshot(
        (RegisteredSender(sender_id, "CT1", ("127.0.0.0/8",)),), read_host_clock()
    )
    (tmp_path / "var").mkdir()
    Layout(tmp_path / "var").admission.write_bytes(snapshot.write())
    with GatewayProcess(tmp_path / "var").running() as alone:
        with associate(alone.port, *BOTH) as association:
            begin(association, study.study_instance_uid, step_uid="1.2.3")
            assert send_one(association, slices[0]) == 0
            end(association, make_step_end(uids), step_uid="1.2.3")
        alone.kill()

    with GatewayProcess(tmp_path / "var", database_url=database_url).running() as gateway:
        query = "SELECT expected_count, expected_by, complete_reason FROM study"
        short = (2, "mpps", "1 of 2 images announced by MPPS")
        wait_until(lambda: ask(database_url, query) == [short], gateway.read_log)
        with associate(gateway.port, CT_IMAGE) as association:
            assert send_one(association, slices[1]) == 0
        whole = (2, "mpps", "2 of 2 images announced by MPPS")
        wait_until(lambda: ask(database_url, query) == [whole], gateway.read_log)
        due = "SELECT complete_due_at = last_image_at FROM study"
        assert ask(database_url, due) == [(True,)]
        assert ask(database_url, "SELECT count(*) FROM announcement") == [(2,)]


def test_an_unknown_title_of_a_known_address_is_let_in_with_a_mark(tmp_path: Path) -> None:
    data_dir = tmp_path / "var"
    data_dir.mkdir()
    sender = RegisteredSender(1, "CT1", ("127.0.0.0/8",), UnknownCalling.ACCEPT, (1, 1))
    Layout(data_dir).admission.write_bytes(SenderSnapshot((sender,), read_host_clock()).write())
    with GatewayProcess(data_dir).running() as gateway:
        with associate(gateway.port, CT_IMAGE, calling="NEW_CT") as association:
            assert send_one(association, make_ct_slice()) == 0
        (spooled,) = list_spooled(gateway.layout)
        wait_until(lambda: len(read_journal(gateway)) == 2)

        assert read_file_head(spooled).provenance.mark == "unknown_calling"
        assert [line["mark"] for line in read_journal(gateway)] == ["unknown_calling"] * 2
        assert [line["sender"] for line in read_journal(gateway)] == [1, 1]


@pytest.mark.peer
def test_a_pass_lets_a_refused_title_in_within_seconds_until_it_ends(
    tmp_path: Path, database_url: str
) -> None:
    add_sender(database_url)
    execute(database_url, "UPDATE sender SET unknown_calling = 'refuse'")
    execute(
        database_url,
        "INSERT INTO \"user\" (login, display_name) VALUES ('c', 'C')",
    )
    images = write_ct_study(tmp_path / "ct", slices=1, rows=16).paths
    with GatewayProcess(tmp_path / "var", database_url=database_url).running() as gateway:
        wait_until(gateway.layout.admission.exists, gateway.read_log)
        assert echo_as(gateway, "NEW_CT") != 0
        execute(
            database_url,
            "INSERT INTO admission_pass"
            " (sender_id, calling_ae_title, address, given_at, given_by, until)"
            " SELECT sender.id, 'NEW_CT', '127.0.0.1', now(), u.id, now() + interval '12 hours'"
            ' FROM sender, "user" u',
        )
        wait_until(lambda: echo_as(gateway, "NEW_CT") == 0, gateway.read_log, within_s=10)
        assert start_sender("storescu", gateway.port, *images, "-aet", "NEW_CT").finish()[0] == 0
        marked = "SELECT mark FROM association WHERE instance_count = 1"
        wait_until(lambda: ask(database_url, marked) == [("pass",)], gateway.read_log)
        # The journal may be read before the image is indexed.
        arrived = "SELECT unknown_calling FROM study"
        wait_until(lambda: ask(database_url, arrived) == [(True,)], gateway.read_log)
        execute(database_url, "UPDATE admission_pass SET ended_at = now()")
        wait_until(lambda: echo_as(gateway, "NEW_CT") != 0, gateway.read_log, within_s=10)


def echo_as(gateway: GatewayProcess, title: str) -> int:
    return start_sender("echoscu", gateway.port, "-aet", title).finish()[0]


def execute(database_url: str, statement: str) -> None:
    with psycopg.connect(write_conninfo(database_url)) as connection:
        connection.execute(statement.encode())

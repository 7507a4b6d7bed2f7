"""The gateway and peers that are wrong, hostile or half dead."""

import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.kit.errors import Unavailable
from app.settings import read_settings
from dicom_gateway.probe import check_health
from tests.e2e.association import (
    CT_IMAGE,
    VERIFICATION,
    associate,
    encode_associate_request,
    store,
)
from tests.e2e.gateway_process import (
    GatewayProcess,
    read_journal,
    read_spooled,
    start_sender,
    write_snapshot,
)
from tests.factories.dicom import make_ct_slice
from tests.factories.encoded import encode_data_set

pytestmark = pytest.mark.e2e
STUDY_ROOT_FIND = "1.2.840.10008.5.1.4.1.2.2.1"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """Give a gateway without a database, on a module's own folder."""
    data_dir = tmp_path_factory.mktemp("gateway") / "var"
    write_snapshot(data_dir, addresses=("127.0.0.1/32",))
    with GatewayProcess(data_dir).running() as it:
        yield it


# PS3.8 table 9-21: result, source, diagnostic.
@pytest.mark.parametrize(
    ("calling", "called", "codes", "reason"),
    (
        ("NOBODY", "ASTREINTE", (1, 1, 3), "calling_ae_title_unknown"),
        ("ct1", "ASTREINTE", (1, 1, 3), "calling_ae_title_unknown"),
        ("CT1", "ELSEWHERE", (1, 1, 7), "called_ae_title_unknown"),
    ),
)
def test_an_unknown_title_is_rejected_for_the_right_reason(
    gateway: GatewayProcess,
    calling: str,
    called: str,
    codes: tuple[int, int, int],
    reason: str,
) -> None:
    with associate(gateway.port, VERIFICATION, calling=calling, called=called) as association:
        answer = association.acceptor.primitive

    assert association.is_rejected
    assert answer is not None
    assert (answer.result, answer.result_source, answer.diagnostic) == codes
    assert read_journal(gateway)[-1]["reason"] == reason


def test_an_address_that_is_not_the_sender_s_is_rejected(gateway: GatewayProcess) -> None:
    with socket.create_connection(
        ("127.0.0.1", gateway.port), source_address=("127.0.0.9", 0), timeout=10
    ) as peer:
        peer.sendall(encode_associate_request())
        answer = peer.recv(100)

    assert answer == struct.pack(">BBIBBBB", 3, 0, 4, 0, 1, 1, 3)
    assert read_journal(gateway)[-1]["reason"] == "address_not_of_this_sender"
    assert read_journal(gateway)[-1]["address"] == "127.0.0.9"


def test_a_service_that_we_have_not_is_rejected_and_the_association_goes_on(
    gateway: GatewayProcess,
) -> None:
    with associate(gateway.port, STUDY_ROOT_FIND, VERIFICATION) as association:
        assert [str(each.abstract_syntax) for each in association.rejected_contexts] == [
            STUDY_ROOT_FIND
        ]
        assert association.send_c_echo().Status == 0


def test_an_association_without_an_acceptable_context_brings_nothing(
    gateway: GatewayProcess,
) -> None:
    with associate(gateway.port, STUDY_ROOT_FIND) as association:
        assert association.accepted_contexts == []


def replace_uid(data_set: bytes, tag: bytes, value: bytes) -> bytes:
    """Put another value, of even length, into an element of VR UI."""
    at = data_set.index(tag + b"UI")
    (length,) = struct.unpack_from("<H", data_set, at + 6)
    head = tag + b"UI" + struct.pack("<H", len(value))
    return data_set[:at] + head + value + data_set[at + 8 + length :]


DATA_SET = encode_data_set(make_ct_slice(sop_instance_uid="1.2.3.4"))


@pytest.mark.parametrize(
    ("data_set", "announced", "status"),
    (
        (encode_data_set(make_ct_slice(SOPInstanceUID=None)), "1.2.3.4", 0xA900),
        (encode_data_set(make_ct_slice(StudyInstanceUID=None)), None, 0xA900),
        (encode_data_set(make_ct_slice(SeriesInstanceUID=None)), None, 0xA900),
        (DATA_SET, "1.2.3.5", 0xA900),
        (DATA_SET.replace(b"1.2.3.4\0", b"../../x\0"), "../../x", 0xC000),
        (DATA_SET.replace(b"1.2.3.4\0", b"1. 3 .4\0"), "1. 3 .4", 0xC000),
        (DATA_SET.replace(b"\x08\0\1.2.3.4\0", b"\xc8\0" + b"1" * 200), "1" * 64, 0xA900),
        (replace_uid(DATA_SET, b"\x20\0\x0d\0", b"../../x\0"), "1.2.3.4", 0xC000),
        (replace_uid(DATA_SET, b"\x20\0\x0d\0", b"1" * 200), "1.2.3.4", 0xC000),
        (replace_uid(DATA_SET, b"\x20\0\x0e\0", b"1. 2"), "1.2.3.4", 0xC000),
        (b"this is no DICOM at all", "1.2.3.4", 0xA900),
        (os.urandom(4000), "1.2.3.4", 0xA900),
    ),
    ids=(
        "no instance uid", "no study uid", "no series uid", "other uid", "path", "spaces",
        "200 characters", "study path", "study of 200 characters", "series spaces", "text",
        "garbage",
    ),
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:.*Invalid value for VR UI:UserWarning")
def test_an_instance_that_is_not_what_it_says_is_refused(
    gateway: GatewayProcess, data_set: bytes, announced: str | None, status: int
) -> None:
    before = read_spooled(gateway.layout)
    if announced is None:
        at = data_set.index(b"UI", data_set.index(b"\x08\0\x18\0"))
        (length,) = struct.unpack_from("<H", data_set, at + 2)
        announced = data_set[at + 4 : at + 4 + length].decode().rstrip("\0")

    with associate(gateway.port, CT_IMAGE) as association:
        assert store(association, data_set, sop_instance_uid=announced) == status
        assert association.is_established

    assert read_spooled(gateway.layout) == before
    assert list(gateway.layout.data_dir.parent.glob("x*")) == []


@pytest.mark.parametrize(
    ("declared", "name"),
    (
        ("ISO_IR 192", b"L\xe9a^No\xebl"),
        ("ISO_IR 100", "Léa^山田".encode()),
        ("NO SUCH SET", b"L\xe9a"),
        ("\\ISO 2022 IR 87", b"Yamada=\x1b$B;3ED"),
        ("ISO 2022 IR 6\\ISO 2022 IR 149", b"Hong=\x1b$)C\xfb\xf3^\x1b%G\xd1\xce\xd4"),
    ),
)
@pytest.mark.filterwarnings("ignore:Unknown encoding:UserWarning")
def test_odd_text_is_never_refused(gateway: GatewayProcess, declared: str, name: bytes) -> None:
    dataset = make_ct_slice(SpecificCharacterSet=declared.split("\\"), PatientName="X" * len(name))
    data_set = encode_data_set(dataset).replace(b"X" * len(name), name)
    uid = str(dataset.SOPInstanceUID)

    with associate(gateway.port, CT_IMAGE) as association:
        assert store(association, data_set, sop_instance_uid=uid) == 0

    assert read_spooled(gateway.layout)[uid] == [data_set]


@pytest.mark.peer
def test_echoscu_is_answered(gateway: GatewayProcess) -> None:
    echo = start_sender("echoscu", gateway.port)

    code, said = echo.finish()
    assert code == 0, said


def test_the_health_check_needs_no_sender_and_leaves_no_trace(gateway: GatewayProcess) -> None:
    before = read_journal(gateway)

    check_health(read_settings({"ASTREINTE_DICOM_BIND": f"127.0.0.1:{gateway.port}"}))

    assert read_journal(gateway) == before
    with associate(gateway.port, CT_IMAGE, calling="ASTREINTE") as association:
        assert association.accepted_contexts == []


# pynetdicom forgets to close a socket that never got a connection.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_health_check_fails_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    with pytest.raises(Unavailable, match="no association"):
        check_health(read_settings({"ASTREINTE_DICOM_BIND": f"127.0.0.1:{port}"}))


def test_a_port_in_use_is_named_and_ends_the_start(tmp_path: Path, gateway: GatewayProcess) -> None:
    second = GatewayProcess(tmp_path / "var", dicom_bind=f"127.0.0.1:{gateway.port}")

    second.start(wait=False)

    assert second.wait() != 0
    assert f"port {gateway.port} of 127.0.0.1 is in use" in second.read_log()
    assert "Traceback" not in second.read_log()


def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file")
    gateway = GatewayProcess(tmp_path / "var")

    gateway.start(wait=False)

    assert gateway.wait() != 0
    assert "ASTREINTE_DATA_DIR" in gateway.read_log()
    assert "Traceback" not in gateway.read_log()


def test_senders_are_told_to_come_again_while_none_are_known(tmp_path: Path) -> None:
    with GatewayProcess(tmp_path / "var").running() as gateway:
        with associate(gateway.port, VERIFICATION) as association:
            answer = association.acceptor.primitive
        assert answer is not None
        assert (answer.result, answer.result_source) == (2, 3)

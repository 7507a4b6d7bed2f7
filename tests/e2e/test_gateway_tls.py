"""The gateway's second port: who holds a sender's certificate is let in, and nobody else."""

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from pynetdicom import AE
from pynetdicom.association import Association

from app.commands.authority import Authority
from app.kit.clock import read_host_clock
from app.store.layout import Layout
from dicom_gateway.admission import RegisteredSender, SenderSnapshot
from tests.e2e.gateway_process import (
    CALLING,
    GatewayProcess,
    Sender,
    read_journal,
    read_spooled,
    wait_until,
)
from tests.factories.certificates import LASTS, issue, make_authority, write_files, write_pair
from tests.factories.dicom import WrittenStudy, write_ct_study

pytestmark = [pytest.mark.e2e, pytest.mark.peer]

CT, PACS = "ct1.north", "pacs.south"
SENDERS = (
    # Without an address: over plain TCP it cannot come.
    RegisteredSender(1, CALLING, (), certificate_names=(CT,)),
    RegisteredSender(2, "CT2", ("127.0.0.0/8",), certificate_names=(PACS,)),
)


@dataclass
class Pilot:
    """A gateway with TLS, and the authority of its pilot."""

    gateway: GatewayProcess
    authority: Authority
    folder: Path
    port: int = 0

    @property
    def trusted(self) -> Path:
        """Certificate of the authority, as senders have it."""
        return self.folder / "authority.pem"

    def hold(self, name: str, *, lasts: timedelta = LASTS) -> tuple[Path, Path]:
        """Give a certificate of the pilot's authority and its key."""
        return write_pair(self.folder, issue(self.authority, name, lasts=lasts), name=name)

    def send(self, folder: Path, pair: tuple[Path, Path], *, calling: str = CALLING) -> int:
        """Send files with DCMTK; return its exit code."""
        certificate, key = pair
        code, _ = self.start(folder, "+tls", key, certificate, calling=calling).finish()
        return code

    def start(self, folder: Path, *tls: str | Path, calling: str = CALLING) -> Sender:
        """Start DCMTK's sender."""
        trust = ("+cf", self.trusted) if tls else ()
        titles = ("-aet", calling, "-aec", "ASTREINTE")
        files = sorted(folder.iterdir())
        return Sender("storescu", [*tls, *trust, *titles, "localhost", str(self.port), *files])

    def read_last(self) -> dict[str, object]:
        """Read the last line of the journal."""
        return read_journal(self.gateway)[-1]


@pytest.fixture(scope="module")
def pilot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pilot]:
    """Give a gateway without a database that listens with TLS."""
    folder = tmp_path_factory.mktemp("pilot")
    authority = make_authority()
    with open_pilot(folder, authority) as opened:
        yield opened


@contextmanager
def open_pilot(folder: Path, authority: Authority) -> Iterator[Pilot]:
    data_dir = folder / "var"
    write_files(data_dir, authority)
    (folder / "authority.pem").write_bytes(authority.own.write_certificate())
    snapshot = SenderSnapshot(SENDERS, read_host_clock())
    Layout(data_dir).admission.write_bytes(snapshot.write())
    gateway = GatewayProcess(data_dir, dicom_tls_bind="127.0.0.1:0")
    with gateway.running():
        address = gateway.find_events("gateway_listens")[0]["tls_address"]
        yield Pilot(gateway, authority, folder, int(address.rpartition(":")[2]))


@pytest.fixture
def study(tmp_path: Path) -> WrittenStudy:
    return write_ct_study(tmp_path / "study", slices=3)


@pytest.fixture
def files(tmp_path: Path, study: WrittenStudy) -> Path:
    del study
    return tmp_path / "study"


def list_kept(pilot: Pilot, study: WrittenStudy) -> set[str]:
    return set(read_spooled(pilot.gateway.layout)) & set(study.sop_instance_uids)


def test_files_arrive_with_the_certificate_of_their_sender(
    pilot: Pilot, study: WrittenStudy, files: Path
) -> None:
    assert pilot.send(files, pilot.hold(CT)) == 0

    wait_until(lambda: len(list_kept(pilot, study)) == 3, pilot.gateway.read_log)
    last = pilot.read_last()
    assert (last["sender"], last["outcome"], last["certificate"]) == (1, "released", CT)
    assert last["mark"] is None


@pytest.mark.parametrize(
    ("name", "calling", "reason"),
    (
        (PACS, CALLING, "certificate_of_another_sender"),
        (CT, "CT2", "certificate_of_another_sender"),
        ("nobody.known", CALLING, "certificate_of_no_sender"),
        (CT, "CT9", "calling_ae_title_unknown"),
    ),
)
def test_a_certificate_that_is_not_the_sender_s_is_refused_with_its_reason(
    pilot: Pilot, study: WrittenStudy, files: Path, name: str, calling: str, reason: str
) -> None:
    assert pilot.send(files, pilot.hold(name), calling=calling) != 0

    last = pilot.read_last()
    assert (last["outcome"], last["reason"], last["certificate"]) == ("refused", reason, name)
    assert list_kept(pilot, study) == set()


def find_refusals(pilot: Pilot) -> set[object]:
    return {line["reason"] for line in read_journal(pilot.gateway)}


def test_a_certificate_of_another_authority_does_not_come_through_the_handshake(
    pilot: Pilot, files: Path
) -> None:
    stranger = issue(make_authority("Stranger"), CT)

    assert pilot.send(files, write_pair(pilot.folder, stranger, name="stranger")) != 0

    assert "tls_certificate_not_trusted" in find_refusals(pilot)


@pytest.mark.parametrize(
    ("tls", "reason"),
    (((), "tls_not_spoken"), (("+tla",), "tls_without_certificate")),
    ids=["plain TCP", "without a certificate"],
)
def test_whoever_shows_no_certificate_gets_nowhere_and_is_journalled(
    pilot: Pilot, study: WrittenStudy, files: Path, tls: tuple[str, ...], reason: str
) -> None:
    code, _ = pilot.start(files, *tls).finish()

    assert code != 0
    assert reason in find_refusals(pilot)
    assert list_kept(pilot, study) == set()
    assert pilot.send(files, pilot.hold(CT)) == 0


def test_a_modality_that_does_not_trust_us_is_journalled(pilot: Pilot) -> None:
    context = ssl.create_default_context()
    context.load_cert_chain(*pilot.hold(CT))

    with (
        socket.create_connection(("127.0.0.1", pilot.port), timeout=10) as plain,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        context.wrap_socket(plain, server_hostname="localhost")

    wait_until(lambda: "tls_our_certificate_not_trusted" in find_refusals(pilot), within_s=10)


def test_without_an_address_a_sender_of_certificates_does_not_come_over_plain_tcp(
    pilot: Pilot, files: Path
) -> None:
    arguments = ["-aet", CALLING, "-aec", "ASTREINTE", "localhost", str(pilot.gateway.port)]
    code, _ = Sender("storescu", [*arguments, *files.iterdir()]).finish()

    assert code != 0
    assert pilot.read_last()["reason"] == "address_not_of_this_sender"


def test_an_expired_certificate_is_taken_within_the_grace_and_marked(
    pilot: Pilot, study: WrittenStudy, files: Path
) -> None:
    assert pilot.send(files, pilot.hold(CT, lasts=-timedelta(days=13))) == 0

    wait_until(lambda: len(list_kept(pilot, study)) == 3, pilot.gateway.read_log)
    assert pilot.read_last()["mark"] == "expired_certificate"


def test_an_expired_certificate_is_refused_beyond_the_grace(
    pilot: Pilot, study: WrittenStudy, files: Path
) -> None:
    assert pilot.send(files, pilot.hold(CT, lasts=-timedelta(days=15))) != 0

    assert pilot.read_last()["reason"] == "certificate_expired"
    assert list_kept(pilot, study) == set()


def test_a_renewed_certificate_of_ours_is_shown_while_associations_go_on(
    tmp_path: Path, study: WrittenStudy, files: Path
) -> None:
    authority = make_authority()
    with open_pilot(tmp_path / "pilot", authority) as pilot:
        pair = pilot.hold(CT)
        before = read_shown(pilot, pair)
        with associate(pilot, pair) as association:
            renewed = issue(authority, "renewed", hosts=["localhost"], is_server=True)
            write_pair(pilot.gateway.layout.data_dir / "tls", renewed, name="server")
            wait_until(
                lambda: read_shown(pilot, pair) == renewed.certificate.serial_number,
                pilot.gateway.read_log,
                within_s=10,
            )

            assert association.send_c_echo().Status == 0x0000
        assert before != renewed.certificate.serial_number
        assert pilot.send(files, pair) == 0
        wait_until(lambda: len(list_kept(pilot, study)) == 3, pilot.gateway.read_log)


def test_broken_files_of_ours_and_an_authority_that_is_taken_away(
    tmp_path: Path, files: Path
) -> None:
    authority, other = make_authority(), make_authority("Other")
    with open_pilot(tmp_path / "pilot", authority) as pilot:
        pair, tls = pilot.hold(CT), pilot.gateway.layout.data_dir / "tls"
        (tls / "authorities.pem").write_bytes(b"nonsense")
        wait_until(lambda: pilot.gateway.find_events("tls_files_unusable") != [], within_s=10)
        assert pilot.send(files, pair) == 0

        (tls / "authorities.pem").write_bytes(other.own.write_certificate())
        wait_until(lambda: pilot.gateway.find_events("tls_files_taken") != [], within_s=10)
        assert pilot.send(files, pair) != 0


def test_a_hundred_handshakes_that_stall_are_dropped_and_hold_nobody_up(
    pilot: Pilot, files: Path
) -> None:
    pair = pilot.hold(CT)
    with ExitStack() as stack:
        began_s = time.monotonic()
        stalled = [
            stack.enter_context(socket.create_connection(("127.0.0.1", pilot.port), timeout=20))
            for _ in range(100)
        ]
        for each in stalled[:50]:
            # The head of a TLS record, and nothing of what it announces.
            each.sendall(b"\x16\x03\x01\x02\x00")
        assert pilot.send(files, pair) == 0
        assert time.monotonic() - began_s < 8

        for each in stalled:
            assert read_to_end(each) == b""
        assert time.monotonic() - began_s < 25
    assert pilot.send(files, pair) == 0


def read_to_end(peer: socket.socket) -> bytes:
    try:
        return peer.recv(100)
    except ConnectionResetError:
        return b""


def make_context(pilot: Pilot, pair: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pilot.trusted))
    # pynetdicom takes what comes behind a handshake of TLS 1.3 for a PDU.
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(*pair)
    return context


def read_shown(pilot: Pilot, pair: tuple[Path, Path]) -> int:
    """Read the serial number of the certificate that the gateway shows."""
    with (
        socket.create_connection(("127.0.0.1", pilot.port), timeout=10) as plain,
        make_context(pilot, pair).wrap_socket(plain, server_hostname="localhost") as peer,
    ):
        encoded = peer.getpeercert(binary_form=True)
    assert encoded is not None
    return x509.load_der_x509_certificate(encoded).serial_number


@contextmanager
def associate(pilot: Pilot, pair: tuple[Path, Path]) -> Iterator[Association]:
    entity = AE(CALLING)
    entity.add_requested_context("1.2.840.10008.1.1")
    association = entity.associate(
        "127.0.0.1",
        pilot.port,
        ae_title="ASTREINTE",
        tls_args=(make_context(pilot, pair), "localhost"),
    )
    assert association.is_established
    yield association
    association.release()

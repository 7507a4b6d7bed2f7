import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner, Result

from app.cli import app
from app.kit.errors import AppError, Conflict, Invalid, NotFound
from app.store.tls import TlsFiles
from dicom_gateway.tls import make_server_context


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASTREINTE_DATA_DIR", str(tmp_path))
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["tls", *arguments])


def succeed(*arguments: str) -> str:
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def fail(*arguments: str) -> AppError:
    result = call(*arguments)
    assert isinstance(result.exception, AppError)
    return result.exception


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_a_pilot_gets_all_that_the_gateway_needs_to_listen(data_dir: Path) -> None:
    said = succeed("init", "--name", "gateway.example", "--name", "192.0.2.1")

    make_server_context(TlsFiles.in_folder(data_dir))
    server = read(data_dir / "tls/server.pem")
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["gateway.example"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["192.0.2.1"]
    assert "ASTREINTE_DICOM_TLS_BIND" in said
    assert str(data_dir / "tls/authorities.pem") in said


def test_without_a_name_the_certificate_is_for_the_address_that_is_listened_on(
    data_dir: Path,
) -> None:
    succeed("init")

    server = read(data_dir / "tls/server.pem")
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]


def test_only_their_owner_may_read_the_keys(data_dir: Path) -> None:
    succeed("init", "--sender", "ct1.north")

    secret = {"authority.key", "server.key", "senders/ct1.north.key", "senders/ct1.north.p12"}
    modes = {each: stat.S_IMODE((data_dir / "tls" / each).stat().st_mode) for each in secret}
    assert set(modes.values()) == {0o600}
    assert not list((data_dir / "tls").rglob("*.part"))


def test_a_sender_gets_a_certificate_of_the_authority_in_both_forms(data_dir: Path) -> None:
    succeed("init")
    said = succeed("sender", "pacs.north")

    folder = data_dir / "tls/senders"
    passphrase = said.partition("passphrase: ")[2].split()[0]
    bundle = pkcs12.load_pkcs12((folder / "pacs.north.p12").read_bytes(), passphrase.encode())
    authority = read(data_dir / "tls/authority.pem")
    certificate = read(folder / "pacs.north.pem")
    certificate.verify_directly_issued_by(authority)
    (common,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    assert common.value == "pacs.north"
    assert bundle.cert is not None
    assert bundle.cert.certificate == certificate
    assert [each.certificate for each in bundle.additional_certs] == [authority]
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_cert_chain(folder / "pacs.north.pem", folder / "pacs.north.key")


def test_an_authority_is_never_overwritten(data_dir: Path) -> None:
    succeed("init")
    before = {each: each.read_bytes() for each in (data_dir / "tls").iterdir()}

    assert isinstance(fail("init"), Conflict)
    assert {each: each.read_bytes() for each in (data_dir / "tls").iterdir()} == before


def test_authorities_that_were_trusted_before_stay(data_dir: Path) -> None:
    (data_dir / "tls").mkdir()
    (data_dir / "tls/authorities.pem").write_bytes(b"a hospital's own")

    succeed("init")

    assert (data_dir / "tls/authorities.pem").read_bytes() == b"a hospital's own"


def test_a_server_certificate_of_another_authority_is_not_overwritten(data_dir: Path) -> None:
    (data_dir / "tls").mkdir()
    (data_dir / "tls/server.pem").write_bytes(b"bought")

    assert isinstance(fail("init"), Conflict)
    assert [each.name for each in (data_dir / "tls").iterdir()] == ["server.pem"]


def test_certificates_are_renewed_when_it_is_asked_for(data_dir: Path) -> None:
    succeed("init", "--sender", "ct1")
    authority = (data_dir / "tls/authority.pem").read_bytes()
    old = read(data_dir / "tls/server.pem"), read(data_dir / "tls/senders/ct1.pem")

    assert isinstance(fail("sender", "ct1"), Conflict)
    succeed("init", "--renew", "--sender", "ct1")

    assert (data_dir / "tls/authority.pem").read_bytes() == authority
    new = read(data_dir / "tls/server.pem"), read(data_dir / "tls/senders/ct1.pem")
    assert {each.serial_number for each in old}.isdisjoint(each.serial_number for each in new)
    make_server_context(TlsFiles.in_folder(data_dir))


@pytest.mark.usefixtures("data_dir")
def test_without_an_authority_no_sender_is_made() -> None:
    assert isinstance(fail("sender", "ct1"), NotFound)
    assert isinstance(fail("init", "--renew"), NotFound)


@pytest.mark.parametrize("name", ("../ct1", "", "a/b", ".hidden", "a" * 64, "ünicode"))
def test_a_name_that_is_no_file_name_is_refused_before_anything_is_made(
    data_dir: Path, name: str
) -> None:
    assert isinstance(fail("init", "--sender", name), Invalid)
    assert not (data_dir / "tls").exists()


def test_a_broken_authority_is_told(data_dir: Path) -> None:
    succeed("init")
    (data_dir / "tls/authority.key").write_bytes(b"nonsense")

    assert "cannot be read" in fail("sender", "ct1").message

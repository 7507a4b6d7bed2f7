"""Handshakes in memory between our context and a client's."""

import ssl
from datetime import timedelta
from pathlib import Path

import pytest

from app.commands.authority import Authority, Issued
from app.kit.clock import read_host_clock
from app.kit.errors import Unavailable
from dicom_gateway.tls import CertificateSeen, TlsFiles, make_server_context, read_peer
from tests.factories.certificates import issue, make_authority, write_files, write_pair


def make_client_context(
    folder: Path, authority: Authority, *, shown: Issued | None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authority.own.write_certificate().decode())
    if shown is not None:
        context.load_cert_chain(*write_pair(folder, shown, name="client"))
    return context


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> ssl.SSLObject:
    """Shake hands and say a word, which shows a TLS 1.3 client that it was refused."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    theirs = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    steps = [theirs.do_handshake, ours.do_handshake]
    while steps:
        for step in list(steps):
            try:
                step()
            except ssl.SSLWantReadError:
                continue
            steps.remove(step)
    return ours


@pytest.fixture
def authority() -> Authority:
    return make_authority()


@pytest.fixture
def files(tmp_path: Path, authority: Authority) -> TlsFiles:
    return write_files(tmp_path, authority)


def test_a_certificate_of_the_authority_is_read_with_its_names_and_its_time(
    tmp_path: Path, authority: Authority, files: TlsFiles
) -> None:
    shown = issue(authority, "ct1.hospital", hosts=["ct1.hospital", "CT1.local", "10.0.0.1"])
    client = make_client_context(tmp_path, authority, shown=shown)

    peer = read_peer(shake_hands(make_server_context(files), client))

    assert peer == CertificateSeen(
        ("ct1.hospital", "CT1.local"),
        "CN=ct1.hospital",
        shown.certificate.not_valid_before_utc,
        shown.certificate.not_valid_after_utc,
    )


@pytest.mark.parametrize("version", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3))
def test_both_versions_of_the_profile_are_spoken_with_authenticated_encryption(
    tmp_path: Path, authority: Authority, files: TlsFiles, version: ssl.TLSVersion
) -> None:
    client = make_client_context(tmp_path, authority, shown=issue(authority, "ct1"))
    client.minimum_version = client.maximum_version = version

    ours = shake_hands(make_server_context(files), client)

    suite = ours.cipher()
    assert suite is not None
    assert "GCM" in suite[0] or "CHACHA20" in suite[0]
    assert ours.version() == version.name.replace("_", ".")


@pytest.mark.parametrize(
    "suites", ("ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA", "AES128-GCM-SHA256")
)
def test_older_suites_are_refused(
    tmp_path: Path, authority: Authority, files: TlsFiles, suites: str
) -> None:
    client = make_client_context(tmp_path, authority, shown=issue(authority, "ct1"))
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    client.set_ciphers(suites)

    with pytest.raises(ssl.SSLError, match="NO_SHARED_CIPHER"):
        shake_hands(make_server_context(files), client)


def test_tls_1_1_is_refused(tmp_path: Path, authority: Authority, files: TlsFiles) -> None:
    client = make_client_context(tmp_path, authority, shown=issue(authority, "ct1"))
    client.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        client.minimum_version = ssl.TLSVersion.TLSv1_1
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        client.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises(ssl.SSLError, match=r"UNSUPPORTED_PROTOCOL|NO_PROTOCOLS|VERSION"):
        shake_hands(make_server_context(files), client)


def test_a_client_without_a_certificate_is_refused(
    tmp_path: Path, authority: Authority, files: TlsFiles
) -> None:
    client = make_client_context(tmp_path, authority, shown=None)

    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE"):
        shake_hands(make_server_context(files), client)


def test_a_certificate_of_another_authority_is_refused(
    tmp_path: Path, authority: Authority, files: TlsFiles
) -> None:
    stranger = make_authority("Authority")
    client = make_client_context(tmp_path, authority, shown=issue(stranger, "ct1"))

    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        shake_hands(make_server_context(files), client)


@pytest.mark.parametrize("version", (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3))
def test_an_expired_certificate_comes_through_the_handshake_with_its_end(
    tmp_path: Path, authority: Authority, files: TlsFiles, version: ssl.TLSVersion
) -> None:
    shown = issue(authority, "ct1", lasts=-timedelta(days=3))
    client = make_client_context(tmp_path, authority, shown=shown)
    client.minimum_version = client.maximum_version = version

    peer = read_peer(shake_hands(make_server_context(files), client))

    assert peer.not_after == shown.certificate.not_valid_after_utc
    assert peer.not_after < read_host_clock()


def test_an_expired_authority_ends_what_it_has_signed(tmp_path: Path) -> None:
    old = make_authority(lasts=-timedelta(days=2))
    # What it signs with the same name and key lasts longer than its own certificate.
    renewed = Authority.make("Authority", now=read_host_clock(), key=old.own.key)
    shown = issue(renewed, "ct1", lasts=timedelta(days=900))
    good = make_authority("Good")
    files = write_files(tmp_path, good)
    files.authorities.write_bytes(old.own.write_certificate())
    client = make_client_context(tmp_path, good, shown=shown)

    peer = read_peer(shake_hands(make_server_context(files), client))

    assert shown.certificate.not_valid_after_utc > read_host_clock()
    assert peer.not_after == old.own.certificate.not_valid_after_utc < read_host_clock()


@pytest.mark.parametrize("missing", ("server.pem", "server.key", "authorities.pem"))
def test_a_missing_file_is_named_with_what_to_do(files: TlsFiles, missing: str) -> None:
    files.certificate.with_name(missing).unlink()

    with pytest.raises(Unavailable, match=missing):
        make_server_context(files)


def test_a_key_of_another_certificate_is_refused(authority: Authority, files: TlsFiles) -> None:
    files.key.write_bytes(issue(authority, "other").write_key())

    with pytest.raises(Unavailable, match="KEY_VALUES_MISMATCH"):
        make_server_context(files)

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from app.kit.errors import Unavailable
from app.settings import read_settings
from app.store.tls import TlsContexts, TlsFiles, load_context
from tests.factories.certificates import issue, make_authority, write_files, write_pair


@dataclass
class Watch:
    """A clock that stands still until it is told."""

    now_s: float = 100.0

    def __call__(self) -> float:
        return self.now_s


def make(files: TlsFiles) -> ssl.SSLContext:
    return load_context(ssl.PROTOCOL_TLS_SERVER, files=files)


def test_the_files_are_those_of_the_data_folder_unless_they_are_named(tmp_path: Path) -> None:
    settings = read_settings(
        {"ASTREINTE_DATA_DIR": str(tmp_path), "ASTREINTE_DICOM_TLS_KEY": "/run/secrets/key"}
    )

    assert TlsFiles.from_settings(settings) == TlsFiles(
        tmp_path / "tls/server.pem", Path("/run/secrets/key"), tmp_path / "tls/authorities.pem"
    )


def test_a_renewed_certificate_gives_a_fresh_context_once(tmp_path: Path) -> None:
    authority = make_authority()
    files, watch = write_files(tmp_path, authority), Watch()
    contexts = TlsContexts(files, make=make, read_monotonic=watch)
    first = contexts.current()

    write_pair(tmp_path / "tls", issue(authority, "renewed", is_server=True), name="server")
    watch.now_s += 1

    assert contexts.changed()
    assert contexts.current() is not first
    watch.now_s += 1
    assert not contexts.changed()


def test_the_files_are_looked_at_once_a_second_at_most(tmp_path: Path) -> None:
    authority = make_authority()
    files, watch = write_files(tmp_path, authority), Watch()
    contexts = TlsContexts(files, make=make, read_monotonic=watch)
    write_pair(tmp_path / "tls", issue(authority, "renewed", is_server=True), name="server")

    watch.now_s += 0.9
    assert not contexts.changed()
    watch.now_s += 0.1
    assert contexts.changed()


@pytest.mark.parametrize("name", ("server.pem", "server.key", "authorities.pem"))
def test_a_broken_file_leaves_the_old_context_in_force_until_it_is_mended(
    tmp_path: Path, name: str
) -> None:
    files, watch = write_files(tmp_path, make_authority()), Watch()
    contexts = TlsContexts(files, make=make, read_monotonic=watch)
    first = contexts.current()
    path = tmp_path / "tls" / name
    content = path.read_bytes()

    path.write_bytes(b"-----BEGIN NONSENSE-----")
    watch.now_s += 1
    assert not contexts.changed()
    assert contexts.current() is first

    path.unlink()
    watch.now_s += 1
    assert not contexts.changed()
    assert contexts.current() is first

    path.write_bytes(content)
    watch.now_s += 1
    assert contexts.changed()
    assert contexts.current() is not first


def test_files_that_were_only_touched_are_taken_as_well(tmp_path: Path) -> None:
    files, watch = write_files(tmp_path, make_authority()), Watch()
    contexts = TlsContexts(files, make=make, read_monotonic=watch)

    os.utime(files.certificate, ns=(1, 1))
    watch.now_s += 1

    assert contexts.changed()


def test_a_key_with_a_passphrase_is_refused_at_once(tmp_path: Path) -> None:

    authority = make_authority()
    server = issue(authority, "gateway", is_server=True)
    files = write_files(tmp_path, authority, server=server)
    files.key.write_bytes(
        server.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
        )
    )

    with pytest.raises(Unavailable, match="without a passphrase"):
        make(files)


def test_without_files_nothing_starts(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="astreinte tls init"):
        TlsContexts(TlsFiles.in_folder(tmp_path), make=make)

"""`astreinte tls init | sender`: a private authority for a pilot, in the data folder.

Errors of the application go through; `app.cli` prints them and chooses the exit code.
"""

import os
import re
import secrets
import socket
from pathlib import Path
from typing import Annotated

import typer

from app.commands.authority import Authority, Issued
from app.kit.clock import read_host_clock
from app.kit.errors import Conflict, Invalid, NotFound
from app.settings import Settings, read_settings
from app.store.files import make_folder, sync_folder
from app.store.tls import TlsFiles

tls = typer.Typer(name="tls", help="Make certificates for DICOM over TLS, for a pilot.")

_AUTHORITY_NAME = "Astreinte pilot authority"
_EVERYWHERE = {"0.0.0.0", "::"}  # noqa: S104 - compared with, not listened on
_SENDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_HOST = re.compile(r"[A-Za-z0-9:][A-Za-z0-9.:-]{0,252}")
_LONGEST_NAME = 64
_SECRET, _PUBLIC = 0o600, 0o644

_Renew = Annotated[
    bool, typer.Option("--renew", help="Replace a certificate that is there by a fresh one.")
]


@tls.command()
def init(
    *,
    name: Annotated[
        list[str] | None,
        typer.Option(help="Name or address by which hospitals reach us; several are possible."),
    ] = None,
    sender: Annotated[
        list[str] | None, typer.Option(help="Name of a sender's certificate; several are possible.")
    ] = None,
    renew: _Renew = False,
) -> None:
    """Make an authority, our certificate, and one for each sender."""
    settings = read_settings()
    hosts = [_check(each, _HOST, what="a host name or address") for each in name or ()]
    senders = [_check(each, _SENDER, what="a name for a certificate") for each in sender or ()]
    folder = _Folder(settings)
    authority = folder.read_authority() if renew else folder.make_authority()
    server = folder.issue_server(authority, hosts=hosts or [_find_host(settings)])
    _say(f"our certificate: {server}")
    for each in senders:
        _hand_over(folder, authority, name=each, renew=renew)
    if settings.dicom_tls_bind is None:
        _say("to listen, set ASTREINTE_DICOM_TLS_BIND, to 0.0.0.0:2762 for instance")
    _say(f"a hospital that has its own authority: append its certificate to {folder.authorities}")


@tls.command("sender")
def add_sender(
    name: Annotated[str, typer.Argument(help="Name of the certificate: of a modality or a PACS.")],
    *,
    renew: _Renew = False,
) -> None:
    """Make a certificate for one more sender."""
    checked = _check(name, _SENDER, what="a name for a certificate")
    folder = _Folder(read_settings())
    _hand_over(folder, folder.read_authority(), name=checked, renew=renew)


class _Folder:
    """The folder `tls` of the data folder."""

    def __init__(self, settings: Settings) -> None:
        files = TlsFiles.in_folder(settings.data_dir.absolute())
        self._files = files
        self.authorities = files.authorities
        self._folder = files.certificate.parent
        self._senders = self._folder / "senders"
        self.own_certificate = self._folder / "authority.pem"
        self._own_key = self._folder / "authority.key"

    def make_authority(self) -> Authority:
        """Make one; another that is there stays.

        Raises
        ------
        Conflict
            If there is one, or a part of one.
        """
        for each in (self._own_key, self.own_certificate, *self._pair_of_server()):
            if each.exists():
                msg = (
                    f"{each} is there and stays: `astreinte tls sender NAME` adds a sender, "
                    "`astreinte tls init --renew` makes our certificate anew"
                )
                raise Conflict(msg)
        make_folder(self._folder)
        authority = Authority.make(_AUTHORITY_NAME, now=read_host_clock())
        _write(self._own_key, authority.own.write_key(), mode=_SECRET)
        _write(self.own_certificate, authority.own.write_certificate(), mode=_PUBLIC)
        if not self.authorities.exists():
            _write(self.authorities, authority.own.write_certificate(), mode=_PUBLIC)
        return authority

    def read_authority(self) -> Authority:
        """Read the one that is there.

        Raises
        ------
        NotFound
            If there is none.
        """
        try:
            content, key = self.own_certificate.read_bytes(), self._own_key.read_bytes()
        except OSError as error:
            msg = f"no authority in {self._folder} ({error.strerror}): run `astreinte tls init`"
            raise NotFound(msg) from error
        return Authority.read(content, key=key)

    def issue_server(self, authority: Authority, *, hosts: list[str]) -> Path:
        """Write our certificate and its key."""
        # X.520: a common name has 64 characters at most.
        name = next((each for each in hosts if len(each) <= _LONGEST_NAME), "astreinte")
        issued = authority.issue(name, hosts=hosts, is_server=True, now=read_host_clock())
        certificate, key = self._pair_of_server()
        _write_pair(certificate, key, issued)
        return certificate

    def _pair_of_server(self) -> tuple[Path, Path]:
        return self._files.certificate, self._files.key

    def issue_sender(self, authority: Authority, *, name: str, renew: bool) -> tuple[Path, str]:
        """Write a sender's certificate, its key, and both as PKCS#12 with the passphrase given.

        Raises
        ------
        Conflict
            If it is there, and is not to be replaced.
        """
        bundle = self._senders / f"{name}.p12"
        if bundle.exists() and not renew:
            raise Conflict(f"{bundle} is there: `--renew` replaces it by a fresh one")
        make_folder(self._senders)
        issued = authority.issue(name, hosts=[name], now=read_host_clock())
        _write_pair(self._senders / f"{name}.pem", self._senders / f"{name}.key", issued)
        passphrase = secrets.token_urlsafe(12)
        content = issued.write_pkcs12(
            name, authority=authority.own.certificate, passphrase=passphrase
        )
        _write(bundle, content, mode=_SECRET)
        return bundle, passphrase


def _hand_over(folder: _Folder, authority: Authority, *, name: str, renew: bool) -> None:
    bundle, passphrase = folder.issue_sender(authority, name=name, renew=renew)
    _say(f"give to {name}, by two ways: {bundle} (or the .pem and .key beside it)")
    _say(f"  and its passphrase: {passphrase}")
    _say(f"  to trust us: {folder.own_certificate}")
    _say(f"  then name {name} as the certificate of the sender on its page")


def _find_host(settings: Settings) -> str:
    host = (settings.dicom_tls_bind or settings.dicom_bind).host
    return socket.gethostname() if host in _EVERYWHERE else host


def _check(text: str, pattern: re.Pattern[str], *, what: str) -> str:
    if pattern.fullmatch(text) is None:
        raise Invalid(f"{text!r} is not {what}: letters, digits, dots and hyphens")
    return text


def _write_pair(certificate: Path, key: Path, issued: Issued) -> None:
    """Write both; the gateway takes them when the second is there."""
    _write(key, issued.write_key(), mode=_SECRET)
    _write(certificate, issued.write_certificate(), mode=_PUBLIC)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file in one step, never readable for more people than in the end."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    sync_folder(path.parent)


def _say(line: str) -> None:
    typer.echo(line)

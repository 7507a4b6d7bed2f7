"""Certificates for tests, of authorities made on the spot."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from app.commands.authority import Authority, Issued
from app.kit.clock import read_host_clock
from app.store.tls import TlsFiles

LASTS = timedelta(days=30)
_A_YEAR = timedelta(days=365)


def make_authority(name: str = "Authority", *, lasts: timedelta = LASTS) -> Authority:
    """Make an authority; one that has expired by a negative duration."""
    return Authority.make(name, now=_find_beginning(lasts), lasts=max(lasts, _A_YEAR))


def _find_beginning(lasts: timedelta) -> datetime:
    """Begin so long ago that what lasts a year ends when it should."""
    now = read_host_clock()
    return now if lasts > timedelta(0) else now + lasts - _A_YEAR


def issue(
    authority: Authority,
    name: str,
    *,
    hosts: Sequence[str] = (),
    is_server: bool = False,
    lasts: timedelta = LASTS,
) -> Issued:
    """Issue a certificate; one that has expired by a negative duration."""
    return authority.issue(
        name,
        hosts=hosts,
        is_server=is_server,
        now=_find_beginning(lasts),
        lasts=lasts if lasts > timedelta(0) else _A_YEAR,
    )


def write_pair(folder: Path, issued: Issued, *, name: str) -> tuple[Path, Path]:
    """Write a certificate and its key, replacing what was there in one step each."""
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    for path, content in (
        (certificate, issued.write_certificate()),
        (key, issued.write_key()),
    ):
        fresh = path.with_suffix(path.suffix + ".new")
        fresh.write_bytes(content)
        fresh.replace(path)
    return certificate, key


def write_files(folder: Path, authority: Authority, *, server: Issued | None = None) -> TlsFiles:
    """Write the three files of a server as they lie in a data folder."""
    tls = folder / "tls"
    tls.mkdir(exist_ok=True, parents=True)
    issued = server or issue(
        authority, "gateway.test", hosts=["localhost", "127.0.0.1"], is_server=True
    )
    write_pair(tls, issued, name="server")
    (tls / "authorities.pem").write_bytes(authority.own.write_certificate())
    return TlsFiles.in_folder(folder)

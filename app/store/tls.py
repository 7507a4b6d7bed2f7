"""The files of TLS, and contexts that follow them: nothing is restarted for a new certificate.

Both directions keep to the profile of PS3.15 B.12 (BCP 195: RFC 8996, RFC 9325): TLS 1.2 with
ephemeral elliptic curves and authenticated encryption, or TLS 1.3, nothing older, no way down.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import structlog

from app.kit.clock import read_monotonic_s
from app.kit.errors import Unavailable
from app.settings import Settings

_log = structlog.get_logger(__name__)

# RFC 9325 §4.2. Of TLS 1.3 OpenSSL takes AES and ChaCha20 with AEAD only, which are all it has.
_SUITES = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
)
_BETWEEN_LOOKS_S = 1.0

_Version = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where our certificate, its key and the certificates that we trust lie, all PEM.

    Attributes
    ----------
    certificate
        Ours, then its intermediates.
    key
        Without a passphrase: nobody is there at night to type it.
    authorities
        Of the peers' certificates; one that signed itself may stand there too.
    """

    certificate: Path
    key: Path
    authorities: Path

    @classmethod
    def in_folder(cls, data_dir: Path) -> Self:
        """Name the files as `astreinte tls init` makes them in the data folder."""
        folder = data_dir / "tls"
        return cls(folder / "server.pem", folder / "server.key", folder / "authorities.pem")

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Take the files of the settings; those of the data folder where none is named."""
        default = cls.in_folder(settings.data_dir.absolute())
        return cls(
            settings.dicom_tls_certificate or default.certificate,
            settings.dicom_tls_key or default.key,
            settings.dicom_tls_authorities or default.authorities,
        )

    def read_version(self) -> _Version:
        """Tell one content of the files from another, without reading it."""
        return tuple(_read_version(each) for each in (self.certificate, self.key, self.authorities))


def _read_version(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_ino, status.st_size)


def load_context(protocol: int, *, files: TlsFiles) -> ssl.SSLContext:
    """Make a context of the profile with our certificate, that asks for one we trust.

    Parameters
    ----------
    protocol
        `ssl.PROTOCOL_TLS_SERVER` or `ssl.PROTOCOL_TLS_CLIENT`.

    Raises
    ------
    Unavailable
        If a file is missing or unusable, or the key is not the certificate's; it names them.
    """
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_SUITES)
    # A resumed session would show no chain, and outlive an authority that was taken away.
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    try:
        # An empty passphrase, where OpenSSL would ask the terminal for one.
        context.load_cert_chain(files.certificate, files.key, password="")
    except OSError as error:
        msg = (
            f"the certificate {files.certificate} with the key {files.key} cannot be used "
            f"({_explain(error)}): give both in PEM, the key without a passphrase, or make them "
            "with `astreinte tls init`"
        )
        raise Unavailable(msg) from error
    try:
        context.load_verify_locations(cafile=files.authorities)
    except OSError as error:
        msg = (
            f"the authorities {files.authorities} cannot be used ({_explain(error)}): give the "
            "certificates that peers' certificates are signed with, in PEM"
        )
        raise Unavailable(msg) from error
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def _explain(error: OSError) -> str:
    # An SSLError is an OSError with a number of its own.
    if isinstance(error, ssl.SSLError):
        return error.reason or "not PEM"
    return error.strerror or str(error)


class TlsContexts:
    """A context that is made afresh when its files change; broken ones leave the old in force.

    For one thread. Call `changed` by a timer of about a second, and `current` for each connection:
    those that are open keep the context of their handshake.

    Parameters
    ----------
    files
        What is watched.
    make
        Makes a context of them; raises `Unavailable` when it cannot.
    read_monotonic
        In seconds.

    Raises
    ------
    Unavailable
        If the first context cannot be made.
    """

    def __init__(
        self,
        files: TlsFiles,
        *,
        make: Callable[[TlsFiles], ssl.SSLContext],
        read_monotonic: Callable[[], float] = read_monotonic_s,
    ) -> None:
        self._files = files
        self._make = make
        self._read_monotonic = read_monotonic
        # Read before the files: a change in between is seen as one at the next look.
        self._version = files.read_version()
        self._context = make(files)
        self._looked_s = read_monotonic()

    def current(self) -> ssl.SSLContext:
        """Give the context in force."""
        return self._context

    def changed(self) -> bool:
        """Look at the files, at most once a second; tell whether there is a new context.

        It says so once. Files that are replaced one after the other do not fit together for a
        moment: the next look takes them when they do.
        """
        now_s = self._read_monotonic()
        if now_s - self._looked_s < _BETWEEN_LOOKS_S:
            return False
        self._looked_s = now_s
        version = self._files.read_version()
        if version == self._version:
            return False
        self._version = version
        try:
            self._context = self._make(self._files)
        except Unavailable as error:
            _log.error("tls_files_unusable", reason=error.message)
            return False
        _log.info("tls_files_taken", certificate=str(self._files.certificate))
        return True

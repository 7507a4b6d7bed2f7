"""TLS on the gateway's second port: who may shake hands, and what the peer's certificate says."""

import ssl
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from app.store.tls import TlsContexts, TlsFiles, load_context
from dicom_gateway.certificates import CertificateSeen

__all__ = [
    "HANDSHAKE_TIMEOUT_S",
    "CertificateSeen",
    "TlsContexts",
    "TlsFiles",
    "make_server_context",
    "open_server_contexts",
    "read_peer",
]

HANDSHAKE_TIMEOUT_S = 10.0
"""For `ssl_handshake_timeout`: a peer that stalls in the handshake is dropped after it."""

# X509_V_FLAG_NO_CHECK_TIME of OpenSSL, which the module `ssl` has no name for.
_NO_CHECK_TIME = 0x200000
# Of `_ssl`: ENCODING_DER.
_DER = 2


def make_server_context(files: TlsFiles) -> ssl.SSLContext:
    """Make a context that lets in whoever has the key of a certificate signed by an authority.

    The time of certificates is not checked here but at the association request, by `admit`: a
    known sender whose certificate expired last night must get its images through, and whoever is
    refused is told why and stands in the log with its name.

    Raises
    ------
    Unavailable
        If a file is missing or unusable.
    """
    context = load_context(ssl.PROTOCOL_TLS_SERVER, files=files)
    # OP_NO_TICKET does not stop TLS 1.3.
    context.num_tickets = 0
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
    # Another type than the module's flags: it knows no name for this one.
    context.verify_flags = ssl.VerifyFlags(int(context.verify_flags) | _NO_CHECK_TIME)
    return context


def open_server_contexts(files: TlsFiles) -> TlsContexts:
    """Make the first context, and follow the files from then on.

    Raises
    ------
    Unavailable
        If a file is missing or unusable.
    """
    return TlsContexts(files, make=make_server_context)


def read_peer(ssl_object: ssl.SSLObject | ssl.SSLSocket) -> CertificateSeen:
    """Read the verified certificate of a peer, after the handshake.

    Parameters
    ----------
    ssl_object
        What a transport gives as `get_extra_info("ssl_object")`.

    Raises
    ------
    ValueError
        If there is none, which a context of ours does not let through; or it cannot be read.
    """
    encoded = ssl_object.getpeercert(binary_form=True)
    if encoded is None:
        raise ValueError("the peer has shown no certificate")
    own = x509.load_der_x509_certificate(encoded)
    chain = [own, *(x509.load_der_x509_certificate(each) for each in _read_chain(ssl_object))]
    return CertificateSeen(
        names=_read_names(own),
        subject=own.subject.rfc4514_string(),
        not_before=max(each.not_valid_before_utc for each in chain),
        not_after=min(each.not_valid_after_utc for each in chain),
    )


def _read_chain(ssl_object: ssl.SSLObject | ssl.SSLSocket) -> list[bytes]:
    """Read what the certificate was verified by, up to the authority.

    Python 3.13 makes this method public; 3.11 has it below. A resumed session has no chain.
    """
    inner: Any = getattr(ssl_object, "_sslobj", None)
    chain = inner.get_verified_chain() if inner is not None else None
    return [each.public_bytes(_DER) for each in chain or ()]


def _read_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """List common names, then DNS names, each once."""
    common = (
        each.value for each in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    )
    names = [each if isinstance(each, str) else each.decode("latin_1") for each in common]
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return tuple(dict.fromkeys(names))
    names += extension.value.get_values_for_type(x509.DNSName)
    return tuple(dict.fromkeys(names))

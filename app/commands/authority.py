"""A private authority for a pilot, and the certificates that it issues (RFC 5280).

The authority signs with EC P-256; what it issues has RSA keys: with TLS 1.2, DCMTK 3.6.7 and many
a modality know suites with RSA only.
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.kit.errors import Invalid

_AUTHORITY_LASTS = timedelta(days=3653)
_CERTIFICATE_LASTS = timedelta(days=730)
# Clocks of modalities are seldom right; a certificate that is not yet valid is refused.
_BACKDATED = timedelta(days=1)
_RSA_BITS = 2048


_Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: _Key

    def write_certificate(self) -> bytes:
        """Write the certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    def write_key(self) -> bytes:
        """Write the key as PEM, without a passphrase."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def write_pkcs12(self, name: str, *, authority: x509.Certificate, passphrase: str) -> bytes:
        """Write both with the authority as PKCS#12, as consoles like to import them."""
        return pkcs12.serialize_key_and_certificates(
            name.encode(),
            self.key,
            self.certificate,
            [authority],
            BestAvailableEncryption(passphrase.encode()),
        )


@dataclass(frozen=True, slots=True)
class Authority:
    """Signs the certificates of a pilot."""

    own: Issued

    @classmethod
    def make(
        cls,
        name: str,
        *,
        now: datetime,
        lasts: timedelta = _AUTHORITY_LASTS,
        key: _Key | None = None,
    ) -> Self:
        """Sign a certificate for a new authority, EC P-256.

        Parameters
        ----------
        now
            Aware.
        key
            Of an authority that is renewed; else one is drawn.
        """
        key = key or ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        builder = (
            _begin(subject, issuer=subject, key=key)
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(now + lasts)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
        )
        return cls(Issued(builder.sign(key, hashes.SHA256()), key))

    @classmethod
    def read(cls, certificate: bytes, *, key: bytes) -> Self:
        """Read one from its PEM files.

        Raises
        ------
        Invalid
            If they are something else.
        """
        try:
            loaded = load_pem_private_key(key, password=None)
            read = x509.load_pem_x509_certificate(certificate)
        except (ValueError, TypeError) as error:
            raise Invalid(f"the authority's files cannot be read: {error}") from error
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise Invalid("the authority's key is not one that `astreinte tls init` made")
        return cls(Issued(read, loaded))

    def issue(
        self,
        name: str,
        *,
        hosts: Sequence[str] = (),
        is_server: bool = False,
        now: datetime,
        lasts: timedelta = _CERTIFICATE_LASTS,
    ) -> Issued:
        """Issue a certificate.

        Parameters
        ----------
        name
            Its common name.
        hosts
            Names and addresses of its subjectAltName.
        is_server
            May it be shown by a server? Each may be shown by a client: ours is, to nodes.
        now, lasts
            Aware; it begins a day before, and never outlives the authority.
        """
        key = rsa.generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
        authority = self.own.certificate
        builder = (
            _begin(_name(name), issuer=authority.subject, key=key)
            .not_valid_before(now - _BACKDATED)
            .not_valid_after(min(now + lasts, authority.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(_purposes(is_server=is_server), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.own.key.public_key()),
                critical=False,
            )
        )
        if hosts:
            alternatives = x509.SubjectAlternativeName([_host(each) for each in hosts])
            builder = builder.add_extension(alternatives, critical=False)
        return Issued(builder.sign(self.own.key, hashes.SHA256()), key)


def _begin(subject: x509.Name, *, issuer: x509.Name, key: _Key) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _purposes(*, is_server: bool) -> x509.ExtendedKeyUsage:
    of_server = [ExtendedKeyUsageOID.SERVER_AUTH] if is_server else []
    return x509.ExtendedKeyUsage([*of_server, ExtendedKeyUsageOID.CLIENT_AUTH])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )

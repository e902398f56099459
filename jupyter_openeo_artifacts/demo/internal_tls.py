"""Mutual TLS between the parts of the demo's storage, so that nothing answers but its S3."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.demo.ports import LOOPBACK

if TYPE_CHECKING:
    from pathlib import Path

_DAYS = 365  # longer than any demo runs; made again at each start


@dataclass(frozen=True)
class InternalTLS:
    """PEM files: the authority that every part trusts, and the one certificate that all show."""

    authority: Path
    certificate: Path
    key: Path

    @classmethod
    def create(cls, folder: Path) -> InternalTLS:
        """Write a new authority and certificate into a private folder; the old ones are replaced.

        The authority's own key is thrown away, so nobody can sign a second certificate.
        """
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        authority, certificate = _certificates(authority_key, key)
        made = cls(folder / "authority.pem", folder / "part.pem", folder / "part.key")
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(made.authority, authority.public_bytes(Encoding.PEM))
        _write(made.certificate, certificate.public_bytes(Encoding.PEM))
        _write(made.key, private)
        return made


def _certificates(authority_key: Any, key: Any) -> tuple[Any, Any]:
    """Return the self-signed authority, and a certificate of its for server and client."""
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID

    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(LOOPBACK))]
    authority = (
        _builder("openEO demo storage authority", authority_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority_key, SHA256())
    )
    certificate = (
        _builder("openEO demo storage part", key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .sign(authority_key, SHA256())
    )
    return authority, certificate


def _builder(subject: str, key: Any) -> Any:
    from cryptography import x509

    def name(text: str) -> Any:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    now = datetime.now(timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name("openEO demo storage authority"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=_DAYS))
    )


def _write(file: Path, content: bytes) -> None:
    """Replace `file`; nobody else can read it at any time."""
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)

"""The RSA key that signs the provider's tokens."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone
from typing import Any

ALGORITHM = "RS256"
_BITS = 2048
_YEARS = 10


class SigningKey:
    """One RSA key, its key id and its self-signed certificate.

    The certificate is in the public key set as `x5c`, because Ceph's object gateway trusts an
    OpenID provider by the SHA-1 of just that certificate.
    """

    def __init__(self, jwk: dict[str, Any]) -> None:
        from joserfc.jwk import KeySet, RSAKey

        self._jwk = jwk
        self._keys = KeySet([RSAKey.import_key(jwk)])

    @classmethod
    def generate(cls) -> SigningKey:
        """Make a new key."""
        from cryptography.hazmat.primitives.asymmetric import rsa
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )
        from joserfc.jwk import RSAKey

        private = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        key = RSAKey.import_key(pem)
        extra = {
            "use": "sig",
            "alg": ALGORITHM,
            "kid": key.thumbprint(),
            "x5c": [base64.b64encode(_certificate(private)).decode()],
        }
        return cls({**key.as_dict(private=True), **extra})

    @property
    def private(self) -> dict[str, Any]:
        """The whole key as a JSON Web Key: a secret."""
        return self._jwk

    @property
    def public(self) -> dict[str, Any]:
        """The key set (RFC 7517) to publish."""
        return dict(self._keys.as_dict(private=False))

    def sign(self, claims: dict[str, Any], *, typ: str) -> str:
        """Return `claims` as a signed JWT of media type `typ`."""
        from joserfc import jwt

        header = {"alg": ALGORITHM, "typ": typ, "kid": self._jwk["kid"]}
        return str(jwt.encode(header, claims, self._keys, algorithms=[ALGORITHM]))


def _certificate(private: Any) -> bytes:
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding

    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "openEO demo signing key")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .sign(private, SHA256())
    )
    return certificate.public_bytes(Encoding.DER)

"""How to reach S3 storage behind an STS, as given by the user or advertised by the backend."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.artifacts import upstream
from jupyter_openeo_artifacts.artifacts.exceptions import (
    GivenConfigInvalid,
    InvalidProviderConfig,
    NoDefaultConfig,
)
from jupyter_openeo_artifacts.s3.settings import DISABLE_TRACING_TRACE_ID, FEATURE_FLAGS, Storage

_log = logging.getLogger(__name__)
DEFAULT_REGION = "us-east-1"
LONGEST_SESSION = 43_200
_CENTURY = 100 * 365 * 86_400
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}")  # an ARN would lead botocore to another host

_ADVERTISED = frozenset(
    {
        "s3_endpoint",
        "sts_endpoint",
        "role",
        "bucket",
        "region",
        "feature_flags",
        "retention_seconds",
        "grace_seconds",
    }
)
"""Fields that a backend's configuration may have."""

_REGION = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")


@dataclass(frozen=True)
class S3STSConfig:
    """Configuration of an S3 storage with STS; what is None is taken from the backend.

    Parameters
    ----------
    s3_endpoint, sts_endpoint
        `scheme://host[:port]`.
    trace_id
        A UUID sent as `X-Request-ID` with every request; the zero UUID sends none.
    role
        ARN of the role to assume.
    bucket
        Where objects are stored.
    feature_flags
        See `FEATURE_FLAGS`; a value given here wins over the advertised one.
    region
        Signing region; else advertised, else read from the S3 host, else `us-east-1`.
    session_seconds
        How long a session to ask for; less is taken where the provider allows less.
    retention_seconds
        How long the provider keeps an object at least, from when it was stored; None is unknown.
    grace_seconds
        Seconds a presigned URL keeps working after its session has ended (fakes3pp);
        None is unknown.
    """

    s3_endpoint: str | None = None
    sts_endpoint: str | None = None
    trace_id: str = DISABLE_TRACING_TRACE_ID
    role: str | None = None
    bucket: str | None = None
    feature_flags: Mapping[str, bool] = field(default_factory=dict, hash=False)
    region: str | None = None
    session_seconds: int = LONGEST_SESSION
    retention_seconds: int | None = None
    grace_seconds: int | None = None

    @classmethod
    def get_type(cls) -> str:
        """Return the type that a backend advertises for this kind of storage."""
        return "S3STSConfig"


def config_of(storage: Storage) -> S3STSConfig:
    """Return the same as a configuration, with nothing left open in it."""
    return S3STSConfig(
        s3_endpoint=storage.s3_endpoint,
        sts_endpoint=storage.sts_endpoint,
        trace_id=storage.trace_id,
        role=storage.role,
        bucket=storage.bucket,
        feature_flags=MappingProxyType(dict(storage.feature_flags)),
        region=storage.region,
        session_seconds=storage.session_seconds,
        retention_seconds=storage.retention_seconds,
        grace_seconds=storage.grace_seconds,
    )


def resolve(
    given: Any, offered: Mapping[str, Any], provider: str, *, encrypted: bool = False
) -> Storage:
    """Fill what `given` (our config, or upstream's: read by attribute) leaves open.

    Parameters
    ----------
    encrypted
        Whether the backend is reached by https. The login's token goes to the endpoints that it
        advertises, so they have to be, too.

    Raises
    ------
    NoDefaultConfig
        A value is in neither.
    InvalidProviderConfig
        An advertised value is of the wrong kind.
    """

    def value(key: str) -> str:
        own = getattr(given, key, None)
        found = offered.get(key) if own is None else own
        if found is None:
            raise NoDefaultConfig(key)
        if not isinstance(found, str) or not found:
            raise _invalid(key, "is not a text", given)
        return found

    def endpoint(key: str) -> str:
        url = _endpoint(key, value(key), given)
        if encrypted and getattr(given, key, None) is None and url.startswith("http:"):
            raise InvalidProviderConfig(
                f"The backend advertises a {key!r} that is not encrypted (http)."
            )
        return url

    for key in offered:
        if key not in _ADVERTISED:
            _warn_of_unknown("field", key)
    s3_endpoint = endpoint("s3_endpoint")
    region = _region(given, offered) or region_of(s3_endpoint)
    bucket = value("bucket")
    if not _BUCKET.fullmatch(bucket):
        raise _invalid("bucket", "is not the name of one", given)
    return Storage(
        s3_endpoint=s3_endpoint,
        sts_endpoint=endpoint("sts_endpoint"),
        trace_id=_trace_id(given),
        role=value("role"),
        bucket=bucket,
        feature_flags=_flags(given, offered),
        region=region,
        session_seconds=_seconds("session_seconds", given, {}, least=1) or LONGEST_SESSION,
        provider=provider,
        retention_seconds=_seconds("retention_seconds", given, offered, least=1),
        grace_seconds=_seconds("grace_seconds", given, offered, least=0) or 0,
    )


def region_of(s3_endpoint: str) -> str:
    """Return the label that is the region in an S3 host, `us-east-1` where there is none.

    Form: `s3.[dualstack.]<region>.<domain>`, https://docs.aws.amazon.com/general/latest/gr/s3.html
    """
    labels = (urlsplit(s3_endpoint).hostname or "").split(".")
    for service in ("s3", "s3-fips"):
        if service not in labels:
            continue
        rest = [
            label
            for label in labels[labels.index(service) + 1 :]
            if label not in ("dualstack", "prod", "stag", "dev")
        ]
        # `s3.example.org` has no region: two labels are a domain
        if len(rest) > 2 and _REGION.fullmatch(rest[0]):  # noqa: PLR2004
            return rest[0]
    return DEFAULT_REGION


def _region(given: Any, offered: Mapping[str, Any]) -> str | None:
    own = getattr(given, "region", None) or None
    found = own or offered.get("region") or None
    if found is None or (isinstance(found, str) and _REGION.fullmatch(found)):
        return found
    if own is not None:
        raise _invalid("region", "is not the name of one", given)
    _warn_of("region", "is not the name of one")
    return None


def _warn_of(key: str, what: str) -> None:
    """Warn of an optional value that an update may be needed to understand; do without it."""
    _log.warning("The advertised value of %r %s; it is passed over.", key, what)


def _invalid(key: str, what: str, given: Any) -> InvalidProviderConfig:
    """Return the error for a value, which says whose it is."""
    if getattr(given, key, None) is not None:
        return GivenConfigInvalid(f"The value of {key!r} in the config {what}.")
    return InvalidProviderConfig(f"The advertised value of {key!r} {what}.")


def _trace_id(given: Any) -> str:
    trace_id = getattr(given, "trace_id", None)
    if trace_id is None:
        return DISABLE_TRACING_TRACE_ID
    if not isinstance(trace_id, str) or not trace_id.isprintable() or not trace_id.isascii():
        raise _invalid("trace_id", "is not a text", given)
    return trace_id


def _endpoint(key: str, url: str, given: Any) -> str:
    try:
        parts = urlsplit(url)
        fine = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fine = False
    if not fine or "@" in parts.netloc or parts.query:
        raise _invalid(key, "is not an http(s) address", given)
    return f"{parts.scheme}:{url.partition(':')[2]}".partition("#")[0].rstrip("/")


def _seconds(key: str, given: Any, offered: Mapping[str, Any], *, least: int) -> int | None:
    own = getattr(given, key, None)  # upstream's config has no such field
    found = offered.get(key) if own is None else own
    if found is None:
        return None
    if isinstance(found, int) and not isinstance(found, bool) and least <= found <= _CENTURY:
        return found
    if own is not None:
        raise _invalid(key, "is not a positive number of seconds", given)
    _warn_of(key, "is not a positive number of seconds")
    return None


def _flags(given: Any, offered: Mapping[str, Any]) -> dict[str, bool]:
    """Return each flag's value: a given one wins, and what is not understood is passed over."""
    flags, advertised = {**FEATURE_FLAGS}, offered.get("feature_flags")
    if not isinstance(advertised, (Mapping, type(None))):
        _warn_of("feature_flags", "is not an object")
        advertised = None
    for flag, on in (advertised or {}).items():
        if flag not in FEATURE_FLAGS:
            _warn_of_unknown("feature flag", flag)
        elif isinstance(on, bool):
            flags[flag] = on
        else:
            _warn_of(f"feature_flags.{flag}", "is neither true nor false")
    for flag, on in upstream.given_flags(given).items():
        if flag not in FEATURE_FLAGS:
            _warn_of_unknown("feature flag", flag)
        elif isinstance(on, bool):
            flags[flag] = on
        else:
            raise GivenConfigInvalid(f"The feature flag {flag!r} is neither true nor false.")
    return flags


def _warn_of_unknown(what: str, name: str) -> None:
    _log.warning("%r is an unknown %s: an update may be needed to use it.", name, what)

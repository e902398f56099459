"""openeo.extra.artifacts and ours, side by side, on one storage."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import openeo
import pytest
import requests
from openeo.extra import artifacts as upstream
from openeo.extra.artifacts import exceptions as upstream_exceptions
from openeo.extra.artifacts._s3sts.config import S3STSConfig as UpstreamConfig
from openeo.extra.artifacts._s3sts.model import S3URI as UpstreamURI

import jupyter_openeo_artifacts as ours
from tests.servers.provider import other_backend, sign_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_openeo_artifacts.demo import LocalProvider
    from tests.servers.sts_shim import StsShim

# Upstream reads a region from the host; as a fragment it goes nowhere but into upstream's reading.
REGION = "#.s3.eu-central-1"


@dataclass(frozen=True)
class Side:
    """One of the two."""

    name: str
    build: Callable[..., Any]
    config: type[Any]
    uri: type[Any]
    exceptions: Any


UPSTREAM = Side(
    "upstream", upstream.build_artifact_helper, UpstreamConfig, UpstreamURI, upstream_exceptions
)
OURS = Side("ours", ours.build_artifact_helper, ours.S3STSConfig, ours.S3URI, ours)
SIDES = (UPSTREAM, OURS)

both = pytest.mark.parametrize("side", SIDES, ids=lambda side: side.name)
with_configs = pytest.mark.parametrize(
    ("side", "config"),
    [(UPSTREAM, UPSTREAM.config), (OURS, UPSTREAM.config), (OURS, OURS.config)],
    ids=["upstream", "ours with upstream's config", "ours"],
)


@dataclass(frozen=True)
class Ground:
    """A provider's storage, behind an STS that lets upstream in."""

    provider: LocalProvider
    shim: StsShim

    def entry(self, **changed: Any) -> dict[str, Any]:
        """Return what a backend advertises of it; a value of None is left out."""
        values = {
            "s3_endpoint": f"{self.provider.s3}{REGION}",
            "sts_endpoint": self.shim.address,
            "role": self.provider.role,
            "bucket": self.provider.bucket,
        } | changed
        config = {key: value for key, value in values.items() if value is not None}
        return {"id": "s3", "type": "S3STSConfig", "config": config}

    @contextmanager
    def backend(self, *entries: dict[str, Any]) -> Iterator[str]:
        """Serve a backend that advertises these providers."""
        with self.saying({"providers": list(entries)}) as address:
            yield address

    @contextmanager
    def saying(self, artifacts: Any) -> Iterator[str]:
        """Serve a backend with that value of `artifacts`; None leaves the key out."""
        with other_backend(self.provider, artifacts) as address:
            yield address

    def connect(self, address: str, **claims: Any) -> openeo.Connection:
        """Sign in there as Alice."""
        connection = openeo.connect(address)
        connection.authenticate_oidc_access_token(sign_token(self.provider, **claims))
        return connection

    @contextmanager
    def helpers(self, **changed: Any) -> Iterator[tuple[Any, Any]]:
        """Yield upstream's helper and ours on a backend that advertises `entry(**changed)`."""
        with self.backend(self.entry(**changed)) as address:
            connection = self.connect(address)
            yield UPSTREAM.build(connection), OURS.build(connection)


def fetched(url: str, **headers: str) -> requests.Response:
    return requests.get(url, timeout=10, headers=headers)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""The ground that both sides stand on."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from openeo.extra.artifacts import _backend as upstream_backend
from openeo.extra.artifacts._s3sts import sts as upstream_sts

from tests.artifacts.upstream.sides import SIDES, Ground
from tests.servers.sts_shim import LONGEST, sts_shim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_openeo_artifacts.demo import LocalProvider


@pytest.fixture(autouse=True)
def forgetful_upstream() -> None:
    """Upstream keeps what a backend said for ever; another test's may get the same port."""
    upstream_backend._capabilities_cache.clear()  # noqa: SLF001  upstream has no other way


@pytest.fixture(autouse=True)
def no_ambient_aws() -> Iterator[None]:
    """Keep the person's own AWS settings, and a cloud's metadata service, out of upstream's way."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="module")
def shared_ground(provider: LocalProvider) -> Iterator[Ground]:
    with sts_shim(provider.sts) as shim:
        yield Ground(provider, shim)


@pytest.fixture
def ground(shared_ground: Ground) -> Iterator[Ground]:
    """Yield it with an STS that has not been asked yet."""
    shared_ground.shim.asked.clear()
    yield shared_ground
    shared_ground.shim.longest = LONGEST


@pytest.fixture(scope="module", params=SIDES, ids=lambda side: side.name)
def helper(request: pytest.FixtureRequest, shared_ground: Ground) -> Iterator[Any]:
    """Yield the helper of one side, then of the other."""
    with shared_ground.backend(shared_ground.entry()) as address:
        yield request.param.build(shared_ground.connect(address))


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Spare the test upstream's random sleep between its attempts; returns what it wanted."""
    wanted: list[float] = []
    monkeypatch.setattr(upstream_sts, "time", SimpleNamespace(sleep=wanted.append))
    return wanted


@pytest.fixture
def puts(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Return the headers of the PUTs that really go out."""
    from botocore.httpsession import URLLib3Session

    from jupyter_openeo_artifacts.s3.connection_pool import ConnectionPool

    seen: list[dict[str, str]] = []

    def hear(kind: type[Any]) -> None:
        send = kind.send

        def sending(self: Any, request: Any, *content: Any) -> Any:
            if request.method == "PUT":
                plain = {k.lower(): v for k, v in request.headers.items()}
                seen.append({k: v if isinstance(v, str) else v.decode() for k, v in plain.items()})
            return send(self, request, *content)

        monkeypatch.setattr(kind, "send", sending)

    hear(URLLib3Session)
    hear(ConnectionPool)
    return seen

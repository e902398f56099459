"""What the first file of a login needs is at hand when it comes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.demo.openeo_api import s3sts_provider
from tests.servers.provider import other_backend
from tests.servers.sts_shim import sts_shim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.sts_shim import StsShim


@pytest.fixture
def shim(provider: Any) -> Iterator[StsShim]:
    with sts_shim(provider.sts) as running:
        yield running


@pytest.fixture
def backend(provider: Any, shim: StsShim) -> Iterator[str]:
    artifacts = s3sts_provider(
        s3_endpoint=provider.s3,
        sts_endpoint=shim.address,
        role=provider.role,
        bucket=provider.bucket,
        region=provider.region,
    )
    with other_backend(provider, artifacts) as address:
        yield address


async def test_who_signs_in_has_a_session_at_the_storage_before_the_first_file(
    api: Any, connect: Any, shim: StsShim, backend: str
) -> None:
    # When
    await connect(backend=backend)
    # Then
    for _ in range(200):
        if shim.asked:
            break
        await asyncio.sleep(0.05)
    assert len(shim.asked) == 1

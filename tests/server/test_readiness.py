"""What the first file of a login needs is at hand when it comes."""

from __future__ import annotations

import asyncio
import secrets
import threading
from typing import TYPE_CHECKING, Any

import pytest
from botocore.session import Session

from jupyter_openeo_artifacts.demo.openeo_api import s3sts_provider
from tests.server.conftest import until
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


async def _is_ready(made: list[str]) -> None:
    for _ in range(200):
        if "s3" in made:
            break
        await asyncio.sleep(0.05)
    for thread in threading.enumerate():
        if thread.name == "openeo-artifacts-ready":
            await asyncio.to_thread(thread.join, 30)


async def test_the_first_file_of_a_login_makes_no_client(
    api: Any, connect: Any, tus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    made: list[str] = []
    create = Session.create_client

    def noted(session: Session, service: str, *args: Any, **options: Any) -> Any:
        made.append(service)
        return create(session, service, *args, **options)

    monkeypatch.setattr(Session, "create_client", noted)
    connection = await connect()
    await _is_ready(made)
    assert "s3" in made
    made.clear()
    # When
    content = secrets.token_bytes(300_000)
    upload = await tus.create(connection, "first.bin", len(content))
    await tus.send(upload, 0, content)
    view = await until(api, f"/uploads/{upload}", "staged", "failed")
    # Then
    assert view["problem"] is None
    assert made == []

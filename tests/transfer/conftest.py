"""A real S3 for the whole session, and for each test a key of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.transfer.config import RetryPolicy, TransferConfig
from tests.transfer.line import Line
from tests.transfer.seaweed import PART, Storage, make_bucket, make_client, running_storage
from tests.transfer.uploading import Rig, wait_for_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def seaweed(tmp_path_factory) -> Iterator[Storage]:
    with running_storage(tmp_path_factory.mktemp("weed")) as found:
        yield found


@pytest.fixture(scope="session")
def on_ceph(ceph_cluster) -> Storage:
    client = make_client(ceph_cluster.http)
    make_bucket(client)
    return Storage(ceph_cluster.http, client)


@pytest.fixture
def storage(request) -> Storage:
    """SeaweedFS, unless the test says otherwise: see `ON_BOTH`."""
    return request.getfixturevalue(getattr(request, "param", "seaweed"))


@pytest.fixture
def key(request) -> str:
    return f"{os.urandom(6).hex()}/{request.node.name[:40]}"


@pytest.fixture
def config() -> TransferConfig:
    return TransferConfig(
        part_size=PART, retry=RetryPolicy(patience=20.0, first_delay=0.05, longest_delay=0.5)
    )


@pytest.fixture
def line(storage) -> Iterator[Line]:
    made = Line(storage.port)
    yield made
    made.release()
    wait_for_engine()
    made.close()


@pytest.fixture(autouse=True)
def no_thread_stays() -> Iterator[None]:
    """Every upload's threads end, however it ended."""
    yield
    wait_for_engine()


@pytest.fixture
def rig(storage, line, key, config, tmp_path) -> Rig:
    """A client on the line, files, and uploads of them."""
    return Rig(
        storage=storage,
        line=line,
        key=key,
        config=config,
        folder=tmp_path,
        client=make_client(line.endpoint, read_timeout=3),
    )


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """Yield an empty spool of 100 bytes."""
    made = Spool(tmp_path / "spool", 100)
    yield made
    made.remove()

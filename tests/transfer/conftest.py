"""A real S3 for the whole session, and for each test a key of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.transfer.config import TransferConfig
from tests.transfer.seaweed import PART, Storage, running_storage

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def storage(tmp_path_factory) -> Iterator[Storage]:
    with running_storage(tmp_path_factory.mktemp("weed")) as found:
        yield found


@pytest.fixture
def key(request) -> str:
    return f"{os.urandom(6).hex()}/{request.node.name[:40]}"


@pytest.fixture
def config() -> TransferConfig:
    return TransferConfig(part_size=PART, patience=20.0)

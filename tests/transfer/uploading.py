"""An upload in a thread of its own, as staging runs them."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.servers.ceph import ON_CEPH
from tests.support.uploads import Observer
from tests.transfer.seaweed import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from mypy_boto3_s3 import S3Client

    from jupyter_openeo_artifacts.journal.journal import Journal
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.transfer.config import TransferConfig
    from jupyter_openeo_artifacts.transfer.retry import RenewableCredentials
    from jupyter_openeo_artifacts.transfer.upload_context import StoredObject
    from tests.transfer.line import Line
    from tests.transfer.seaweed import Storage


ON_BOTH = pytest.mark.parametrize(
    "storage", ["seaweed", pytest.param("on_ceph", marks=ON_CEPH, id="ceph")], indirect=True
)
"""For tests that are worth to be run on a second storage."""


def changed(config: TransferConfig, **changes: Any) -> TransferConfig:
    """Return the config with other values, those of its retry policy too."""
    of_policy = {each.name for each in fields(config.retry)} & changes.keys()
    policy = replace(config.retry, **{name: changes.pop(name) for name in of_policy})
    return replace(config, retry=policy, **changes)


@dataclass
class Upload:
    """One that was started; `told` is the progress."""

    cancel: CancelToken
    told: list[int] = field(default_factory=list)
    future: Future[StoredObject] = field(init=False)

    def error(self, seconds: float = 20.0) -> BaseException | None:
        return self.future.exception(seconds)


@dataclass
class Rig:
    """All that a test of an upload needs."""

    storage: Storage
    line: Line
    key: str
    config: TransferConfig
    folder: Path
    client: S3Client

    def file(self, size: int) -> Path:
        path = self.folder / "field.tif"
        path.write_bytes(os.urandom(size))
        return path

    def upload(
        self,
        source: Path | Source,
        *,
        on_progress: Callable[[int], None] = lambda _: None,
        on_verifying: Callable[[], None] = lambda: None,
        journal: Journal | None = None,
        credentials: RenewableCredentials | None = None,
        **config: Any,
    ) -> Upload:
        upload = Upload(CancelToken())

        def tell(stored: int) -> None:
            upload.told.append(stored)
            on_progress(stored)

        pool = ThreadPoolExecutor(1)
        upload.future = pool.submit(
            upload_object,
            self.client,
            bucket=BUCKET,
            key=self.key,
            source=FileSource.from_path(source) if isinstance(source, Path) else source,
            content_type="application/octet-stream",
            observer=Observer(tell, on_verifying),
            metadata={"origin": "test"},
            cancel=upload.cancel,
            credentials=credentials,
            journal=journal,
            config=changed(self.config, **config),
        )
        pool.shutdown(wait=False)
        return upload


def engine_threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name.startswith("artifact-upload")]


def wait_for_engine(seconds: float = 15.0) -> None:
    """Wait until no upload has a thread any more."""
    deadline = time.monotonic() + seconds
    while engine_threads():
        assert time.monotonic() < deadline, [each.name for each in engine_threads()]
        time.sleep(0.01)

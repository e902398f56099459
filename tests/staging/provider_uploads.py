"""Uploads of files on the real local provider, and what it has of them."""

from __future__ import annotations

import hashlib
import secrets
from functools import partial
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.sources.source import FileSource
from tests.servers.provider import s3_client

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.staging.manager import UploadManager
    from jupyter_openeo_artifacts.staging.target import ConnectionTarget
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView


MIB = 1 << 20


def write(path: Path, size: int) -> str:
    content = secrets.token_bytes(size)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def stage(upload_manager: UploadManager, target: ConnectionTarget, path: Path) -> UploadView:
    size = path.stat().st_size if path.exists() else None
    opener = partial(FileSource.from_path, path)
    return upload_manager.stage(target, opener, name=path.name, size=size, origin="api")


def unfinished(provider: LocalProvider, name: str) -> list[dict[str, object]]:
    """Return the uploads of that name alone: other tests of this process have the same storage."""
    prefix = f"{provider.users['alice'].prefix}/"
    listed = s3_client(provider).list_multipart_uploads(Bucket=provider.bucket, Prefix=prefix)
    return [each for each in listed.get("Uploads", []) if each["Key"].endswith(f"/{name}")]


def stored_names(provider: LocalProvider) -> set[str]:
    prefix = f"{provider.users['alice'].prefix}/"
    pages = s3_client(provider).get_paginator("list_objects_v2")
    return {
        found["Key"].rpartition("/")[2]
        for page in pages.paginate(Bucket=provider.bucket, Prefix=prefix)
        for found in page.get("Contents", [])
    }

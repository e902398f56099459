"""Ours: the helper as people call it, and the engine alone where there is no login to be had.

`python -m benchmarks.our_engines` does one upload; see `meter.serve`.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from benchmarks.meter import Cost, metered, serve

if TYPE_CHECKING:
    from collections.abc import Callable

THREADS = 16


def _helper(wish: dict[str, Any]) -> Any:
    import openeo

    import jupyter_openeo_artifacts.transfer.upload  # noqa: F401  as all that is used is loaded
    from jupyter_openeo_artifacts.artifacts import build_artifact_helper

    connection = openeo.connect(wish["backend"])
    connection.authenticate_oidc_access_token(wish["login"])
    helper = build_artifact_helper(connection)
    assert helper.client  # the peers' clients are made before the clock starts, too
    return helper


def helper_file(wish: dict[str, Any]) -> Cost:
    """Send one file by the helper's `upload_file`."""
    helper = _helper(wish)
    with metered() as cost:
        helper.upload_file(wish["file"], wish["name"])
    return cost


def helper_many(wish: dict[str, Any]) -> Cost:
    """Send a folder by the helper's `upload_file` from 16 threads."""
    helper = _helper(wish)
    with metered() as cost, ThreadPoolExecutor(THREADS) as threads:
        uris = set(threads.map(helper.upload_file, _files(wish)))
    assert len(uris) == len(_files(wish))
    return cost


def helper_half(wish: dict[str, Any]) -> Cost:
    """Die, as by `kill -9`, when half of a file is stored."""
    from jupyter_openeo_artifacts.sources.source import FileSource
    from jupyter_openeo_artifacts.transfer.config import UploadObserver

    helper = _helper(wish)
    with closing(FileSource.from_path(wish["file"])) as source:

        class Dying(UploadObserver):
            def on_progress(self, stored: int) -> None:
                if stored >= source.size / 2:
                    os._exit(0)

        helper.upload(source, wish["name"], observer=Dying())
    raise RuntimeError("it was done before half of it was told")


def helper_resumed(wish: dict[str, Any]) -> Cost:
    """Go on with what `helper_half` left."""
    from jupyter_openeo_artifacts.sources.source import FileSource

    helper = _helper(wish)
    with metered() as cost, closing(FileSource.from_path(wish["file"])) as source:
        stored = helper.upload(source, wish["name"])
    assert stored.resumed
    return cost


def _engine(wish: dict[str, Any]) -> Callable[[Path, str], None]:
    from botocore.credentials import ReadOnlyCredentials

    from jupyter_openeo_artifacts.journal.journal import Journal
    from jupyter_openeo_artifacts.journal.replay import JournalHeader
    from jupyter_openeo_artifacts.s3.client import s3_client
    from jupyter_openeo_artifacts.s3.server_clock import ServerClock
    from jupyter_openeo_artifacts.sources.source import FileSource
    from jupyter_openeo_artifacts.state.files import state_folder
    from jupyter_openeo_artifacts.transfer.upload import upload_object

    s3 = wish["s3"]
    bucket = s3["bucket"]
    # In place of ours, which would load openeo: neither the engine nor the peers need it here.
    keys = ReadOnlyCredentials(s3["access_key"], s3["secret_key"], s3["token"])
    session = SimpleNamespace(frozen=lambda: keys)
    credentials: Any = SimpleNamespace(current=lambda: session)
    storage: Any = SimpleNamespace(
        s3_endpoint=s3["endpoint"],
        region=s3["region"],
        traced=False,
        is_feature_enabled=lambda _: False,
    )
    client = s3_client(storage, credentials, ServerClock())
    kind = "application/octet-stream"

    def send(file: Path, key: str) -> None:
        with closing(FileSource.from_path(file)) as source:
            intent = JournalHeader("sink", bucket, key, kind, source.size, source.identity, {})
            journal = Journal.begin(state_folder("journals"), intent)
            stored = upload_object(
                client, bucket=bucket, key=key, source=source, content_type=kind, journal=journal
            )
            journal.remove()
        assert stored.verified == "size"  # what the sink lets anybody know

    return send


def engine_file(wish: dict[str, Any]) -> Cost:
    """Send one file by the engine, with its journal and the helper's client."""
    send = _engine(wish)
    with metered() as cost:
        send(Path(wish["file"]), wish["key"])
    return cost


def engine_at_once(wish: dict[str, Any]) -> Cost:
    """Send all files at once, each from a thread of its own."""
    send, files = _engine(wish), _files(wish)
    with metered() as cost, ThreadPoolExecutor(len(files)) as threads:
        list(threads.map(lambda file: send(file, f"{wish['key']}/{file.name}"), files))
    return cost


def _files(wish: dict[str, Any]) -> list[Path]:
    return sorted(Path(wish["folder"]).iterdir())


UPLOADS = {name: made for name, made in globals().items() if not name.startswith("_")}

if __name__ == "__main__":
    serve(UPLOADS)

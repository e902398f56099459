"""The rows of a file that is dropped in a real browser, on a real JupyterLab.

Each run has a browser and a JupyterLab of its own, whose home (what is received lies there) is in
memory, where there is room. The clock starts at the drop, or where JupyterLab has been told that so
large a file is meant; what the person does before, as signing in, is not counted.
"""

from __future__ import annotations

import socket
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

import boto3

from benchmarks import ground, run
from benchmarks.ground import MIB
from benchmarks.rounds import OURS, play
from benchmarks.row import Row, Target

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.meter import Cost
    from benchmarks.rounds import Round

SIZE = 500 * MIB
RATE = 150e6
STAGED = "dropped on the panel until staged"
RECEIVED = "dropped on the panel until received"
UPLOADED = "uploaded by JupyterLab"
UPSTREAM = "JupyterLab's upload, then openeo.extra.artifacts"
COMING, LEAVING = "browser to server alone", "disk to storage alone"


def drop(count: int) -> list[Round]:
    """500 MiB from the browser to SeaweedFS; each round has a fresh one."""
    rounds = []
    with ExitStack() as held:
        file = held.enter_context(ground.files(1, SIZE)) / "file-0000.bin"
        for number in range(count):
            with ground.storage() as storage:

                def ours() -> Cost:
                    cost = _browser(STAGED, storage.wish["backend"], file)
                    storage.check(1, SIZE)
                    return cost

                def theirs() -> Cost:
                    cost = _browser(UPLOADED, storage.wish["backend"], file)
                    wish = storage.wish | {"file": str(file), "name": file.name}
                    with ground.roomy_folder() as home:
                        cost.seconds += run.peer("upstream_file", home, wish).seconds
                    storage.check(1, SIZE)
                    return cost

                rounds.append(play({OURS: ours, UPSTREAM: theirs}, number))
    return rounds


def throttled(count: int) -> list[Round]:
    """500 MiB from the browser to a sink that takes 150 MB/s, and both halves of that way."""
    with ExitStack() as held:
        file = held.enter_context(ground.files(1, SIZE)) / "file-0000.bin"
        storage = held.enter_context(ground.storage())

        def ours() -> Cost:
            with (
                ground.sink("--rate", str(RATE)) as sink,
                storage.elsewhere(sink["s3"]["endpoint"]) as backend,
            ):
                cost = _browser(STAGED, backend, file)
                _see(sink)
            return cost

        def coming() -> Cost:
            # Nothing leaves, as this storage takes the connection and says nothing, ever.
            with (
                closing(socket.create_server(("127.0.0.1", 0))) as silent,
                storage.elsewhere(f"http://127.0.0.1:{silent.getsockname()[1]}") as backend,
            ):
                return _browser(RECEIVED, backend, file)

        def leaving() -> Cost:
            with ground.sink("--rate", str(RATE)) as sink, ground.roomy_folder() as home:
                cost = run.ours("engine_file", home, sink | {"file": str(file), "key": "a/b"})
                _see(sink)
            return cost

        engines = {OURS: ours, COMING: coming, LEAVING: leaving}
        return [play(engines, number) for number in range(count)]


def _browser(test: str, backend: str, file: Path) -> Cost:
    with ground.roomy_folder() as home:
        return run.browser(test, home, backend, file)


def _see(sink: Mapping[str, Any]) -> None:
    """See that the whole file has come to the sink."""
    s3 = sink["s3"]
    client = boto3.client(
        "s3",
        endpoint_url=s3["endpoint"],
        region_name=s3["region"],
        aws_access_key_id=s3["access_key"],
        aws_secret_access_key=s3["secret_key"],
    )
    ground.see(client, s3["bucket"], 1, SIZE)


ROWS = (
    Row(
        "browser-drop",
        "500 MiB dropped in a browser, to SeaweedFS",
        drop,
        [Target.of(UPSTREAM, 0.2)],
    ),
    Row(
        "browser-throttled",
        "500 MiB dropped in a browser, to a sink that takes 150 MB/s",
        throttled,
        [Target("the slower half", lambda read: max(read[COMING], read[LEAVING]), 1.25)],
    ),
)

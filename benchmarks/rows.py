"""All rows."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import browser_rows, ground, run
from benchmarks.ground import MIB
from benchmarks.rounds import OURS, play
from benchmarks.row import Row, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from benchmarks.meter import Cost
    from benchmarks.rounds import Round

GIB = 1024 * MIB
FILE, MANY, SMALL = GIB, 1000, 100 * 1024
ENGINES = {
    "boto3": "boto3_file",
    "boto3, MD5s compared": "boto3_checked",
    "obstore": "obstore_file",
    "s5cmd": "s5cmd_file",
    "openeo.extra.artifacts": "upstream_file",
}
CHECKED = "boto3, MD5s compared"
UNCHECKED = ("boto3", "obstore", "s5cmd", "openeo.extra.artifacts")
DIGESTS = "MD5 and SHA-256"


def _fastest(names: Iterable[str]) -> Callable[[Mapping[str, float]], float]:
    return lambda read: min(read[name] for name in names)


def _home(held: ExitStack) -> Path:
    """Return a new home: by the ledger of a round before, its files would be stored already."""
    return Path(held.enter_context(tempfile.TemporaryDirectory(prefix="bench-home-")))


def _key(wish: Mapping[str, Any], name: str) -> str:
    from datetime import datetime, timezone

    return f"{wish['prefix']}/{datetime.now(timezone.utc):%Y/%m/%d}/{name}"


def one_file(count: int) -> list[Round]:
    """1 GiB from disk to SeaweedFS, a fresh one for each engine in each round."""
    with ExitStack() as held:
        folder = held.enter_context(ground.files(1, FILE))

        def checked(send: Callable[..., Cost], upload: str) -> Cost:
            with ground.storage() as storage:
                wish = storage.wish | {
                    "file": str(folder / "file-0000.bin"),
                    "key": _key(storage.wish, "field.bin"),
                    "name": "field.bin",
                }
                cost = send(upload, _home(held), wish)
                storage.check(1, FILE)
            return cost

        engines = {OURS: partial(checked, run.ours, "helper_file")}
        engines |= {name: partial(checked, run.peer, upload) for name, upload in ENGINES.items()}
        return [play(engines, number) for number in range(count)]


def many_files(count: int) -> list[Round]:
    """1000 files of 100 KiB to SeaweedFS."""
    rounds = []
    uploads = {
        "boto3, 16 threads": "boto3_many",
        "obstore": "obstore_many",
        "s5cmd": "s5cmd_many",
        "openeo.extra.artifacts, a loop": "upstream_many",
    }
    with ExitStack() as held:
        folder = held.enter_context(ground.files(MANY, SMALL))
        storage = held.enter_context(ground.storage())

        def checked(send: Callable[..., Cost], upload: str, number: int) -> Cost:
            place = {"key": _key(storage.wish, f"{number}"), "name": f"{number}"}
            before = storage.cpu()
            cost = send(upload, _home(held), storage.wish | place | {"folder": str(folder)})
            cost.storage = storage.cpu() - before
            storage.check(MANY, MANY * SMALL)
            return cost

        for number in range(count):
            engines = {OURS: partial(checked, run.ours, "helper_many", number)}
            engines |= {
                name: partial(checked, run.peer, upload, number) for name, upload in uploads.items()
            }
            rounds.append(play(engines, number))
    return rounds


def resume(count: int) -> list[Round]:
    """Kill a 1 GiB upload at its half and go on, beside sending it anew."""
    rounds = []
    with ExitStack() as held:
        folder = held.enter_context(ground.files(1, FILE))
        for number in range(count):
            with ground.storage() as storage, ExitStack() as one_round:
                wish = storage.wish | {"file": str(folder / "file-0000.bin"), "name": "field.bin"}
                home, fresh = _home(one_round), _home(one_round)

                def go_on() -> Cost:
                    run.ours("helper_half", home, wish)  # noqa: B023
                    cost = run.ours("helper_resumed", home, wish)  # noqa: B023
                    storage.check(1, FILE)
                    return cost

                def anew() -> Cost:
                    cost = run.ours("helper_file", fresh, wish)  # noqa: B023
                    storage.check(1, FILE)
                    return cost

                rounds.append(play({OURS: go_on, "sending it again": anew}, number))
    return rounds


def null_sink(count: int) -> list[Round]:
    """1 GiB to the sink."""
    peers = {"boto3": "boto3_file", "obstore": "obstore_file", "s5cmd": "s5cmd_file"}
    return _to_sink(count, (1, FILE, False), "engine_file", peers | {DIGESTS: "digests"})


def large_file(count: int) -> list[Round]:
    """8 GiB of holes to the sink."""
    peers = {"boto3": "boto3_file", "obstore": "obstore_file"}
    return _to_sink(count, (1, 8 * GIB, True), "engine_file", peers)


def at_once(count: int) -> list[Round]:
    """20 files of 64 MiB to the sink at once."""
    peers = {"boto3": "boto3_at_once", "obstore": "obstore_at_once"}
    return _to_sink(count, (20, 64 * MIB, False), "engine_at_once", peers)


def _to_sink(
    count: int, what: tuple[int, int, bool], mine: str, peers: Mapping[str, str]
) -> list[Round]:
    number_of, size, sparse = what
    with ExitStack() as held:
        home = _home(held)
        folder = held.enter_context(ground.files(number_of, size, sparse=sparse))
        wish = held.enter_context(ground.sink()) | {
            "file": str(folder / "file-0000.bin"),
            "folder": str(folder),
            "key": "bench/field.bin",
        }
        engines = {OURS: partial(run.ours, mine, home, wish)}
        engines |= {name: partial(run.peer, upload, home, wish) for name, upload in peers.items()}
        return [play(engines, number) for number in range(count)]


ROWS = (
    Row(
        "one-file",
        "1 GiB from disk to SeaweedFS",
        one_file,
        [
            Target("the fastest", _fastest(UNCHECKED), 1.15),
            Target.of(CHECKED, 1.0),
        ],
    ),
    Row(
        "null-sink",
        "1 GiB to a sink that verifies the length only: processor time, user and system",
        null_sink,
        [
            Target("boto3 + the digests", lambda read: read["boto3"] + read[DIGESTS], 1.0),
        ],
        reading=lambda cost: cost.cpu,
        unit="s of CPU",
    ),
    Row(
        "many-files",
        "1000 files of 100 KiB to SeaweedFS",
        many_files,
        [
            Target.of("s5cmd", 1.25),
            Target.of("boto3, 16 threads", 1.25),
            Target.of("openeo.extra.artifacts, a loop", 1.25),
        ],
    ),
    Row(
        "memory-large",
        "One file of 8 GiB to the sink: peak memory of the process",
        large_file,
        [Target.of("boto3", 1.0)],
        reading=lambda cost: cost.peak,
        unit="MiB",
    ),
    Row(
        "memory-many",
        "20 files of 64 MiB to the sink at once: peak memory of the process",
        at_once,
        [Target.of("boto3", 1.0)],
        reading=lambda cost: cost.peak,
        unit="MiB",
    ),
    Row(
        "resume",
        "1 GiB, killed at its half and gone on with by a new process, to SeaweedFS",
        resume,
        [Target.of("sending it again", 0.6)],
    ),
    *browser_rows.ROWS,
)

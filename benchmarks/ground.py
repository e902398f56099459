"""What everybody uploads to: a whole local provider with SeaweedFS, or the sink."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.run import ROOT
from benchmarks.sink import BUCKET
from jupyter_openeo_artifacts.demo import LocalProvider
from jupyter_openeo_artifacts.demo.openeo_api import s3sts_provider
from tests.servers.provider import assume_role, other_backend, tokens
from tests.servers.sts_shim import sts_shim

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024**2
_SERVER = "weed"
_MEMORY_DISK = Path("/dev/shm")
_ROOM = 9 * 1024 * MIB
# Upstream reads a region from the host; as a fragment it goes nowhere but into upstream's reading.
_REGION = "#.s3.us-east-1"


def see(client: Any, bucket: str, count: int, size: int) -> list[str]:
    """See that so many bytes in so many objects are there, and return their keys."""
    found = []
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        found += [each for each in page.get("Contents", []) if each["Key"].count("/") > 0]
    if (len(found), sum(each["Size"] for each in found)) != (count, size):
        raise RuntimeError(f"{len(found)} objects are there, not {count} of {size} bytes")
    return [each["Key"] for each in found]


class Storage:
    """A running provider; `wish` is what an engine has to know of it."""

    def __init__(self, provider: LocalProvider, wish: dict[str, Any]) -> None:
        self.wish = wish
        self._provider = provider
        self._admin = provider.storage.administrator()
        self._bucket = provider.bucket

    def check(self, count: int, size: int) -> None:
        """See that so many bytes in so many objects are there, and remove them."""
        found = see(self._admin, self._bucket, count, size)
        for first in range(0, len(found), 1000):
            keys = [{"Key": key} for key in found[first : first + 1000]]
            self._admin.delete_objects(Bucket=self._bucket, Delete={"Objects": keys})

    def cpu(self) -> float:
        """Return the processor time it has used so far, in seconds; 0 where there is no /proc."""
        return sum(_seconds_by_pid(_SERVER).values())

    @contextmanager
    def elsewhere(self, endpoint: str) -> Iterator[str]:
        """Serve an openEO API whose people and STS are this one's, and whose S3 is another."""
        artifacts = s3sts_provider(
            s3_endpoint=endpoint,
            sts_endpoint=self._provider.sts,
            role=self._provider.role,
            bucket=BUCKET,
            region=self._provider.region,
        )
        with other_backend(self._provider, artifacts) as backend:
            yield backend

    def warm_up(self) -> None:
        """Have it make its volumes."""
        for number in range(8):
            self._admin.put_object(
                Bucket=self._bucket, Key=f"warm/{number}", Body=os.urandom(8 * MIB)
            )
        self.check(8, 64 * MIB)


def _seconds_by_pid(program: str) -> dict[int, float]:
    """Return the processor time of each process of that name which this one has started."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for each in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it may end meanwhile
            about, _, rest = each.read_text().rpartition(")")
            told, pid = rest.split(), int(each.parent.name)
            parents[pid] = int(told[1])
            if about.partition("(")[2] == program:
                used[pid] = (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")

    def is_ours(pid: int) -> bool:
        while pid in parents and pid != os.getpid():
            pid = parents[pid]
        return pid == os.getpid()

    return {pid: seconds for pid, seconds in used.items() if is_ours(pid)}


@contextmanager
def roomy_folder() -> Iterator[Path]:
    """Make a folder that lies in memory, where there is room."""
    roomy = _MEMORY_DISK.is_dir() and shutil.disk_usage(_MEMORY_DISK).free > _ROOM
    data = Path(tempfile.mkdtemp(prefix="bench-", dir=_MEMORY_DISK if roomy else None))
    try:
        yield data
    finally:
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def storage() -> Iterator[Storage]:
    """Run a fresh provider; what it stores lies in memory, where there is room."""
    with (
        roomy_folder() as data,
        LocalProvider(data / "data", access_token_seconds=3600) as provider,
        sts_shim(provider.sts) as shim,
    ):
        login = tokens(provider)["access_token"]
        role = assume_role(provider, login, 3600)
        keys = role["Credentials"]
        subject = role["SubjectFromWebIdentityToken"]
        upstreams = {
            "s3_endpoint": f"{provider.s3}{_REGION}",
            "sts_endpoint": shim.address,
            "role": provider.role,
            "bucket": provider.bucket,
        }
        entry = {"id": "s3", "type": "S3STSConfig", "config": upstreams}
        with other_backend(provider, {"providers": [entry]}) as backend:
            wish = {
                "backend": provider.backend,
                "upstreams_backend": backend,
                "login": login,
                "prefix": _prefix(provider, subject),
                "s3": {
                    "endpoint": provider.s3,
                    "region": provider.region,
                    "bucket": provider.bucket,
                    "access_key": keys["AccessKeyId"],
                    "secret_key": keys["SecretAccessKey"],
                    "token": keys["SessionToken"],
                },
            }
            made = Storage(provider, wish)
            made.warm_up()
            yield made


def _prefix(provider: LocalProvider, subject: str) -> str:
    from jupyter_openeo_artifacts.artifacts.uri import user_prefix

    assert provider.users
    return user_prefix(subject)


@contextmanager
def sink(*options: str) -> Iterator[dict[str, Any]]:
    """Run the sink; yields what an engine has to know of it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sink", *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield {
            "prefix": "bench",
            "s3": {
                "endpoint": process.stdout.readline().strip(),
                "region": "us-east-1",
                "bucket": BUCKET,
                "access_key": "AKBENCH",
                "secret_key": "SKBENCH",
                "token": "",
            },
        }
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


@contextmanager
def files(count: int, size: int, *, sparse: bool = False) -> Iterator[Path]:
    """Make a folder of files of random bytes, or of holes; nothing of it waits for the disk."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name) / "files"
        folder.mkdir()
        for number in range(count):
            with (folder / f"file-{number:04}.bin").open("wb") as file:
                if sparse:
                    file.truncate(size)
                for first in range(0, 0 if sparse else size, 16 * MIB):
                    file.write(os.urandom(min(16 * MIB, size - first)))
                file.flush()
                os.fsync(file.fileno())
        yield folder

"""SeaweedFS, a real S3, on loopback."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from jupyter_openeo_artifacts.transfer.config import MIN_PART
from tests.limits import AT_MOST
from tests.support.ports import with_free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_s3 import S3Client

BUCKET = "artifacts"
KEYS = ("AKTEST", "SKTEST")
PART = MIN_PART


def free_ports(count: int) -> list[int]:
    """Return ports that are free, and whose number + 10000 is (weed's gRPC)."""
    found: list[int] = []
    with ExitStack() as held:
        while len(found) < count:
            one = held.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            if port + 10_000 > 65_535:
                continue
            other = held.enter_context(socket.socket())
            try:
                other.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            found.append(port)
    return found


def make_client(endpoint: str, **config) -> S3Client:
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEYS[0],
        aws_secret_access_key=KEYS[1],
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            **{"connect_timeout": 5, "read_timeout": 10, **config},
        ),
    )


@dataclass(frozen=True)
class Storage:
    endpoint: str
    client: S3Client

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    def content(self, key: str) -> bytes:
        return self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def leftovers(self, key: str) -> list[str]:
        """Name everything of `key` that can be seen or is paid for."""
        objects = self.client.list_objects_v2(Bucket=BUCKET, Prefix=key).get("Contents", [])
        uploads = self.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])
        return [f"object {o['Key']}" for o in objects] + [
            f"upload {u['UploadId']}" for u in uploads if u["Key"] == key
        ]


def weed_program() -> str:
    beside = Path(sys.executable).parent / "weed"
    return str(beside) if beside.exists() else (shutil.which("weed") or "weed")


@contextmanager
def running_storage(folder: Path) -> Iterator[Storage]:
    """Yield a SeaweedFS that keeps its files in `folder`, and ends by a kill."""
    process, endpoint = with_free_ports(lambda: start_storage(folder), folder / "log")
    try:
        client = make_client(endpoint)
        make_bucket(client)
        yield Storage(endpoint, client)
    finally:
        end(process)
        shutil.rmtree(folder, ignore_errors=True)


def end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)  # it takes 26 s to leave on SIGTERM
    process.wait()


def start_storage(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start one on free ports; return it and its address."""
    identity = {
        "name": "admin",
        "credentials": [{"accessKey": KEYS[0], "secretKey": KEYS[1]}],
        "actions": ["Admin", "Read", "List", "Tagging", "Write"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    s3, master, volume, filer = free_ports(4)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                weed_program(),
                "-logtostderr=true",
                "server",
                f"-dir={folder}",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                f"-master.port={master}",
                f"-volume.port={volume}",
                "-filer",
                f"-filer.port={filer}",
                "-master.volumeSizeLimitMB=1024",
                "-master.electionTimeout=1s",
                "-volume.max=50",
                "-s3",
                f"-s3.port={s3}",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                f"-s3.config={folder / 's3.json'}",
            ],
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, "GOMEMLIMIT": "400MiB"},
        )
    endpoint = f"http://127.0.0.1:{s3}"
    try:
        wait_until_up(endpoint, process, folder / "log")
    except BaseException:
        end(process)
        raise
    return process, endpoint


def wait_until_up(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + AT_MOST
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(endpoint, timeout=1).close()
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(log.read_text()[-2000:])


def make_bucket(client: S3Client) -> None:
    deadline = time.monotonic() + AT_MOST
    while True:  # S3 answers a little before its volumes are there
        try:
            client.create_bucket(Bucket=BUCKET)
            client.put_object(Bucket=BUCKET, Key="warm", Body=b"up")
            client.delete_object(Bucket=BUCKET, Key="warm")
        except client.exceptions.ClientError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return

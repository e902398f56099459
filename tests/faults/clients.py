"""Clients of the stub: as production makes them, and as anybody does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from jupyter_openeo_artifacts.s3.client import s3_client
from jupyter_openeo_artifacts.s3.credentials import Credentials, Session
from jupyter_openeo_artifacts.s3.settings import Storage
from tests.faults.signature import REGION
from tests.faults.stub import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

    from jupyter_openeo_artifacts.s3.object_client import ObjectClient
    from jupyter_openeo_artifacts.s3.server_clock import ServerClock
    from tests.faults.signature import Key
    from tests.faults.stub import Stub

HOURS = timedelta(hours=12)


def obtaining(stub: Stub) -> Callable[[], Session]:
    """Return what gets a session; the stub itself is the STS."""

    def obtain() -> Session:
        key, now = stub.issue(HOURS), stub.now()
        return Session(key.access_key, key.secret_key, key.token or "", "me", now, now + HOURS)

    return obtain


def credentials_of(stub: Stub, clock: ServerClock) -> Credentials:
    """Return our credentials."""
    return Credentials(obtaining(stub), clock)


def our_client(
    stub: Stub, credentials: Credentials, clock: ServerClock, *, trailers: bool = False
) -> ObjectClient:
    """Return the client that the artifact helper makes."""
    flags = {"checksum-via-trailers": trailers}
    zero = "00000000-0000-0000-0000-000000000000"
    storage = Storage(stub.endpoint, stub.endpoint, zero, "r", BUCKET, flags, REGION, 900, "stub")
    return s3_client(storage, credentials, clock)


def plain_client(stub: Stub, key: Key, **config: Any) -> S3Client:
    """Return a boto3 client with the user's `config`, and boto3's defaults else."""
    return boto3.client(
        "s3",
        endpoint_url=stub.endpoint,
        region_name=REGION,
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
        aws_session_token=key.token,
        config=Config(**config),
    )

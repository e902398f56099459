"""The table of Amazon's endpoints is not read, and all requests are what they would be with it."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.loaders import Loader

from jupyter_openeo_artifacts.s3 import client as own_endpoints
from jupyter_openeo_artifacts.s3.client import s3_client, sts_client
from jupyter_openeo_artifacts.s3.credentials import Session
from jupyter_openeo_artifacts.s3.server_clock import ServerClock, local_now


def storage(region: str, scheme: str) -> Any:
    return SimpleNamespace(
        s3_endpoint=f"{scheme}://storage.example:8333",
        sts_endpoint=f"{scheme}://sts.example",
        region=region,
        traced=False,
        public_only=False,
        is_feature_enabled=lambda _: False,
    )


def asked_for(region: str, scheme: str) -> list[Any]:
    """Return where clients would ask for what, and how they would sign it."""
    now = local_now()
    session = Session("AK", "SK", "ST", "subject", now, now + timedelta(hours=1))
    credentials: Any = SimpleNamespace(current=lambda: session)
    s3 = s3_client(storage(region, scheme), credentials, ServerClock())
    sts = sts_client(storage(region, scheme), ServerClock())
    heard: list[Any] = []

    def stop(request: Any, **_: Any) -> Any:
        signed = request.headers.get("Authorization", "")
        text = signed if isinstance(signed, str) else signed.decode()
        scope = re.sub(r"Signature=\w+", "", text)
        heard.append((request.method, request.url, scope))
        return SimpleNamespace(status_code=200, headers={}, content=b"", raw=None)

    for client in (s3, sts):
        client.meta.events.register("before-send", stop)
    s3.head_object(Bucket="bucket", Key="me/a b.tif")
    s3.upload_part(Bucket="bucket", Key="a", UploadId="u+/=", PartNumber=2, Body=b"x")
    s3.put_object(Bucket="bucket", Key="me/x", Body=b"x")
    s3.list_objects_v2(Bucket="bucket", Prefix="me/", MaxKeys=9)
    heard += [s3.meta.endpoint_url, s3.meta.region_name, sts.meta.endpoint_url]
    return heard


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "waw3-1", "default", "cn-north-1"])
def test_requests_are_those_that_they_would_be_with_the_table(
    region: str, scheme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = asked_for(region, scheme)
    # When
    monkeypatch.setattr(own_endpoints, "data_loader", Loader)
    # Then
    assert asked_for(region, scheme) == without
    assert len(without) == 7
    assert f"/{region}/s3/aws4_request" in without[0][2]


def test_the_table_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    load = Loader.load_data_with_path

    def hear(self: Loader, name: str) -> Any:
        read.append(name)
        return load(self, name)

    own_endpoints.data_loader.cache_clear()
    monkeypatch.setattr(Loader, "load_data_with_path", hear)
    # When
    asked_for("us-east-1", "https")
    # Then
    assert any("service-2" in name for name in read)
    assert "endpoints" not in read

"""Storages that a backend names, and what it was shown of a login."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.servers.openeo_stub import Backend


STS = "https://sts.example:8443"


S3 = "https://s3.example"


def storage(sts: str = STS, s3: str = S3, **more: Any) -> dict[str, Any]:
    config = {"sts_endpoint": f"{sts}/any/path", "s3_endpoint": s3, "role": "r", "bucket": "b"}
    return {"id": "s3", "type": "S3STSConfig", "config": config | more}


def heard(backend: Backend) -> list[str]:
    """Return what a backend was shown of any login."""
    return [authorization for _, _, authorization in backend.seen if authorization]

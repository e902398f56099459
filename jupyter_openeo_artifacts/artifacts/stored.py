"""What an upload comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.uri import S3URI
    from jupyter_openeo_artifacts.records.ledger import Verified


@dataclass(frozen=True)
class Stored:
    """What is in storage now; `size` in bytes, `sha256` in hex, empty as `StoredObject.sha256`."""

    uri: S3URI
    size: int
    sha256: str
    content_type: str
    reused: bool = False
    """Whether it was there already, and nothing was sent."""
    resumed: bool = False
    """Whether it goes on from an upload that was interrupted."""
    verified: Verified = "etag"
    """How it is known to be whole, as `StoredObject.verified`."""

"""How a storage is reached, with nothing left open."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DISABLE_TRACING_TRACE_ID = "00000000-0000-0000-0000-000000000000"

FEATURE_FLAGS = {
    # Storage lets a presigned GET be used for HEAD too if this query parameter is signed with it.
    "X-Proxy-Head-As-Get": False,
    # Storage understands checksums sent as HTTP trailers; where it does not, they corrupt data.
    "checksum-via-trailers": False,
}


@dataclass(frozen=True)
class Storage:
    """A configuration with nothing left open.

    `public_only` is our own: whether it may be reached at public addresses only.
    """

    s3_endpoint: str
    sts_endpoint: str
    trace_id: str
    role: str
    bucket: str
    feature_flags: Mapping[str, bool] = field(hash=False)
    region: str
    session_seconds: int
    provider: str
    retention_seconds: int | None = None
    grace_seconds: int = 0
    public_only: bool = False

    def is_feature_enabled(self, flag: str) -> bool:
        """Tell whether the storage has a feature (see `FEATURE_FLAGS`)."""
        return self.feature_flags.get(flag, FEATURE_FLAGS[flag])

    @property
    def traced(self) -> bool:
        """Whether requests carry `trace_id`."""
        return self.trace_id != DISABLE_TRACING_TRACE_ID

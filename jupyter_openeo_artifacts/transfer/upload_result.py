"""What a finished upload is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.state.staged_record import Verified


@dataclass(frozen=True)
class StoredObject:
    """An object that is whole in the storage.

    `size` is in bytes, `sha256` of the whole content in hex (empty where a part was sent by an
    earlier process and could not be read again), `etag` as the storage answered it, without quotes;
    `parts` is 1 for a file that went in one request. `verified` is "etag" where the storage's MD5s
    were compared with those of the bytes that were sent, and "size" where its ETags are not MD5s
    (encryption with KMS, some gateways), so that size, our token in the metadata and the signed
    hash of each request are all there is.
    """

    key: str
    size: int
    sha256: str
    etag: str
    parts: int
    verified: Verified = "etag"

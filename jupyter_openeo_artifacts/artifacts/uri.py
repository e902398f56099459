"""The storage URI of an artifact."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from jupyter_openeo_artifacts.artifacts.exceptions import StorageURIInvalid
from jupyter_openeo_artifacts.artifacts.keys import MAX_KEY_BYTES

_SCHEME = "s3://"
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}")


@dataclass(frozen=True)
class S3URI:
    """`s3://<bucket>/<key>`; the key is taken as it stands, nothing is decoded or normalised."""

    bucket: str
    key: str

    @classmethod
    def from_str(cls, uri: str) -> S3URI:
        """Read an URI as `str()` writes it.

        Raises
        ------
        StorageURIInvalid
            It has not this form (a `ValueError`, as upstream raises).
        """
        bucket, slash, key = uri.removeprefix(_SCHEME).partition("/")
        if not uri.startswith(_SCHEME) or not slash:
            raise _invalid()
        return cls._checked(bucket, key)

    @classmethod
    def from_any(cls, uri: Any) -> S3URI:
        """Take one of ours, one of upstream's (read by attribute) or the text.

        Raises
        ------
        StorageURIInvalid
            It is none of these.
        """
        bucket, key = getattr(uri, "bucket", None), getattr(uri, "key", None)
        if isinstance(bucket, str) and isinstance(key, str):
            return cls._checked(bucket, key)
        return cls.from_str(str(uri))

    @classmethod
    def _checked(cls, bucket: str, key: str) -> S3URI:
        try:
            length = len(key.encode())
        except UnicodeEncodeError as error:
            raise _invalid() from error
        if not _BUCKET.fullmatch(bucket) or not 0 < length <= MAX_KEY_BYTES:
            raise _invalid()
        return cls(bucket, key)

    def to_string(self) -> str:
        """Return `s3://<bucket>/<key>`."""
        return f"{_SCHEME}{self.bucket}/{self.key}"

    def __str__(self) -> str:
        return self.to_string()


def _invalid() -> StorageURIInvalid:
    return StorageURIInvalid(
        "This is not a storage URI of the form s3://<bucket>/<key>.",
        todo="Copy it again from the panel, or use what upload_file returned.",
    )

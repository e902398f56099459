"""The storage URI of an artifact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jupyter_openeo_artifacts.artifacts.exceptions import StorageURIInvalid

_SCHEME = "s3://"


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
        if not uri.startswith(_SCHEME) or not bucket or not slash or not key:
            raise StorageURIInvalid(
                "This is not a storage URI of the form s3://<bucket>/<key>.",
                todo="Copy it again from the panel, or use what upload_file returned.",
            )
        return cls(bucket, key)

    @classmethod
    def from_any(cls, uri: Any) -> S3URI:
        """Take one of ours, one of upstream's (read by attribute) or the text.

        Raises
        ------
        StorageURIInvalid
            It is none of these.
        """
        bucket, key = getattr(uri, "bucket", None), getattr(uri, "key", None)
        if isinstance(bucket, str) and isinstance(key, str) and bucket and key:
            return cls(bucket, key)
        return cls.from_str(str(uri))

    def to_string(self) -> str:
        """Return `s3://<bucket>/<key>`."""
        return f"{_SCHEME}{self.bucket}/{self.key}"

    def __str__(self) -> str:
        return self.to_string()

"""What an upload is for: the first line of its journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1


@dataclass(frozen=True)
class Intent:
    """What is to be stored where, and what the owner of the upload wants to find again.

    `endpoint` is the storage's host, `identity` says which bytes are meant (`Source.identity`),
    `size` is in bytes; `about` is the owner's own, and holds no secret.
    """

    endpoint: str
    bucket: str
    key: str
    content_type: str
    size: int
    identity: list[Any]
    about: Mapping[str, Any]

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> Intent | None:
        """Return what a line says; None where it is none of ours."""
        match entry:
            case {
                "version": 1,
                "endpoint": str(endpoint),
                "bucket": str(bucket),
                "key": str(key),
                "content_type": str(content_type),
                "size": int(size),
                "identity": list(identity),
                "about": dict(about),
            } if size >= 0:
                return cls(endpoint, bucket, key, content_type, size, identity, about)
        return None

    def to_entry(self) -> dict[str, Any]:
        """Return the line for it."""
        return {"version": VERSION, **vars(self)}

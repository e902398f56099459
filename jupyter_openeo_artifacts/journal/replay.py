"""What the lines of a journal say: the header, and the state they lead to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


_TOKEN = re.compile(r"[0-9a-f]{32}")  # it becomes a header


@dataclass(frozen=True)
class SentPart:
    """A part that storage has: its length in bytes, the MD5 of what was sent, storage's ETag.

    `through` is the SHA-256 of all bytes through its last one, in hex; empty where not all of them
    were read.
    """

    number: int
    length: int
    md5: str
    etag: str
    through: str = ""


class JournalState:
    """What the lines of a journal, taken together, say of its upload."""

    def __init__(self) -> None:
        self.token: str | None = None
        self.part_size: int = 0
        self.upload_id: str | None = None
        self.completing: bool = False
        self.owed: bool = False
        self.parts: dict[int, SentPart] = {}
        self._creating = self._has_strays = False

    @property
    def create_in_doubt(self) -> bool:
        """Whether storage may have an upload whose id it was never heard to say."""
        return self._creating or self._has_strays

    @property
    def begun(self) -> bool:
        """Whether storage may know of the upload."""
        return self.token is not None

    @property
    def may_be_stored(self) -> bool:
        """Whether the object may be there: storage was to finish it, or has got it in one piece."""
        return self.begun and (self.completing or not (self.upload_id or self.create_in_doubt))

    @property
    def confirmed_bytes(self) -> int:
        """How many bytes from the first one on storage has."""
        count = 0
        while count + 1 in self.parts:
            count += 1
        return sum(self.parts[number].length for number in range(1, count + 1))

    def apply(self, entry: Mapping[str, Any]) -> None:
        """Take one more line into account."""
        match entry:
            case {"plan": str(token), "part_size": int(part_size)}:
                if _TOKEN.fullmatch(token) and part_size > 0:
                    self.token, self.part_size = token, part_size
            case {"creating": _}:
                # No answer came to the one before, whatever becomes of this one.
                self._has_strays |= self._creating
                self._creating = True
            case {"upload": str(upload_id)}:
                self.upload_id, self._creating = upload_id, False
            case {
                "part": {"number": int(n), "length": int(l), "md5": str(m), "etag": str(e), **more}
            }:
                self.parts[n] = SentPart(n, l, m, e, str(more.get("through", "")))
            case {"completing": _}:
                self.completing = True
            case {"lost": _}:
                self.upload_id, self.parts, self.completing = None, {}, False
            case {"owed": _}:
                self.owed = True


VERSION = 1


@dataclass(frozen=True)
class JournalHeader:
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
    def from_entry(cls, entry: Mapping[str, Any]) -> JournalHeader | None:
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

"""One request as the stub has read it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

Operation = Literal[
    "Put",
    "Get",
    "Head",
    "Delete",
    "Create",
    "UploadPart",
    "Complete",
    "Abort",
    "ListParts",
    "ListUploads",
    "ListObjects",
    "CreateBucket",
    "Unknown",
]

_OF_UPLOADS: dict[str, Operation] = {
    "PUT": "UploadPart",
    "POST": "Complete",
    "DELETE": "Abort",
    "GET": "ListParts",
}
_OF_KEYS: dict[str, Operation] = {"PUT": "Put", "GET": "Get", "HEAD": "Head", "DELETE": "Delete"}


@dataclass
class Request:
    """Method, target and headers; `headers` has lower-case names, the last of equal ones wins."""

    method: str
    target: str
    headers: dict[str, str]
    query: dict[str, str] = field(init=False)
    bucket: str = field(init=False)
    key: str = field(init=False)

    def __post_init__(self) -> None:
        parts = urlsplit(self.target)
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        bucket, _, key = parts.path.removeprefix("/").partition("/")
        self.bucket, self.key = unquote(bucket), unquote(key)

    @classmethod
    def of(cls, head: bytes) -> Request:
        """Parse what stands before the body."""
        first, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        return cls(method, target, {name.lower(): value.strip() for name, _, value in pairs})

    @property
    def operation(self) -> Operation:
        """What is asked for, in S3's words."""
        if "uploadId" in self.query:
            return _OF_UPLOADS.get(self.method, "Unknown")
        if "uploads" in self.query:
            return {"POST": "Create", "GET": "ListUploads"}.get(self.method, "Unknown")  # type: ignore[return-value]
        if self.key:
            return _OF_KEYS.get(self.method, "Unknown")
        return {"GET": "ListObjects", "PUT": "CreateBucket"}.get(self.method, "Unknown")  # type: ignore[return-value]

    @property
    def part(self) -> int:
        """The part's number, 0 where it is of no part."""
        return int(self.query.get("partNumber", "0"))

    @property
    def length(self) -> int | None:
        """Bytes of the body on the wire, as announced."""
        found = self.headers.get("content-length")
        return int(found) if found else None

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits before it sends the body."""
        return self.headers.get("expect", "").lower() == "100-continue"

    @property
    def comes_in_chunks(self) -> bool:
        """Whether it has HTTP's chunks around S3's; S3 takes no others."""
        return self.is_chunked and "chunked" in self.headers.get("transfer-encoding", "")

    @property
    def has_body(self) -> bool:
        """Whether bytes follow."""
        return bool(self.length) or self.comes_in_chunks

    @property
    def is_chunked(self) -> bool:
        """Whether the body is in S3's own chunks, with a trailer."""
        return "aws-chunked" in self.headers.get("content-encoding", "")


@dataclass(frozen=True)
class Seen:
    """What is kept of a request for a test to look at: nothing that could be a secret."""

    operation: Operation
    part: int
    status: int
    """Of the answer; 0 where there was none."""
    received: int
    """Bytes of the body that arrived."""
    fault: str = ""

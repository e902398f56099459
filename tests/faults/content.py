"""The body of a request, hashed as it arrives, and held against all that was said of it."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass, field
from hashlib import md5, sha1, sha256
from typing import TYPE_CHECKING

from tests.faults.answer import refuse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.request import Request

UNSIGNED = "UNSIGNED-PAYLOAD"
TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


@dataclass
class Content:
    """What has arrived; `blocks` stays empty where only lengths and hashes are kept."""

    keep: bool = True
    size: int = 0
    crc32: int = 0
    blocks: list[bytes] = field(default_factory=list)
    trailers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._md5 = md5(usedforsecurity=False)
        self._sha1 = sha1(usedforsecurity=False)
        self._sha256 = sha256()

    @classmethod
    def of(cls, whole: bytes) -> Content:
        """Return the content that these bytes are."""
        made = cls()
        made.add(whole)
        return made

    def add(self, block: bytes) -> None:
        """Take the next bytes."""
        self.size += len(block)
        self.crc32 = zlib.crc32(block, self.crc32)
        for each in (self._md5, self._sha256):
            each.update(block)
        if self.keep:
            self.blocks.append(block)

    @property
    def md5(self) -> str:
        """In hex."""
        return self._md5.hexdigest()

    @property
    def sha256(self) -> str:
        """In hex."""
        return self._sha256.hexdigest()

    def flipped(self) -> Content:
        """Return a copy with one bit changed; only of what is kept."""
        whole = bytearray(b"".join(self.blocks) or b"\x01")
        whole[len(whole) // 2] ^= 1
        return Content.of(bytes(whole))

    def checksum(self, name: str) -> str:
        """Return a checksum as it stands in `x-amz-checksum-<name>`."""
        if name == "crc32":
            return base64.b64encode(self.crc32.to_bytes(4, "big")).decode()
        if name == "sha256":
            return base64.b64encode(self._sha256.digest()).decode()
        if name == "sha1":
            whole = sha1(b"".join(self.blocks), usedforsecurity=False).digest()
            return base64.b64encode(whole).decode()
        raise refuse(501, "NotImplemented", name)

    def check(self, request: Request, *, md5: bool = True) -> None:
        """Raise `Refused` unless all that the request says of its body is so.

        `md5` is false where Content-MD5 is not looked at.
        """
        said = request.headers.get("x-amz-content-sha256")
        if said is None:
            raise refuse(400, "InvalidRequest", "x-amz-content-sha256 is missing")
        if said not in (UNSIGNED, TRAILER) and said != self.sha256:
            raise refuse(400, "XAmzContentSHA256Mismatch")
        if md5 and (announced := request.headers.get("content-md5")) is not None:
            self._check_md5(announced)
        if request.is_chunked:
            if said != TRAILER:
                raise refuse(501, "NotImplemented", "signed chunks")
            if request.headers.get("x-amz-decoded-content-length") != str(self.size):
                raise refuse(400, "IncompleteBody")
            if request.headers.get("x-amz-trailer", "") not in self.trailers:
                raise refuse(400, "MalformedTrailerError")
        for name, value in {**request.headers, **self.trailers}.items():
            kind = name.removeprefix("x-amz-checksum-")
            if kind not in (name, "algorithm", "type", "mode") and value != self.checksum(kind):
                raise refuse(400, "BadDigest", name)

    def _check_md5(self, announced: str) -> None:
        try:
            digest = base64.b64decode(announced, validate=True)
        except binascii.Error:
            raise refuse(400, "InvalidDigest") from None
        if len(digest) != 16:
            raise refuse(400, "InvalidDigest")
        if digest.hex() != self.md5:
            raise refuse(400, "BadDigest", "Content-MD5")


def unchunk(content: Content, line: Callable[[], bytes], exactly: Callable[[int], bytes]) -> None:
    """Read S3's chunks (`<hex length>[;extension]`, bytes, …, 0, trailers) into `content`."""
    while length := int(line().partition(b";")[0], 16):
        content.add(exactly(length))
        if line():
            raise refuse(400, "InvalidChunkSizeError")
    while found := line():
        name, _, value = found.decode("latin-1").partition(":")
        content.trailers[name.strip().lower()] = value.strip()

"""What an ETag says about the bytes: MD5 of an object sent whole, MD5 of the parts' MD5s otherwise.

Not so with SSE-KMS and SSE-C
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html), nor behind some gateways.
"""

from __future__ import annotations

import re
from hashlib import md5
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_MD5 = re.compile(r"[0-9a-f]{32}(-\d+)?")


def bare_etag(answer: Mapping[str, Any]) -> str:
    """Return the answer's ETag without quotes, in lower case; empty where there is none."""
    return str(answer.get("ETag") or "").removeprefix("W/").strip('"').lower()


def has_md5(answer: Mapping[str, Any]) -> bool:
    """Whether the ETag has the form of one that S3 makes of content, as a web page's has not."""
    return _MD5.fullmatch(bare_etag(answer)) is not None


def quoted_etag(etag: str) -> str:
    """Return an ETag as Complete and `If-Match` take it, whatever was done to it on the way."""
    bare = etag.removeprefix("W/").strip('"')
    return f'"{bare}"'


def content_md5(content: bytes | memoryview) -> str:
    """Return the ETag of an object or part with this content."""
    return md5(content, usedforsecurity=False).hexdigest()


def composite_md5(parts: Iterable[str]) -> str:
    """Return the ETag of an object made of parts with these ETags, in order."""
    digests = [bytes.fromhex(part) for part in parts]
    return f"{md5(b''.join(digests), usedforsecurity=False).hexdigest()}-{len(digests)}"


def agrees(answer: Mapping[str, Any], expected: str | None) -> bool | None:
    """Whether the answer's ETag is `expected`; None where that cannot be told.

    An ETag of another form than the expected one (with or without the number of parts) is none of
    ours to judge, nor is one of an object encrypted with a key the storage does not show.
    """
    found = _MD5.fullmatch(bare_etag(answer))
    if expected is None or not found or _is_encrypted(answer):
        return None
    _, _, count = expected.partition("-")
    if (found[1] or "") != (f"-{count}" if count else ""):
        return None
    return found[0] == expected


def _is_encrypted(answer: Mapping[str, Any]) -> bool:
    kind = str(answer.get("ServerSideEncryption") or "")
    return kind.startswith("aws:") or bool(answer.get("SSECustomerAlgorithm"))

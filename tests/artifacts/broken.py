"""An answer that ends before all of its content has come."""

from __future__ import annotations

import hashlib
from typing import Any


def broken(content: bytes, sent: int, status: str = "200 OK", **headers: Any) -> bytes:
    """Return an answer of which only `sent` bytes of the content come."""
    named = {"ETag": f'"{hashlib.md5(content).hexdigest()}"', "Content-Length": len(content)}
    lines = "".join(
        f"{name.replace('_', '-')}: {value}\r\n" for name, value in (named | headers).items()
    )
    head = f"HTTP/1.1 {status}\r\n{lines}Connection: close\r\n\r\n"
    return head.encode() + content[:sent]

"""The content of an HTTP answer: bounded, decoded, and read to checked values."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import HTTPError, SSLError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from urllib3.response import BaseHTTPResponse


MAX_BYTES = 2**20
"""The longest answer, as it came and decoded."""


_CHUNK = 16 * 2**10


_ANY_HEADER = 32 + zlib.MAX_WBITS  # of gzip or zlib


def content_of(response: requests.Response, most: int = MAX_BYTES) -> bytes:
    """Read the content of an answer that nobody has read yet, unpacked, up to `most` bytes.

    Raises
    ------
    requests.exceptions.ContentDecodingError
        It is too long, or packed in a way that nobody asked for.
    requests.RequestException
        It does not come whole.
    """
    said = response.headers.get("Content-Length", "")
    if response.request.method != "HEAD" and said.isdecimal() and int(said[:19]) > most:
        raise _too_long()
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    pieces = _pieces(response.raw, most)
    if encoding in ("", "identity"):
        return b"".join(pieces)
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise requests.exceptions.ContentDecodingError("it is packed in an unknown way")
    try:
        return _unpacked(pieces, most)
    except zlib.error as error:
        raise requests.exceptions.ContentDecodingError("it cannot be unpacked") from error


def _pieces(raw: BaseHTTPResponse, most: int) -> Iterator[bytes]:
    """Yield the bytes of an answer as they came."""
    count = 0
    while piece := _piece(raw):
        count += len(piece)
        if count > most:
            raise _too_long()
        yield piece


def _piece(raw: BaseHTTPResponse) -> bytes:
    try:
        return raw.read(_CHUNK, decode_content=False)
    except SSLError as error:
        raise requests.exceptions.SSLError(error) from error
    except (HTTPError, OSError) as error:
        raise requests.ConnectionError(error) from error


def _unpacked(pieces: Iterator[bytes], most: int) -> bytes:
    """Return the content; never more than one byte of what is too much is unpacked."""
    content = bytearray()
    decoder = zlib.decompressobj(_ANY_HEADER)
    for piece in pieces:
        packed = piece
        while packed:
            if decoder.eof:  # another member may follow (RFC 1952, section 2.2)
                decoder = zlib.decompressobj(_ANY_HEADER)
            content += decoder.decompress(packed, most + 1 - len(content))
            if len(content) > most:
                raise _too_long()
            packed = decoder.unused_data or decoder.unconsumed_tail
    if not decoder.eof and content:
        raise zlib.error("the end is missing")
    return bytes(content)


def _too_long() -> requests.exceptions.ContentDecodingError:
    return requests.exceptions.ContentDecodingError("the answer is too long")

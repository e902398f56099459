"""A storage that keeps nothing and verifies lengths only, so that an engine's own cost shows.

It reads what comes and forgets it. Its ETags are no MD5s, as those of some gateways: an engine that
compares is left with the size. `python -m benchmarks.sink` prints its address and serves until its
input ends; `--rate` says how many bytes a second it takes at most.
"""

from __future__ import annotations

import argparse
import re
import secrets
import socket
import sys
import threading
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from benchmarks.throttle import Throttle

MIB = 1024**2
BUCKET = "sink"
_ETAG = '"not-hashed"'
_META = re.compile(r"x-amz-meta-.*")


@dataclass
class Kept:
    """What is known of an object: its bytes, and its users' metadata."""

    size: int = 0
    metadata: dict[str, str] = field(default_factory=dict)
    parts: dict[int, int] = field(default_factory=dict)


class Sink:
    """The objects' lengths, and the answers of S3."""

    def __init__(self) -> None:
        self._objects: dict[str, Kept] = {}
        self._uploads: dict[str, Kept] = {}

    def answer(  # noqa: PLR0911 - a table
        self, method: str, target: str, headers: dict[str, str], size: int
    ) -> bytes:
        """Return the answer to a request whose body of `size` bytes has been read."""
        split = urlsplit(target)
        query = parse_qs(split.query, keep_blank_values=True)
        metadata = {name: value for name, value in headers.items() if _META.fullmatch(name)}
        match method:
            case "POST" if "uploads" in query:
                upload = secrets.token_hex(8)
                self._uploads[upload] = Kept(metadata=metadata)
                return _reply(
                    200,
                    xml=f"<InitiateMultipartUploadResult><UploadId>{upload}"
                    "</UploadId></InitiateMultipartUploadResult>",
                )
            case "POST" if "uploadId" in query:
                kept = self._uploads.pop(query["uploadId"][0])
                kept.size = sum(kept.parts.values())
                self._objects[split.path] = kept
                return _reply(
                    200,
                    xml="<CompleteMultipartUploadResult><ETag>"
                    f"{_ETAG}</ETag></CompleteMultipartUploadResult>",
                )
            case "PUT" if "uploadId" in query:
                self._uploads[query["uploadId"][0]].parts[int(query["partNumber"][0])] = size
                return _reply(200, {"ETag": _ETAG})
            case "PUT":
                self._objects[split.path] = Kept(size, metadata)
                return _reply(200, {"ETag": _ETAG})
            case "HEAD" if split.path in self._objects:
                found = self._objects[split.path]
                return _reply(200, {"ETag": _ETAG, **found.metadata}, length=found.size)
            case "GET" if "list-type" in query:
                found = "".join(
                    f"<Contents><Key>{path.removeprefix(f'/{BUCKET}/')}</Key>"
                    f"<Size>{kept.size}</Size></Contents>"
                    for path, kept in self._objects.items()
                )
                return _reply(200, xml=f"<ListBucketResult>{found}</ListBucketResult>")
            case "DELETE":
                return _reply(204)
        return _reply(404)


def _reply(
    status: int, headers: dict[str, str] | None = None, *, xml: str = "", length: int | None = None
) -> bytes:
    named = {**(headers or {}), "x-amz-request-id": "sink"}  # by which its answers are S3's
    lines = [f"{name}: {value}" for name, value in named.items()]
    lines.append(f"Content-Length: {len(xml) if length is None else length}")
    return "\r\n".join([f"HTTP/1.1 {status} It", *lines, "", xml]).encode()


def _serve(connection: socket.socket, sink: Sink, throttle: Throttle) -> None:
    buffer = memoryview(bytearray(MIB))
    held = b""
    with connection:
        while True:
            while b"\r\n\r\n" not in held:
                more = connection.recv(65_536)
                if not more:
                    return
                held += more
            head, _, held = held.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            method, target, _ = first.split(" ")
            pairs = (line.partition(":") for line in lines)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            if "transfer-encoding" in headers or "aws-chunked" in headers.get(
                "content-encoding", ""
            ):
                connection.sendall(_reply(501))
                return
            size = int(headers.get("content-length", 0))
            if headers.get("expect") == "100-continue" and not held:
                connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            left = size - min(size, len(held))
            held = held[size:]
            while left:
                got = connection.recv_into(buffer, min(left, MIB))
                if not got:
                    return
                left -= got
                throttle.let(got)
            connection.sendall(sink.answer(method, target, headers, size))


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sink")
    parser.add_argument("--rate", type=float, default=float("inf"))
    sink, throttle = Sink(), Throttle(parser.parse_args().rate)
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
    sys.stdout.flush()

    def accept() -> None:
        while True:
            connection, _ = listening.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_serve, args=(connection, sink, throttle), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()

"""A forwarding proxy on loopback, as networks of institutes have one."""

from __future__ import annotations

import http.client
import select
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 65_536
_HOP_BY_HOP = {"connection", "proxy-connection", "keep-alive", "transfer-encoding"}


@dataclass
class ForwardProxy:
    """Where it is, and what it was asked for: the method, and host and port."""

    url: str = ""
    asked: list[tuple[str, str]] = field(default_factory=list)

    def hosts(self, method: str) -> set[str]:
        return {host for asked, host in self.asked if asked == method}


class _Handler(BaseHTTPRequestHandler):
    proxy: ForwardProxy
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        self.proxy.asked.append((self.command, target.netloc))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {
            name: value
            for name, value in self.headers.items()
            if name.lower() not in _HOP_BY_HOP | {"expect"}
        }
        far = http.client.HTTPConnection(target.netloc, timeout=30)
        path = f"{target.path or '/'}?{target.query}" if target.query else target.path or "/"
        far.request(self.command, path, body=body or None, headers=headers)
        answer = far.getresponse()
        content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        if answer.getheader("Content-Length") is None:
            self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)
        far.close()
        self.close_connection = True

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815  # http.server's names

    def do_CONNECT(self) -> None:
        self.proxy.asked.append(("CONNECT", self.path))
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=30) as far:
            self.send_response_only(200)
            self.end_headers()
            self._pipe(self.connection, far)
        self.close_connection = True

    @staticmethod
    def _pipe(near: socket.socket, far: socket.socket) -> None:
        while True:
            ready, _, _ = select.select([near, far], [], [], 30)
            for each in ready:
                block = each.recv(_BLOCK)
                if not block:
                    return
                (far if each is near else near).sendall(block)
            if not ready:
                return

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def forward_proxy() -> Iterator[ForwardProxy]:
    """Run one: http is forwarded, https goes through by CONNECT."""
    proxy = ForwardProxy()
    handler = type("_Handler", (_Handler,), {"proxy": proxy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    proxy.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

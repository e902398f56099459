"""A small openEO API for tests of the login: who may come in is decided by a real provider."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
Route = tuple[int, dict[str, str], bytes]


class Backend:
    """An openEO API at `url`, with one login provider.

    Attributes
    ----------
    routes
        Paths that are answered otherwise: a function that returns status, headers and body.
    seen
        Method, path and Authorization header of every request.
    """

    def __init__(self, url: str, issuer: str, client_id: str, *, pkce: bool = False) -> None:
        self.url = url
        self.issuer = issuer
        self.client_id = client_id
        self.grants = [f"{DEVICE}+pkce" if pkce else DEVICE, "refresh_token"]
        self.endpoints = ["/credentials/oidc", "/me"]
        self.artifacts: Any = {"providers": []}
        self.routes: dict[str, Callable[[], Route]] = {}
        self.seen: list[tuple[str, str, str]] = []
        self._keys: KeySet | None = None

    def answer(self, path: str, authorization: str) -> Route:
        """Return what the API says."""
        if path in self.routes:
            return self.routes[path]()
        if path == "/.well-known/openeo":
            return found({"versions": [{"url": f"{self.url}/v1", "api_version": "1.2.0"}]})
        if path == "/v1/":
            return found(self.capabilities())
        if path == "/v1/credentials/oidc":
            client = {"id": self.client_id, "grant_types": self.grants}
            provider = {"id": "op", "issuer": self.issuer, "title": "Test login"}
            scopes = ["openid", "profile"]
            return found(
                {"providers": [provider | {"scopes": scopes, "default_clients": [client]}]}
            )
        if path == "/v1/me":
            return self._me(authorization)
        return found({"code": "NotFound", "message": path}, 404)

    def capabilities(self) -> dict[str, Any]:
        """Return what the root answers."""
        said = {
            "api_version": "1.2.0",
            "backend_version": "1",
            "stac_version": "1.0.0",
            "type": "Catalog",
            "id": "stub",
            "title": "Stub",
            "description": "Stub",
            "links": [],
            "endpoints": [{"path": path, "methods": ["GET"]} for path in self.endpoints],
        }
        return said | ({"artifacts": self.artifacts} if self.artifacts is not None else {})

    def _me(self, authorization: str) -> Route:
        keys = self._key_set()
        if keys is None:
            return found({"code": "Internal", "message": "No keys to verify tokens with."}, 500)
        try:
            token = authorization.removeprefix("Bearer oidc/op/")
            claims = jwt.decode(token, keys, algorithms=["RS256"]).claims
            jwt.JWTClaimsRegistry(iss={"essential": True, "value": self.issuer}).validate(claims)
        except (JoseError, ValueError):
            return found({"code": "TokenInvalid", "message": "The token is not valid."}, 403)
        return found({"user_id": claims["sub"]})

    def _key_set(self) -> KeySet | None:
        if self._keys is None:
            answer = requests.get(f"{self.issuer}/jwks", timeout=10)
            if answer.ok:
                self._keys = KeySet.import_key_set(answer.json())
        return self._keys


def found(body: Any, status: int = 200) -> Route:
    """Return a JSON answer."""
    return status, {"Content-Type": "application/json"}, json.dumps(body).encode()


@contextmanager
def serving(
    answer: Callable[[str, str, str, bytes], Route], *, tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Serve `answer(method, path, authorization, body)` on a free port; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            status, headers, body = answer(
                self.command,
                self.path,
                self.headers.get("Authorization", ""),
                self.rfile.read(length),
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815  # http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def backend(
    issuer: str, client_id: str = "openeo-device", *, pkce: bool = False
) -> Iterator[Backend]:
    """Run an openEO API whose logins come from `issuer`."""
    holder: list[Backend] = []

    def answer(method: str, path: str, authorization: str, _: bytes) -> Route:
        holder[0].seen.append((method, path, authorization))
        return holder[0].answer(path, authorization)

    with serving(answer) as url:
        holder.append(Backend(url, issuer, client_id, pkce=pkce))
        yield holder[0]

"""A backend and its login provider, each document of which a test may write, and odd values."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.service.exceptions import STATUS
from tests.servers.openeo_stub import DEVICE, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    10**30,
    1e308,
    float("nan"),
    float("-inf"),
    "",
    " ",
    "x" * 100_000,
    "\ud800",
    "a\r\nX-Evil: 1",
    "a\x00b",
    "\u202etxt",
    "naïve café",
    "../..",
    "http://[::",
    "http://example.org:99999999/",
    "javascript:alert(1)",
    "https://user:password@example.invalid/",
    [],
    [None],
    [[[[]]]],
    [1, "a", {}],
    {},
    {"a": {"b": [None]}},
]


GONE = object()


@dataclass
class Documents:
    """A backend and its login provider, each document of which a test may write."""

    url: str = ""
    said: dict[str, Any] = field(default_factory=dict)
    seen: list[tuple[str, str]] = field(default_factory=list)

    def good(self) -> dict[str, Any]:
        """Return each document as it should be, by its path."""
        op = f"{self.url}/op"
        client = {"id": "c", "grant_types": [f"{DEVICE}+pkce", "refresh_token"]}
        provider = {
            "id": "op",
            "issuer": op,
            "title": "Login",
            "scopes": ["openid", "email"],
            "default_clients": [client],
            "authorization_parameters": {"audience": "all"},
        }
        return {
            "/.well-known/openeo": {
                "versions": [{"url": f"{self.url}/v1", "api_version": "1.2.0", "production": True}],
            },
            "/v1/": {
                "api_version": "1.2.0",
                "backend_version": "1",
                "title": "Odd",
                "endpoints": [
                    {"path": "/credentials/oidc", "methods": ["GET"]},
                    {"path": "/me", "methods": ["GET"]},
                ],
                "artifacts": {
                    "providers": [
                        {
                            "id": "s3",
                            "type": "S3STSConfig",
                            "config": {
                                "bucket": "artifacts",
                                "role": "arn:aws:iam::000000000000:role/artifacts",
                                "sts_endpoint": "https://sts.example.invalid",
                                "s3_endpoint": "https://s3.example.invalid",
                            },
                        }
                    ]
                },
            },
            "/v1/credentials/oidc": {"providers": [provider]},
            "/op/.well-known/openid-configuration": {
                "issuer": op,
                "token_endpoint": f"{op}/token",
                "device_authorization_endpoint": f"{op}/device",
                "revocation_endpoint": f"{op}/revoke",
                "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                "scopes_supported": ["openid", "offline_access"],
            },
            "/op/device": {
                "device_code": "device",
                "user_code": "ABCD",
                "verification_uri": f"{op}/page",
                "verification_uri_complete": f"{op}/page?code=ABCD",
                "expires_in": 600,
                "interval": 60,
            },
            "/op/token": {
                "access_token": "a.b.c",
                "refresh_token": "refresh",
                "token_type": "Bearer",
                "expires_in": 300,
            },
            "/op/revoke": {},
            "/v1/me": {"user_id": "alice", "name": "Alice"},
        }

    def answer(self, method: str, path: str, _: str, __: bytes) -> Route:
        self.seen.append((method, path))
        if path not in self.said:
            return 404, {}, b"<!doctype html><h1>Not here"
        status, said = self.said[path]
        body = json.dumps(said).encode()
        return status, {"Content-Type": "application/json"}, body


def places(document: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the place of each value of a document, the whole of it first."""
    yield at
    if isinstance(document, dict | list):
        inner = document.items() if isinstance(document, dict) else enumerate(document)
        for key, value in inner:
            yield from places(value, (*at, key))


def changed(document: Any, at: tuple[Any, ...], value: Any) -> Any:
    """Return the document with another value at a place, or none there."""
    if not at:
        return None if value is GONE else value
    found = copy.deepcopy(document)
    inner = found
    for key in at[:-1]:
        inner = inner[key]
    if value is GONE:
        del inner[at[-1]]
    else:
        inner[at[-1]] = value
    return found


class Outcome:
    """What a person would be told; anything but an error of ours is a fault of ours."""

    def __init__(self) -> None:
        self.codes: set[str] = set()

    def __call__(self, act: Callable[[], Any]) -> Any:
        try:
            return act()
        except OpenEOArtifactsError as error:
            self.note(error)
            return None

    def note(self, error: OpenEOArtifactsError | None) -> None:
        if error is not None:
            assert error.code in STATUS
            assert error.code not in ("server_failed", "internal")
            assert "unexpectedly" not in error.message
            assert str(error).isprintable()
            assert len(str(error)) < 1000
            self.codes.add(error.code)

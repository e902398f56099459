"""A login provider that says what a test tells it to: what a good one seldom says."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from tests.servers.openeo_stub import Route, found, serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class ScriptedProvider:
    """Answers to token requests come from `answers`, in order; the last one again and again.

    Attributes
    ----------
    posts
        Path, seconds (monotonic) and form fields of every POST.
    seconds
        How long each token request takes.
    """

    issuer: str = ""
    code: dict[str, Any] = field(default_factory=dict)
    discovery: dict[str, Any] = field(default_factory=dict)
    answers: list[Route] = field(default_factory=list)
    posts: list[tuple[str, float, dict[str, str]]] = field(default_factory=list)
    seconds: float = 0.0

    def answer(self, method: str, path: str, _: str, body: bytes) -> Route:
        """Return what the provider says."""
        if method == "POST":
            self.posts.append((path, time.monotonic(), dict(parse_qsl(body.decode()))))
        if path == "/.well-known/openid-configuration":
            names = ("token", "device_authorization", "revocation")
            endpoints = {f"{name}_endpoint": f"{self.issuer}/{name}" for name in names}
            scopes = {"scopes_supported": ["openid", "profile", "offline_access"]}
            return found({"issuer": self.issuer} | scopes | endpoints | self.discovery)
        if path == "/device_authorization":
            page = f"{self.issuer}/page"
            said = {"device_code": "canary-device-code", "user_code": "ABCD", "expires_in": 60}
            return found(said | {"verification_uri": page, "interval": 0.2} | self.code)
        if path == "/token":
            time.sleep(self.seconds)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        # No keys: a backend cannot verify these tokens.
        return found({}, 200 if path == "/revocation" else 404)

    def sent(self, path: str) -> list[dict[str, str]]:
        """Return the form fields of every POST to `path`."""
        return [fields for asked, _, fields in self.posts if asked == path]


def tokens(access: str = "canary-access", refresh: str | None = "canary-refresh") -> Route:
    """Return a token endpoint's good answer."""
    said: dict[str, Any] = {"access_token": access, "token_type": "Bearer", "expires_in": 300}
    return found(said | ({"refresh_token": refresh} if refresh else {}))


def refusal(error: str, description: str = "", status: int = 400) -> Route:
    """Return a token endpoint's no."""
    return found({"error": error, "error_description": description}, status)


@contextmanager
def scripted(*answers: Route) -> Iterator[ScriptedProvider]:
    """Run such a provider."""
    provider = ScriptedProvider(answers=list(answers))
    with serving(provider.answer) as url:
        provider.issuer = url
        yield provider


PENDING = refusal("authorization_pending")
"""What a provider says while nobody has answered yet."""

"""A storage's login service that grants what the storage stub takes, or answers what it is told."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.config import resolve
from jupyter_openeo_artifacts.artifacts.sts import STSSessions
from jupyter_openeo_artifacts.s3.server_clock import ServerClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.stub import Stub


class LoginService:
    """An STS whose sessions the storage stub takes; `trouble` is answered first."""

    def __init__(self, storage: Stub) -> None:
        self.storage = storage
        self.trouble: list[tuple[int, str, bytes]] = []
        self.granted = 0
        self.refused = 0

    def answer(self, *_: Any) -> tuple[int, dict[str, str], bytes]:
        if self.trouble:
            status, kind, body = self.trouble.pop(0)
            self.refused += 1
            return status, {"Content-Type": kind, "Location": "/login"}, body
        self.granted += 1
        key = self.storage.issue(timedelta(hours=12))
        end = self.storage.now() + timedelta(hours=12)
        body = (
            "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>"
            f"<AccessKeyId>{key.access_key}</AccessKeyId>"
            f"<SecretAccessKey>{key.secret_key}</SecretAccessKey>"
            f"<SessionToken>{key.token}</SessionToken>"
            f"<Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration></Credentials>"
            "<SubjectFromWebIdentityToken>alice</SubjectFromWebIdentityToken>"
            "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
        )
        return 200, {"Content-Type": "text/xml"}, body.encode()


class TokenHolder:
    """A login that shows what it is told to."""

    account = ""

    def __init__(self, token: Callable[[], str], refresh: Callable[[str], str] | None = None):
        self.access_token = token
        self._refresh = refresh

    def refresh_after_401(self, refused: str) -> str:
        return refused if self._refresh is None else self._refresh(refused)


def sts_sessions(address: str, token: Callable[[], str] = lambda: "token") -> STSSessions:
    offered = {"s3_endpoint": address, "sts_endpoint": address, "role": "r", "bucket": "b"}
    return STSSessions(resolve(None, offered, "s3"), TokenHolder(token), ServerClock())

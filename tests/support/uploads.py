"""What an upload is watched with, and what renews its credentials, made of functions."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.transfer.config import UploadObserver

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError


BLOCK = 8 * 1024**2


def digest_of(content: bytes) -> str:
    """Return the digest that a page tells, as openapi.yaml's `Digest` describes it."""
    digest = b""
    for start in range(0, max(1, len(content)), BLOCK):
        digest = hashlib.sha256(digest + content[start : start + BLOCK]).digest()
    return digest.hex()


class Observer(UploadObserver):
    """Calls a function for each thing that is told."""

    def __init__(
        self,
        on_progress: Callable[[int], object] = lambda _: None,
        on_verifying: Callable[[], object] = lambda: None,
        on_retrying: Callable[[OpenEOArtifactsError | None], object] = lambda _: None,
    ) -> None:
        self._told = on_progress, on_verifying, on_retrying

    def on_progress(self, stored: int) -> None:
        self._told[0](stored)

    def on_verifying(self) -> None:
        self._told[1]()

    def on_retrying(self, problem: OpenEOArtifactsError | None) -> None:
        self._told[2](problem)


class Renewing:
    """Credentials that a function renews, whyever they were refused."""

    def __init__(self, renew: Callable[[], object]) -> None:
        self._renew = renew

    def renew_expired(self) -> None:
        self._renew()

    def renew_if_possible(self) -> None:
        self._renew()

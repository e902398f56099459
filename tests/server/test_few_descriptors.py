"""A Jupyter server that may open few files takes more uploads at once than it has files for."""

from __future__ import annotations

import secrets
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.limits import AT_MOST
from tests.server.test_running_server import Server, create, patch, running
from tests.servers.provider import pause_storage, resume_storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIMIT = 64
UPLOADS = 20
SIZE = 9_000_000
"""Bytes: two parts, so that each upload has several requests to storage."""
LINES = 6
"""Connections that a page has at once."""


@pytest.fixture(autouse=True)
def _resumed(provider: Any) -> Iterator[None]:
    yield
    resume_storage(provider)


def send(server: Server, connection: str, content: bytes) -> str:
    """Bring a file to the server as a page does, and return its upload."""
    upload = create(server, connection, len(content))
    answer = patch(server, upload, 0, content)
    assert answer.status_code == 204, answer.text
    return upload


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
@pytest.mark.slow
def test_jupyter_with_64_descriptors_takes_20_uploads(provider: Any, tmp_path: Path) -> None:
    # Given: storage is there and answers nothing, so that no upload lets go of what it has
    contents = [secrets.token_bytes(SIZE) for _ in range(UPLOADS)]
    with running(tmp_path, limit=LIMIT) as server:
        connection = server.sign_in(provider)
        pause_storage(provider)
        # When
        with ThreadPoolExecutor(LINES) as page:
            sent = list(page.map(lambda each: send(server, connection, each), contents))
        # Then: Jupyter lives meanwhile
        api = requests.get(f"{server.base}api/contents", headers=server.headers, timeout=AT_MOST)
        assert api.ok, api.text
        # When
        resume_storage(provider)
        # Then: none is lost, none has to be tried again; `running` finds no error in the log
        for content, upload in zip(contents, sent, strict=True):
            view = server.until(f"/uploads/{upload}", "staged", "failed")
            assert view["problem"] is None
            listed = server.ask("GET", f"/artifacts/{view['artifact']}")
            assert listed["sha256"] == sha256(content).hexdigest()

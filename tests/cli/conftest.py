"""What tests of commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo.provider import LocalProvider


@pytest.fixture
def service(provider: LocalProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign in as a program does at a listed backend: by client credentials of the environment."""
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_BACKENDS", provider.backend)
    monkeypatch.setenv("OPENEO_AUTH_METHOD", "client_credentials")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_ID", provider.service.client_id)
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_SECRET", provider.service.secret)

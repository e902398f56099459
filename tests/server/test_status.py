"""The hand-shake and the description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openapi_spec_validator import validate

import jupyter_openeo_artifacts
from jupyter_openeo_artifacts.service.operations import document

if TYPE_CHECKING:
    import pytest


async def test_status_tells_what_the_panel_needs_to_start(api: Any) -> None:
    # When
    answer = await api("GET", "/status")
    # Then
    assert answer.status == 200
    assert answer.json == {
        "version": jupyter_openeo_artifacts.__version__,
        "backends": [
            {
                "url": "https://openeo.dataspace.copernicus.eu",
                "title": "Copernicus Data Space Ecosystem",
            }
        ],
        "allow_other_backends": True,
        "max_upload_bytes": 50_000_000_000,
        "last_backend": None,
    }


async def test_status_is_told_where_our_folder_cannot_be_used(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_HOME", "/dev/null/artifacts")
    # When
    answer = await api("GET", "/status")
    # Then
    assert (answer.status, answer.json["last_backend"]) == (200, None)


async def test_the_description_names_this_servers_address(api: Any, jp_base_url: str) -> None:
    # When
    answer = await api("GET", "/openapi.json")
    # Then
    assert answer.json["openapi"] == "3.1.0"
    assert answer.json["servers"] == [{"url": f"{jp_base_url}jupyter-openeo-artifacts"}]


def test_the_description_is_openapi() -> None:
    validate(document())

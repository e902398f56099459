"""openEO's token store, written more carefully."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
from openeo.rest.auth.config import RefreshTokenStore

from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from tests.limits import AT_MOST
from tests.login.conftest import run_python

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.backends.session_registry import Sessions
    from tests.servers.openeo_stub import Backend

ISSUER = "https://login.example/realms/x"


def test_both_read_what_the_other_has_written() -> None:
    # Given
    ours, theirs = TokenStore(), RefreshTokenStore()
    # When / Then
    ours.put(f"{ISSUER}/", "client", "first")
    assert theirs.get_refresh_token(ISSUER, "client") == "first"
    theirs.set_refresh_token(ISSUER, "client", "second")
    assert ours.get(f"{ISSUER}/", "client") == "second"
    theirs.set_refresh_token(ISSUER, "other", "third")
    ours.remove(ISSUER, "client")
    assert theirs.get_refresh_token(ISSUER, "client") is None
    assert theirs.get_refresh_token(ISSUER, "other") == "third"
    assert ours.get("https://unknown.example", "client") is None


@pytest.mark.parametrize(
    ("environment", "folders", "expected"),
    [
        ({"OPENEO_CONFIG_HOME": "own"}, ["own"], "own"),
        ({"OPENEO_CONFIG_HOME": "own"}, [], "own"),
        ({"XDG_DATA_HOME": "data"}, [], "data/openeo-python-client"),
        ({}, [], "home/.local/share/openeo-python-client"),
        (  # as openeo does: what is there comes before what would have to be made
            {"OPENEO_CONFIG_HOME": "own", "XDG_DATA_HOME": "data"},
            ["data/openeo-python-client"],
            "data/openeo-python-client",
        ),
    ],
)
def test_the_folder_is_the_openeo_clients(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    folders: list[str],
    expected: str,
) -> None:
    # Given
    for name in ("OPENEO_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name, folder in environment.items():
        monkeypatch.setenv(name, str(tmp_path / folder))
    for folder in folders:
        (tmp_path / folder).mkdir(parents=True)
    # When
    assert TokenStore().get(ISSUER, "client") is None
    before = list(tmp_path.rglob("refresh-tokens.json*"))
    TokenStore().put(ISSUER, "client", "token")
    # Then
    assert before == []  # reading makes nothing
    assert (tmp_path / expected / "refresh-tokens.json").is_file()
    assert RefreshTokenStore().get_refresh_token(ISSUER, "client") == "token"


WRITE = """
import sys
from jupyter_openeo_artifacts.auth import token_store as folder_owner
from jupyter_openeo_artifacts.auth.exceptions import TokenStoreNotPrivate
from jupyter_openeo_artifacts.auth.token_store import TokenStore
for count in range(40):
    TokenStore().put("https://login.example", sys.argv[1] + str(count), "token")
"""


def test_processes_that_write_at_once_lose_nothing(stored: Callable[[], dict[str, Any]]) -> None:
    # Given
    writers = [threading.Thread(target=run_python, args=(WRITE, name)) for name in "abc"]
    # When
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    # Then
    assert len(stored()["https://login.example"]) == 120


@pytest.mark.parametrize(
    "content",
    ["", "nonsense", "[]", '{"https://login.example": "x"}', '{"x": {"y": "z"}}', "\0" * 9],
)
def test_a_file_of_something_else_is_never_overwritten(store_file: Path, content: str) -> None:
    # Given
    store_file.write_text(content)
    store_file.chmod(0o600)
    # When / Then
    for verb in (
        lambda: TokenStore().get(ISSUER, "client"),
        lambda: TokenStore().put(ISSUER, "client", "token"),
        lambda: TokenStore().remove("x", "y"),
        TokenStore().require_usable,
    ):
        with pytest.raises(OpenEOArtifactsError, match="not a token store"):
            verb()
    assert store_file.read_text() == content


def test_odd_entries_are_no_login(store_file: Path) -> None:
    # Given
    entries = {"none": {}, "number": {"refresh_token": 7}, "empty": {"refresh_token": ""}}
    store_file.write_text(json.dumps({ISSUER: entries}))
    store_file.chmod(0o600)
    # When / Then
    assert [TokenStore().get(ISSUER, name) for name in entries] == [None, None, None]


def test_a_link_to_the_file_stays_a_link(store_file: Path, tmp_path: Path) -> None:
    # Given
    target = tmp_path / "shared.json"
    target.write_text("{}")
    target.chmod(0o600)
    store_file.symlink_to(target)
    # When
    TokenStore().put(ISSUER, "client", "token")
    # Then
    assert store_file.is_symlink()
    assert "token" in target.read_text()
    assert TokenStore().get(ISSUER, "client") == "token"


def test_only_the_token_that_died_is_removed() -> None:
    # Given
    store = TokenStore()
    store.put(ISSUER, "client", "new")
    # When / Then
    store.remove(ISSUER, "client", only="old")
    assert store.get(ISSUER, "client") == "new"
    store.remove(ISSUER, "client", only="new")
    assert store.get(ISSUER, "client") is None
    store.remove(ISSUER, "client")


def test_signing_out_forgets_here_and_there(
    backend: Backend,
    signed_in: Callable[..., BackendSession],
    stored: Callable[[], dict[str, Any]],
) -> None:
    # Given
    session = signed_in(backend)
    token = stored()[backend.issuer]["openeo-device"]["refresh_token"]
    TokenStore().put("https://other.example", "client", "stays")
    states = []
    session.listen(lambda changed: states.append((changed.state, changed.user)))
    # When
    session.sign_out()
    # Then
    assert states == [("signed_out", None)]
    assert stored().keys() == {"https://other.example"}
    import requests

    fields = {"grant_type": "refresh_token", "refresh_token": token, "client_id": "openeo-device"}
    answer = requests.post(f"{backend.issuer}/token", data=fields, timeout=10)
    assert answer.json()["error"] == "invalid_grant"
    session.sign_out()  # twice is fine


def test_signing_out_works_while_the_provider_is_away(
    sessions: Sessions, stored: Callable[[], dict[str, Any]], vouch_for: Callable[..., None]
) -> None:
    # Given
    from tests.servers import openeo_stub
    from tests.servers.scripted_oidc import scripted, tokens

    with openeo_stub.backend("") as backend:
        with scripted(tokens()) as provider:
            backend.issuer = provider.issuer
            vouch_for(backend)
            session = sessions.open(backend.url)
            assert session.start_login().wait(AT_MOST) == "signed_in"
        # When
        session.sign_out()
        # Then
        assert session.state == "signed_out"
        assert stored() == {}
        # Given: stored, but not to be used now
        TokenStore().put(backend.issuer, backend.client_id, "canary-token")
        assert not session.sign_in_silently()
        # When
        session.sign_out()
        # Then
        assert stored() == {}

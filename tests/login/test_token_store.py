"""openEO's token store, written more carefully."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openeo.rest.auth.config import RefreshTokenStore

from jupyter_openeo_artifacts.auth import token_store as folder_owner
from jupyter_openeo_artifacts.auth.exceptions import TokenStoreNotPrivate
from jupyter_openeo_artifacts.auth.token_store import TokenStore, require_own_folder
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from tests.limits import AT_MOST
from tests.login.conftest import run_python

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.backends.session_registry import Sessions
    from tests.servers.openeo_stub import Backend

ISSUER = "https://login.example/realms/x"


@pytest.fixture
def wide_umask() -> Any:
    before = os.umask(0o022)
    yield
    os.umask(before)


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


def test_a_token_is_never_on_disk_for_others_to_read(store_file: Path, wide_umask: None) -> None:
    # Given
    seen: dict[str, int] = {}
    ended = threading.Event()

    def watch() -> None:
        while not ended.is_set():
            for entry in os.scandir(store_file.parent):
                try:
                    mode = entry.stat().st_mode
                except FileNotFoundError:
                    continue
                kind = "draft" if entry.name.startswith(".") else entry.name
                seen[kind] = seen.get(kind, 0) | stat.S_IMODE(mode)

    watcher = threading.Thread(target=watch)
    watcher.start()
    # When
    try:
        for count in range(150):
            TokenStore().put(ISSUER, "client", f"token {count}")
    finally:
        ended.set()
        watcher.join()
    # Then
    assert seen["refresh-tokens.json"] == 0o600
    assert seen["draft"] == 0o600  # the watch is quick enough to see them
    assert {mode & 0o077 for mode in seen.values()} == {0}
    assert stat.S_IMODE(store_file.parent.stat().st_mode) == 0o700


def test_a_new_folder_is_private_and_an_old_one_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wide_umask: None
) -> None:
    # Given: the openEO client takes a folder in the home before one that is not there yet
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, mode in (("new", 0o700), ("old", 0o750)):
        folder = tmp_path / name
        if name == "old":
            folder.mkdir(mode=0o750)
        monkeypatch.setenv("OPENEO_CONFIG_HOME", str(folder))
        # When
        TokenStore().put(ISSUER, "client", "token")
        # Then
        assert stat.S_IMODE(folder.stat().st_mode) == mode


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


def test_a_file_that_others_can_read_is_refused_with_the_cure(
    backend: Backend, sessions: Sessions, store_file: Path, vouch_for: Callable[..., None]
) -> None:
    # Given
    vouch_for(backend)
    TokenStore().put(backend.issuer, backend.client_id, "canary-token")
    store_file.chmod(0o644)
    before = store_file.read_bytes()
    # When
    session = sessions.open(backend.url)
    # Then
    assert session.problem
    assert session.problem.code == "token_store_not_private"
    assert "mode 644" in session.problem.message
    assert f"chmod 600 {store_file}" in session.problem.todo
    with pytest.raises(OpenEOArtifactsError, match="chmod 600"):
        session.start_login()
    with pytest.raises(OpenEOArtifactsError, match="chmod 600"):
        session.sign_out()
    assert store_file.read_bytes() == before
    # When: they do what it says
    store_file.chmod(0o600)
    # Then
    assert session.start_login().state == "pending"


@pytest.mark.skipif(os.name != "posix", reason="there are no modes")
def test_the_cure_can_be_pasted_into_a_shell_whatever_the_folder_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    folder = tmp_path / "my logins; $(x)"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("OPENEO_CONFIG_HOME", str(folder))
    store = TokenStore()
    store.put(ISSUER, "client", "mine")
    file = folder / "refresh-tokens.json"
    for opened, mode in ((file, 0o644), (folder, 0o777)):
        opened.chmod(mode)
        with pytest.raises(TokenStoreNotPrivate) as refused:
            store.get(ISSUER, "client")
        # When: they do what it says
        subprocess.run(
            ["/bin/sh", "-c", refused.value.todo.removeprefix("In a terminal: ")], check=True
        )
        # Then
        assert store.get(ISSUER, "client") == "mine"


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


@pytest.mark.skipif(os.name != "posix", reason="there are no groups")
@pytest.mark.parametrize(
    ("gid", "name", "primary", "member", "refused"),
    [
        (6000, "any", False, False, False),
        (6000, None, False, False, False),
        (6000, "any", True, False, True),
        (7000, "ann", False, False, False),
        (7000, "ann", True, False, True),
        (7000, "ann", False, True, True),
        (7000, "users", False, False, True),
        (7000, None, False, False, True),
        (0, "root", False, False, False),
        (0, "root", False, True, True),
    ],
    ids=[
        "of the account's number",
        "of its number, without a name",
        "of its number, and the first of another account",
        "of the account's name",
        "of its name, and the first of another account",
        "of its name, with another member",
        "of all, from a directory that lists nobody",
        "unknown",
        "root's",
        "root's, with another member",
    ],
)
def test_a_group_may_write_where_it_was_made_for_this_account_alone(
    monkeypatch: pytest.MonkeyPatch,
    gid: int,
    name: str | None,
    *,
    primary: bool,
    member: bool,
    refused: bool,
) -> None:
    import grp
    import pwd

    # Given: accounts and groups, as the system tells of them
    def account(name: str, number: int, group: int) -> pwd.struct_passwd:
        return pwd.struct_passwd((name, "x", number, group, "", "/", "/bin/sh"))

    ann, bob = account("ann", 6000, 100), account("bob", 6001, gid if primary else 100)
    known = {each.pw_name: each for each in (ann, bob)}

    def group_of(number: int) -> grp.struct_group:
        if name is None:
            raise KeyError(number)
        return grp.struct_group((name, "x", number, ["bob"] if member else []))

    monkeypatch.setattr(os, "geteuid", lambda: ann.pw_uid)
    monkeypatch.setattr(pwd, "getpwall", lambda: [bob] if primary else [])
    monkeypatch.setattr(pwd, "getpwuid", lambda _: ann)
    monkeypatch.setattr(pwd, "getpwnam", known.__getitem__)
    monkeypatch.setattr(grp, "getgrgid", group_of)

    class Folder(type(Path())):  # type: ignore[misc]
        def stat(self, **_: Any) -> os.stat_result:
            mode = stat.S_IFDIR | 0o775
            return os.stat_result((mode, 1, 1, 2, ann.pw_uid, gid, 0, 0, 0, 0))

    # When / Then
    folder = Folder("/home/ann/logins")
    if refused:
        with pytest.raises(TokenStoreNotPrivate, match="put a login"):
            require_own_folder(folder)
    else:
        require_own_folder(folder)


@pytest.mark.skipif(os.name != "posix", reason="there are no modes")
@pytest.mark.parametrize(
    ("mode", "own", "refused"),
    [
        (0o700, False, False),
        (0o755, False, False),
        (0o775, True, False),
        (0o775, False, True),
        (0o777, True, True),
        (0o1777, True, True),
    ],
)
def test_a_folder_where_others_could_plant_a_login_is_refused(
    store_file: Path, monkeypatch: pytest.MonkeyPatch, mode: int, *, own: bool, refused: bool
) -> None:
    # Given
    store = TokenStore()
    store.put("https://op.example", "client", "mine")
    monkeypatch.setattr(folder_owner, "_is_own", lambda _: own)
    store_file.parent.chmod(mode)
    try:
        # When / Then
        for use in (
            lambda: store.get("https://op.example", "client"),
            lambda: store.put("https://op.example", "client", "again"),
            store.require_usable,
        ):
            if refused:
                with pytest.raises(TokenStoreNotPrivate, match="put a login") as caught:
                    use()
                assert caught.value.todo == f"In a terminal: chmod go-w {store_file.parent}"
            else:
                use()
    finally:
        store_file.parent.chmod(0o700)


@pytest.mark.skipif(os.name != "posix", reason="there are no owners")
def test_a_folder_of_somebody_else_is_refused(
    store_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    store = TokenStore()
    store.put("https://op.example", "client", "mine")
    owner = store_file.parent.stat().st_uid
    os.chown(store_file.parent, 12345, -1) if owner == 0 else None
    monkeypatch.setattr(os, "geteuid", lambda: 23456)
    try:
        # When / Then
        with pytest.raises(TokenStoreNotPrivate, match="belongs to somebody else"):
            store.get("https://op.example", "client")
    finally:
        if owner == 0:
            os.chown(store_file.parent, owner, -1)

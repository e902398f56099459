"""Whom the token store's file and folder let in: this account, and nobody else."""

from __future__ import annotations

import os
import stat
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.auth import token_store as folder_owner
from jupyter_openeo_artifacts.auth.exceptions import TokenStoreNotPrivate
from jupyter_openeo_artifacts.auth.token_store import TokenStore, require_own_folder
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.backends.session_registry import Sessions
    from tests.servers.openeo_stub import Backend


ISSUER = "https://login.example/realms/x"


@pytest.fixture
def wide_umask() -> Any:
    before = os.umask(0o022)
    yield
    os.umask(before)


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

"""Signing in and out at the command line, and whom a login is for."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import requests

from jupyter_openeo_artifacts.auth.exceptions import NotSignedIn
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.state.backends import last_backend
from tests.cli.command import COMMAND, run
from tests.servers import openeo_stub
from tests.servers.provider import other_backend
from tests.support.logins import sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider


@pytest.fixture
def alice(provider: LocalProvider) -> None:
    """Sign a person in at the provider's backend."""
    sign_in(Sessions().open(provider.backend), provider)


@pytest.fixture
def other(provider: LocalProvider) -> Iterator[str]:
    """Yield another backend that lists the same login and storage."""
    artifacts = requests.get(provider.backend, timeout=10).json()["artifacts"]
    with other_backend(provider, artifacts) as address:
        yield address


@contextmanager
def at_a_terminal(*words: str, types: str) -> Iterator[subprocess.CompletedProcess[str]]:
    """Run a command whose standard input is a terminal where somebody has typed."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, types.encode())
        yield subprocess.run(
            [*COMMAND, *words],
            stdin=theirs,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.usefixtures("alice")
def test_a_login_is_used_elsewhere_only_after_a_yes_that_names_everybody(
    provider: LocalProvider, other: str, tmp_path: Path
) -> None:
    # Given
    (tmp_path / "a.txt").write_text("a")
    words = ("upload", str(tmp_path / "a.txt"), "--backend", other)
    # When: nobody is there to ask
    refused = run(*words)
    # Then
    assert refused.returncode == 1
    assert "Traceback" not in refused.stderr
    for address in (provider.issuer, other, provider.sts, provider.s3):
        assert urlsplit(address).netloc in refused.stderr
    assert "--trust" in refused.stderr
    assert last_backend() == provider.backend
    # When: somebody says no
    with at_a_terminal(*words, types="n\n") as declined:
        # Then
        assert declined.returncode == 1
        assert "Use it there? [y/N]" in declined.stderr
        assert declined.stdout == ""
    # When: and yes
    with at_a_terminal(*words, types="y\n") as agreed:
        # Then
        assert agreed.returncode == 0, agreed.stderr
        assert f"a.txt: staged by Alice at {urlsplit(other).netloc}." in agreed.stderr
    # When / Then: nobody is asked again
    assert run(*words).returncode == 0


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("first", ["login", "upload"])
def test_a_yes_to_a_storage_far_down_the_list_holds(
    provider: LocalProvider, tmp_path: Path, first: str
) -> None:
    # Given: more storages than a question names, of kinds that are not known here, before ours
    (tmp_path / "a.txt").write_text("a")
    artifacts = requests.get(provider.backend, timeout=10).json()["artifacts"]
    hosts = [f"https://s{number}.example" for number in range(20)]
    unknown = [
        {"id": host, "type": "later", "config": {"sts_endpoint": host, "s3_endpoint": host}}
        for host in hosts
    ]
    artifacts["providers"] = [*unknown, *artifacts["providers"]]
    upload = ("upload", str(tmp_path / "a.txt"))
    words = upload if first == "upload" else ("login",)
    with other_backend(provider, artifacts) as address:
        # When
        trusted = run(*words, "--backend", address, "--trust")
        # Then: it was named, and that holds in another process
        assert trusted.returncode == 0, trusted.stderr
        assert urlsplit(provider.sts).netloc in trusted.stderr
        again = run(*upload, "--backend", address)
        assert again.returncode == 0, again.stderr


@pytest.mark.usefixtures("alice")
def test_login_whoami_and_logout_show_and_withdraw(provider: LocalProvider, other: str) -> None:
    # When
    trusted = run("login", "--backend", other, "--trust")
    # Then
    assert trusted.returncode == 0, trusted.stderr
    assert urlsplit(provider.sts).netloc in trusted.stderr  # what was agreed to is said
    signed_in = f"Signed in as Alice at {other}. Your login may be used there because you agreed."
    assert trusted.stdout.strip() == signed_in
    # When
    shown, told = run("whoami"), run("whoami", "--backend", other, "--json")
    # Then
    newest, oldest, standing = shown.stdout.splitlines()
    assert f"{other}, because you agreed" in newest
    assert f"{provider.backend}, because you signed in through it" in oldest
    assert standing == signed_in
    said = json.loads(told.stdout)
    assert (said["account"], said["approved"], len(said["approvals"])) == ("Alice", "user", 2)
    # When
    kept = run("logout", "--backend", other, "--keep-login")
    # Then
    assert kept.returncode == 0, kept.stderr
    asked = run("whoami", "--backend", other)
    assert asked.returncode == 1
    assert "has not been used here before" in asked.stderr
    assert run("whoami", "--backend", provider.backend).returncode == 0
    # When
    assert run("logout", "--backend", provider.backend).returncode == 0
    # Then
    gone = run("whoami", "--backend", provider.backend)
    assert (gone.returncode, gone.stdout) == (1, "")
    assert "login --backend" in gone.stderr


def test_a_service_account_is_for_listed_backends_or_a_written_yes(
    provider: LocalProvider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given
    (tmp_path / "a.txt").write_text("a")
    monkeypatch.setenv("OPENEO_AUTH_METHOD", "client_credentials")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_ID", provider.service.client_id)
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_SECRET", provider.service.secret)
    words = ("upload", str(tmp_path / "a.txt"), "--backend", provider.backend)
    # When / Then
    refused = run(*words)
    assert refused.returncode == 1
    assert f"service account '{provider.service.client_id}'" in refused.stderr
    # When / Then
    assert run(*words, "--trust").returncode == 0
    # When / Then: the list needs no yes
    assert run("logout", "--backend", provider.backend).returncode == 0
    monkeypatch.setenv(
        "JUPYTER_OPENEO_ARTIFACTS_BACKENDS", f"https://x.example, {provider.backend}"
    )
    assert run(*words).returncode == 0


@pytest.mark.usefixtures("alice")
def test_a_service_account_goes_to_no_backend_that_the_command_does_not_name(
    provider: LocalProvider, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given: a backend that a person has used last, and staged at
    (tmp_path / "a.txt").write_text("a")
    assert run("upload", str(tmp_path / "a.txt")).returncode == 0
    monkeypatch.setenv("OPENEO_AUTH_METHOD", "client_credentials")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_ID", provider.service.client_id)
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_SECRET", provider.service.secret)
    upload, unset = ("upload", str(tmp_path / "a.txt")), ("login", "--backend", "")
    for words in (("login",), unset, upload, ("link", "a.txt"), ("verify", "a.txt")):
        # When
        refused = run(*words, "--trust")
        # Then
        assert (refused.returncode, refused.stdout) == (1, ""), words
        assert "a yes counts only where --backend names the backend" in refused.stderr
        assert f"login --backend {provider.backend} --trust" in refused.stderr
        assert [each.how for each in Sessions().approvals.all()] == ["device_login"]
    # When: somebody says yes at a terminal
    with at_a_terminal(*upload, types="y\n") as agreed:
        # Then
        assert agreed.returncode == 1
        assert [each.how for each in Sessions().approvals.all()] == ["device_login"]
    # When
    named = run("link", "a.txt", "--backend", provider.backend, "--trust")
    # Then: it is another account's, which only who was signed in is told
    assert "another account" in named.stderr
    assert [each.how for each in Sessions().approvals.all()] == ["user", "device_login"]


def test_what_is_wrong_with_a_service_account_is_said_as_it_is(
    provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("OPENEO_AUTH_METHOD", "client_credentials")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_ID", provider.service.client_id)
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_SECRET", "canary-wrong")
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_BACKENDS", provider.backend)
    # When
    refused = run("login", "--backend", provider.backend)
    # Then
    assert refused.returncode == 1
    assert "invalid_client" in refused.stderr
    assert "canary" not in refused.stderr


def test_signing_out_takes_back_the_yes_while_the_backend_is_away(provider: LocalProvider) -> None:
    # Given
    artifacts = requests.get(provider.backend, timeout=10).json()["artifacts"]
    with other_backend(provider, artifacts) as address:
        sign_in(Sessions().open(address), provider)
    # When
    away = run("logout")
    # Then
    assert away.returncode == 1
    assert re.search(r"does not answer|not be reached|answer", away.stderr)
    assert Sessions().approvals.all() == []


@pytest.mark.usefixtures("alice")
def test_a_line_that_is_pasted_into_a_shell_runs_that_command_alone(
    provider: LocalProvider, tmp_path: Path
) -> None:
    # Given: an address that is words to a shell
    with openeo_stub.backend(provider.issuer, "openeo-demo") as evil:
        root = [{"url": f"{evil.url}/v1", "api_version": "1.2.0"}]
        ours = f"{evil.url}/&touch$IFS{tmp_path}/ran;'x"
        path = urlsplit(ours).path
        evil.routes[f"{path}/.well-known/openeo"] = lambda: openeo_stub.found({"versions": root})
        (tmp_path / "a.txt").write_text("a")
        upload = ("upload", str(tmp_path / "a.txt"), "--backend", ours)
        # When: a question, no login, and nobody at a terminal
        said = [run("whoami", "--backend", ours).stderr]
        TokenStore().remove(provider.issuer, "openeo-demo")
        said += [run("whoami", "--backend", ours).stderr, run(*upload).stderr]
        with pytest.raises(NotSignedIn) as refused:
            Sessions().open(ours).openeo()
        said.append(str(refused.value))
    # Then
    jupyter = tmp_path / "jupyter"
    jupyter.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    jupyter.chmod(0o700)
    for text in said:
        line = re.search(r"jupyter openeo-artifacts login --backend \S+", text)
        assert line, text
        done = subprocess.run(
            ["/bin/sh", "-c", line[0]],
            env={"PATH": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.stdout.splitlines() == ["openeo-artifacts", "login", "--backend", ours], line
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("listed", "said"),
    [("https://b.example", "still used"), ("", "Nothing was agreed to")],
    ids=["listed", "another spelling"],
)
def test_taking_back_a_yes_says_where_it_changes_nothing(
    listed: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_BACKENDS", listed)
    # When
    done = run("logout", "--backend", "https://b.example", "--keep-login")
    # Then
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr


def test_a_token_that_cannot_be_removed_leaves_no_yes(
    provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    sessions = Sessions()
    session = sessions.open(provider.backend)
    sign_in(session, provider)

    def full(*_: object, **__: object) -> None:
        raise RecordsUnusable("The disk is full.")

    monkeypatch.setattr(TokenStore, "remove", full)
    # When
    with pytest.raises(RecordsUnusable):
        session.sign_out()
    # Then
    assert sessions.approvals.all() == []

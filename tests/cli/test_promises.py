"""What the command line says, and how it ends, for programs and for people."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import requests

from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from tests.cli.command import COMMAND, run

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def upload(folder: Path, provider: LocalProvider, *names: str) -> list[dict[str, object]]:
    for name in names:
        (folder / name).write_bytes(secrets.token_bytes(1000))
    told = run("upload", *names, "--backend", provider.backend, "--json")
    assert told.returncode == 0, told.stderr
    return [json.loads(line) for line in told.stdout.splitlines()]


def test_without_a_terminal_nobody_is_waited_for(provider: LocalProvider, folder: Path) -> None:
    # Given
    (folder / "a.txt").write_text("a")
    # When
    ended = subprocess.run(
        [*COMMAND, "upload", "a.txt", "--backend", provider.backend],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    # Then
    assert (ended.returncode, ended.stdout) == (4, "")
    assert "You are not signed in at" in ended.stderr
    assert f"login --backend {provider.backend}" in ended.stderr
    assert "--wait" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("command", ["upload a.txt", "link s3://b/k", "login", "logout", "whoami"])
def test_without_a_backend_the_option_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    # Given: two are listed, and none was used before
    (folder / "a.txt").write_text("a")
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_BACKENDS", "https://a.org https://b.org")
    # When
    told = run(*command.split())
    # Then: at a prompt there is neither a panel nor a connection to name
    assert told.returncode == 1
    assert "Name the backend by --backend URL" in told.stderr
    assert "panel" not in told.stderr
    assert "connection" not in told.stderr


@pytest.mark.usefixtures("service")
def test_a_link_by_name_is_only_said_to_work_if_it_does(
    provider: LocalProvider, folder: Path
) -> None:
    # Given
    (staged,) = upload(folder, provider, "fields.parquet")
    # When
    linked = run("link", "fields.parquet")
    # Then
    assert linked.returncode == 0, linked.stderr
    assert requests.get(linked.stdout.strip(), timeout=10).status_code == 200
    assert linked.stderr.startswith("The link works until ")
    # When: the link itself is verified, and not shown
    verified = run("verify", linked.stdout.strip())
    # Then
    assert verified.returncode == 0, verified.stderr
    assert "The link works: 1,000 bytes. It is valid until" in verified.stdout
    for told in (verified, run("link", linked.stdout.strip()), run("upload", linked.stdout)):
        assert "X-Amz" not in told.stdout + told.stderr
    # When
    key = str(staged["uri"]).removeprefix(f"s3://{provider.bucket}/")
    provider.storage.administrator().delete_object(Bucket=provider.bucket, Key=key)
    dead, gone = run("verify", linked.stdout.strip()), run("link", "fields.parquet")
    near = run("link", "field.parquet")
    # Then
    assert (dead.returncode, gone.returncode, near.returncode) == (3, 1, 1)
    assert "The link does not work" in dead.stdout
    assert gone.stderr.startswith("'fields.parquet' is not in storage any more")
    assert gone.stdout == ""
    assert "Did you mean 'fields.parquet'?" in near.stderr


@pytest.mark.usefixtures("service")
def test_one_file_that_fails_stops_no_other_and_is_named(
    provider: LocalProvider, folder: Path
) -> None:
    # Given: one whose name cannot be stored
    for name in ("a.txt", "b\nb.txt", "c.txt"):
        (folder / name).write_text(name)
    words = ("upload", "a.txt", "b\nb.txt", "c.txt", "--backend", provider.backend)
    # When
    told, as_json = run(*words), run(*words, "--json")
    stopped = run(*words, "--fail-fast", "--new")
    # Then
    assert (told.returncode, as_json.returncode, stopped.returncode) == (1, 1, 1)
    assert [uri.rpartition("/")[2] for uri in told.stdout.split()] == ["a.txt", "c.txt"]
    assert "1 of 3 files failed" in told.stderr
    lines = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert [line["name"] for line in lines] == ["a.txt", "b\nb.txt", "c.txt"]
    assert lines[1]["error"]["code"] == "name_invalid"
    assert len(stopped.stdout.split()) == 1


@pytest.mark.usefixtures("service")
def test_a_file_that_is_missing_is_told_before_anything_is_sent(
    provider: LocalProvider, folder: Path
) -> None:
    # Given
    (folder / "fields.parquet").write_text("a")
    # When
    told = run("upload", "fields.parquet", "field.parquet", "--backend", provider.backend)
    alone = run("upload", "other", "--backend", provider.backend)
    # Then
    assert told.returncode == 1
    assert "Did you mean 'fields.parquet'?" in told.stderr
    assert "Nothing was uploaded" in told.stderr
    assert "notebook" not in told.stderr + alone.stderr
    assert f"A relative path starts in {str(folder)!r}." in alone.stderr
    assert Ledger().list() == []


@pytest.mark.usefixtures("service")
def test_the_list_has_a_head_a_zone_and_words_for_nothing(
    provider: LocalProvider, folder: Path
) -> None:
    # When
    empty, no_lines = run("list"), run("list", "--json")
    # Then
    assert (empty.returncode, empty.stdout) == (0, "")
    assert empty.stderr.strip() == "Nothing staged yet."
    assert no_lines.stdout == ""
    # When
    upload(folder, provider, "a.txt", "a longer name.parquet")
    head, newest, oldest = run("list").stdout.splitlines()
    # Then
    assert head.split("  ")[0].strip() == "NAME"
    assert "STAGED (" in head
    assert newest.startswith("a longer name.parquet  1,000  ")
    assert oldest.startswith("a.txt ")
    assert newest.index("s3://") == oldest.index("s3://") == head.index("STORAGE URI")


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize("words", [["list"], ["list", "--json"]])
def test_a_reader_that_has_seen_enough_ends_it_quietly(
    provider: LocalProvider, folder: Path, words: list[str]
) -> None:
    # Given: nobody reads
    upload(folder, provider, "a.txt")
    (record,) = Ledger().list()
    Ledger().add(replace(record, id=new_id()))
    reading, writing = os.pipe()
    os.close(reading)
    # When
    with subprocess.Popen(
        [*COMMAND, *words], stdout=writing, stderr=subprocess.PIPE, text=True
    ) as program:
        os.close(writing)
        _, told = program.communicate(timeout=60)
    # Then
    assert (program.returncode, told) == (141, "")

"""Artifacts back to files, and out of storage, at the command line."""

from __future__ import annotations

import json
import os
import pty
import secrets
import subprocess
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.state.ledger import Ledger
from tests.cli.command import COMMAND, run
from tests.cli.test_promises import upload

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def staged(provider: LocalProvider, service: None, folder: Path) -> StagedRecord:
    upload(folder, provider, "fields.parquet")
    (record,) = Ledger().list()
    return record


def is_there(provider: LocalProvider, record: StagedRecord) -> bool:
    client = provider.storage.administrator()
    prefix = record.uri.removeprefix(f"s3://{provider.bucket}/")
    found = client.list_objects_v2(Bucket=provider.bucket, Prefix=prefix)
    return bool(found["KeyCount"])


def take_out(provider: LocalProvider, record: StagedRecord) -> None:
    key = record.uri.removeprefix(f"s3://{provider.bucket}/")
    provider.storage.administrator().delete_object(Bucket=provider.bucket, Key=key)


def test_a_download_is_the_file_again_and_replaces_none(staged: StagedRecord, folder: Path) -> None:
    # Given
    content = (folder / "fields.parquet").read_bytes()
    # When: where there is one of that name; in a folder; under another name
    refused = run("download", "fields.parquet")
    (folder / "back").mkdir()
    in_folder = run("download", "fields.parquet", "back")
    named = run("download", staged.uri, "copy.parquet", "--json")
    # Then
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "There is a file 'fields.parquet' already." in refused.stderr
    assert "--overwrite" in refused.stderr
    assert in_folder.returncode == 0, in_folder.stderr
    assert in_folder.stdout == f"{folder / 'back' / 'fields.parquet'}\n"
    assert staged.uri in in_folder.stderr
    assert json.loads(named.stdout) == {
        "uri": staged.uri,
        "path": str(folder / "copy.parquet"),
        "size": len(content),
    }
    for each in (folder / "back" / "fields.parquet", folder / "copy.parquet"):
        assert each.read_bytes() == content
    # When
    (folder / "fields.parquet").write_text("edited since")
    kept = run("download", "fields.parquet")
    assert (folder / "fields.parquet").read_text() == "edited since"
    replaced = run("download", "fields.parquet", "--overwrite")
    # Then
    assert (kept.returncode, replaced.returncode) == (1, 0)
    assert (folder / "fields.parquet").read_bytes() == content
    assert not list(folder.glob(".*.part"))


def test_what_cannot_be_downloaded_leaves_no_file(
    provider: LocalProvider, staged: StagedRecord, folder: Path
) -> None:
    # When
    missing = run("download", "field.parquet", "a")
    no_folder = run("download", "fields.parquet", "nowhere/a")
    take_out(provider, staged)
    gone = run("download", "fields.parquet", "a")
    link = run("download", "https://s3.example/b/k?X-Amz-Signature=0123456789abcdef", "a")
    # Then
    for told, words in (
        (missing, "Did you mean 'fields.parquet'?"),
        (no_folder, "There is no folder"),
        (gone, "not in storage any more"),
        (link, "This is a link"),
    ):
        assert (told.returncode, told.stdout) == (1, ""), told
        assert words in told.stderr
        assert "X-Amz" not in told.stderr
    assert not (folder / "a").exists()


def test_a_delete_takes_it_out_of_storage_and_off_the_list(
    provider: LocalProvider, staged: StagedRecord
) -> None:
    # When
    told = run("delete", "fields.parquet", "--yes", "--json")
    again = run("delete", "fields.parquet", "--yes")
    # Then
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == {"uri": staged.uri, "deleted": True}
    assert not is_there(provider, staged)
    assert Ledger().list() == []
    assert again.returncode == 1
    assert again.stderr.startswith("No artifact named 'fields.parquet' was staged")


def test_what_is_gone_already_is_taken_off_the_list(
    provider: LocalProvider, staged: StagedRecord
) -> None:
    # Given
    take_out(provider, staged)
    # When
    told = run("delete", staged.uri, "--yes")
    again = run("delete", staged.uri, "--yes")
    # Then
    assert told.returncode == 0, told.stderr
    assert told.stdout == f"{staged.uri} was not in storage any more; it is off the list now.\n"
    assert Ledger().list() == []
    assert again.returncode == 1


def test_nothing_is_deleted_where_nobody_can_be_asked(
    provider: LocalProvider, staged: StagedRecord
) -> None:
    # When
    told = subprocess.run(
        [*COMMAND, "delete", "fields.parquet"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    # Then
    assert (told.returncode, told.stdout) == (1, "")
    assert staged.uri in told.stderr
    assert "--yes" in told.stderr
    assert is_there(provider, staged)


@pytest.mark.parametrize("answer", ["\n", "n\n", "y\n"])
def test_a_person_is_asked_about_the_one_that_is_meant(
    provider: LocalProvider, staged: StagedRecord, answer: str
) -> None:
    # Given
    deleted = answer == "y\n"
    near, far = pty.openpty()
    # When
    with subprocess.Popen(
        [*COMMAND, "delete", "fields.parquet"],
        stdin=far,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        os.close(far)
        os.write(near, answer.encode())
        told, asked = program.communicate(timeout=300)
    os.close(near)
    # Then
    assert "fields.parquet (1,000 bytes, staged 20" in asked
    assert f"{staged.uri}\n" in asked
    assert "[y/N]" in asked
    assert program.returncode == (0 if deleted else 1)
    assert is_there(provider, staged) != deleted
    assert (len(Ledger().list()) == 0) == deleted
    assert told == (f"Deleted {staged.uri}\n" if deleted else "")


@pytest.mark.usefixtures("staged")
def test_a_name_that_two_files_have_is_nobodys(provider: LocalProvider, folder: Path) -> None:
    # Given
    (folder / "fields.parquet").write_bytes(secrets.token_bytes(2000))
    told = run("upload", "fields.parquet", "--backend", provider.backend)
    assert told.returncode == 0, told.stderr
    newer, older = Ledger().list()
    # When
    for command in (["link"], ["verify"], ["download"], ["delete", "--yes"]):
        told = run(*command, "fields.parquet")
        # Then
        assert (told.returncode, told.stdout) == (1, "")
        lines = told.stderr.splitlines()
        assert lines[0] == (
            "There are 2 artifacts named 'fields.parquet'. Give the storage URI of the one you"
            " mean:"
        )
        assert [line.rpartition("  ")[2] for line in lines[1:]] == [newer.uri, older.uri]
    # When
    shown = run("list").stdout.splitlines()
    linked = run("link", older.uri)
    # Then: the list tells them apart, whatever minute they are of
    assert shown[1].split("  ")[0] == shown[2].split("  ")[0] == "fields.parquet"
    assert [line.rpartition(" ")[2] for line in shown[1:]] == [newer.uri, older.uri]
    assert linked.returncode == 0, linked.stderr
    assert is_there(provider, older)
    assert is_there(provider, newer)


@pytest.mark.usefixtures("staged")
def test_a_copy_of_the_same_content_may_stand_for_the_other(provider: LocalProvider) -> None:
    # Given
    again = run("upload", "fields.parquet", "--new", "--backend", provider.backend)
    # When
    linked = run("link", "fields.parquet", "--json")
    told = run("link", "fields.parquet")
    deleted = run("delete", "fields.parquet", "--yes")
    # Then: which one is told; what cannot be undone is not guessed
    assert json.loads(linked.stdout)["uri"] == again.stdout.strip()
    assert again.stdout.strip() in told.stderr
    assert deleted.returncode == 1
    assert "There are 2 artifacts named" in deleted.stderr


@pytest.mark.usefixtures("service")
def test_a_name_that_would_turn_the_line_is_shown_as_it_is(
    provider: LocalProvider, folder: Path
) -> None:
    # Given
    name = "a\u202egpj.txt"
    upload(folder, provider, name)
    # When
    told = [
        run("upload", name, "--backend", provider.backend).stderr,
        run("list").stdout,
        run("delete", name).stderr,
        run("download", name, "copy.txt").stderr,
        run("link", name).stderr,
        run("verify", name).stdout,
        run("download", name, name).stderr,
        run("delete", name, "--yes").stdout,
    ]
    # Then: what programs read is as it is (the URI that upload prints, JSON)
    for shown in told:
        assert r"a\u202egpj.txt" in shown
        assert "\u202e" not in shown


def test_what_lies_in_storage_is_listed_from_wherever_it_came(
    provider: LocalProvider, staged: StagedRecord
) -> None:
    # Given: an object of this account's that is on no list here
    prefix = staged.uri.removeprefix(f"s3://{provider.bucket}/").partition("/")[0]
    key = f"{prefix}/2001/01/02/0123456789/from a job.tif"
    client = provider.storage.administrator()
    client.put_object(Bucket=provider.bucket, Key=key, Body=b"content")
    # When
    told = run("list", "--stored", "--json")
    first = run("list", "--stored", "--limit", "1")
    client.delete_object(Bucket=provider.bucket, Key=key)
    # Then: the oldest day first
    rows = [json.loads(line) for line in told.stdout.splitlines()]
    assert (rows[0]["uri"], rows[0]["size"]) == (f"s3://{provider.bucket}/{key}", 7)
    assert rows[0]["name"] == "from a job.tif"
    assert staged.uri in [row["uri"] for row in rows]
    assert f"{len(rows)} files, " in told.stderr
    (line,) = first.stdout.splitlines()
    assert line.endswith(f"s3://{provider.bucket}/{key}")
    assert "1 file, 7 bytes" in first.stderr

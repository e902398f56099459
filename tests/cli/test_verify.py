"""Verifying at the command line."""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.cli.main import main
from jupyter_openeo_artifacts.state.ledger import Ledger
from tests.cli.command import run
from tests.servers.provider import s3_client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.s3.object_client import ObjectClient
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord

CONTENT = secrets.token_bytes(100_000)


@pytest.fixture
def staged(provider: LocalProvider, service: None, tmp_path: Path) -> StagedRecord:
    (tmp_path / "fields.parquet").write_bytes(CONTENT)
    told = run("upload", str(tmp_path / "fields.parquet"), "--backend", provider.backend, "--json")
    assert told.returncode == 0, told.stderr
    (record,) = Ledger().list()
    return record


def damage(provider: LocalProvider, record: StagedRecord, content: bytes | None) -> None:
    """Put other bytes in its place, or none."""
    client = provider.storage.administrator()
    place = {"Bucket": provider.bucket, "Key": record.uri.removeprefix(f"s3://{provider.bucket}/")}
    if content is None:
        client.delete_object(**place)
    else:
        client.put_object(**place, Body=content)


def test_by_its_name_or_uri(staged: StagedRecord) -> None:
    # When
    by_name, by_uri = run("verify", "fields.parquet"), run("verify", staged.uri, "--read-back")
    # Then
    assert by_name.returncode == 0, by_name.stderr
    lines = by_name.stdout.splitlines()
    assert lines[0] == staged.uri
    time_with_zone = r"20\d\d-\d\d-\d\d \d\d:\d\d [A-Z+-]\S*"
    assert re.fullmatch(rf"It is there: 100,000 bytes, stored {time_with_zone}\.", lines[1])
    assert lines[2] == "Its content was not read (--read-back reads it)."
    assert lines[3] == "A link to it answers: GET yes, HEAD no, parts yes."
    assert by_uri.returncode == 0, by_uri.stderr
    digest = sha256(CONTENT).hexdigest()
    read = f"Its content was read back: SHA-256 {digest}, as it was staged."
    assert by_uri.stdout.splitlines()[2] == read
    assert "X-Amz" not in by_name.stdout + by_name.stderr + by_uri.stdout + by_uri.stderr


def test_what_was_checked_by_its_size_only_is_said_and_read_back(staged: StagedRecord) -> None:
    # Given
    assert "size only" not in run("list").stdout
    Ledger().add(replace(staged, verified="size"))
    # When
    listed, told = run("list"), run("verify", "fields.parquet", "--json")
    unread = run("verify", "fields.parquet", "--no-read-back", "--json")
    # Then
    assert "  size only  " in listed.stdout
    found = json.loads(told.stdout)
    assert (told.returncode, found["uri"], found["same"]) == (0, staged.uri, True)
    assert found["sha256"] == staged.sha256
    assert (json.loads(unread.stdout)["sha256"], unread.returncode) == ("", 0)


def test_what_is_not_as_it_was_staged_is_status_3(
    provider: LocalProvider, staged: StagedRecord
) -> None:
    # When
    damage(provider, staged, bytes(len(CONTENT)))
    other = run("verify", "fields.parquet", "--read-back")
    # Then
    assert other.returncode == 3, other.stderr
    assert "It is not the file that was staged: its SHA-256 is" in other.stdout
    assert "as it was staged." not in other.stdout
    # When
    damage(provider, staged, bytes(3))
    shorter = run("verify", "fields.parquet")
    # Then
    assert shorter.returncode == 3, shorter.stderr
    assert "it has 3 bytes and should have 100000" in shorter.stdout
    # When
    damage(provider, staged, None)
    gone = run("verify", "fields.parquet", "--read-back")
    # Then
    assert gone.returncode == 3, gone.stderr
    assert "It is there" not in gone.stdout
    assert "is not in storage any more" in gone.stdout


def test_the_newest_of_a_name_is_meant(staged: StagedRecord) -> None:
    Ledger().add(replace(staged, id="0" * 26, uri=f"{staged.uri}.older"))
    assert run("verify", "fields.parquet").stdout.splitlines()[0] == staged.uri


def test_a_uri_that_is_not_on_the_list(provider: LocalProvider, staged: StagedRecord) -> None:
    Ledger().forget(staged.id)
    told = run("verify", staged.uri, "--read-back", "--backend", provider.backend)
    assert told.returncode == 0, told.stderr
    digest = sha256(CONTENT).hexdigest()
    assert f"SHA-256 {digest}; none is noted here to compare it with." in told.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["other.parquet"], "No artifact named 'other.parquet'"),
        (["fields.parquet", "--backend", "https://other.example"], "No artifact named"),
        (["s3://nothing", "--backend", "{backend}"], "storage URI"),
        (["{theirs}", "--backend", "{backend}"], "another account"),
    ],
)
def test_what_cannot_be_told_is_one_sentence_and_status_1(
    provider: LocalProvider, staged: StagedRecord, words: list[str], said: str
) -> None:
    # Given
    theirs = f"{provider.users['bob'].prefix}/2026/01/01/x/theirs.txt"
    s3_client(provider, "bob").put_object(Bucket=provider.bucket, Key=theirs, Body=b"bob's")
    names = {"backend": provider.backend, "theirs": f"s3://{provider.bucket}/{theirs}"}
    # When
    failed = run("verify", *(word.format(**names) for word in words))
    # Then
    assert (failed.returncode, failed.stdout) == (1, "")
    assert said in failed.stderr
    assert len(failed.stderr.strip().splitlines()) == 1


def answers_changed(
    monkeypatch: pytest.MonkeyPatch, event: str, change: Callable[[dict[str, Any]], object]
) -> None:
    """Have this process meet a storage that says something more, or less, than the demo's."""
    from jupyter_openeo_artifacts.artifacts import helper
    from jupyter_openeo_artifacts.staging.target import default_sessions

    truly = helper.s3_client

    def client(*args: Any, **more: Any) -> ObjectClient:
        made = truly(*args, **more)
        made.meta.events.register(event, lambda parsed, **_: change(parsed))
        return made

    monkeypatch.setattr(helper, "s3_client", client)
    default_sessions.forget()


def test_a_storage_that_tells_no_length_is_no_error(
    staged: StagedRecord, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    answers_changed(
        monkeypatch, "after-call.s3.HeadObject", lambda parsed: parsed.pop("ContentLength", None)
    )
    # When
    status = main(["verify", "fields.parquet"])
    # Then
    assert status == 0
    assert "It is there, of unknown size, stored" in capsys.readouterr().out


def test_an_upload_says_that_only_its_size_was_checked(
    provider: LocalProvider,
    service: None,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given: a storage whose ETags are no MD5s, as with SSE-KMS
    answers_changed(
        monkeypatch, "after-call.s3", lambda parsed: parsed.update(ServerSideEncryption="aws:kms")
    )
    (tmp_path / "a.txt").write_text("a")
    # When
    status = main(["upload", str(tmp_path / "a.txt"), "--backend", provider.backend])
    # Then
    told = capsys.readouterr()
    assert (status, told.out.strip()) == (0, Ledger().list()[0].uri)
    assert (
        "a.txt: content not checked (size matches), because this storage gives no MD5s" in told.err
    )
    assert Ledger().list()[0].verified == "size"

"""Staging, listing and linking at the command line."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import subprocess
import zipfile
from contextlib import ExitStack
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import requests

from jupyter_openeo_artifacts.cli.main import main
from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.staging.target import default_sessions, target_for
from jupyter_openeo_artifacts.state.ledger import Ledger
from tests.cli.command import COMMAND, run
from tests.servers.provider import storage_down

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView


@pytest.mark.usefixtures("service")
def test_upload_list_and_link(provider: LocalProvider, tmp_path: Path) -> None:
    # Given
    content = secrets.token_bytes(300_000)
    (tmp_path / "udf deps.zip").write_bytes(content)
    # When
    uploaded = run(
        "upload", str(tmp_path / "udf deps.zip"), "--backend", provider.backend, "--json"
    )
    # Then
    assert uploaded.returncode == 0, uploaded.stderr
    staged = json.loads(uploaded.stdout)
    assert staged["sha256"] == hashlib.sha256(content).hexdigest()
    assert staged["origin"] == "cli"
    assert "X-Amz" not in uploaded.stdout + uploaded.stderr
    # When
    listed, shown = run("list", "--json"), run("list")
    # Then
    service, host = provider.service.client_id, urlsplit(provider.backend).netloc
    assert f"  {service} at {host}  content  {staged['uri']}" in shown.stdout
    assert staged["account"] == service
    assert [json.loads(line)["uri"] for line in listed.stdout.splitlines()] == [staged["uri"]]
    # When
    linked = run("link", staged["uri"], "--expires", "10m", "--json")
    # Then
    assert requests.get(json.loads(linked.stdout)["url"], timeout=10).content == content


@pytest.mark.usefixtures("service")
def test_a_folder_is_one_zip_where_that_is_asked_for(
    provider: LocalProvider, tmp_path: Path
) -> None:
    # Given
    (tmp_path / "tiles" / "x").mkdir(parents=True)
    (tmp_path / "tiles" / "x" / "a.tif").write_bytes(content := secrets.token_bytes(1000))
    words = ["upload", str(tmp_path / "tiles"), "--backend", provider.backend, "--link", "--json"]
    # When
    refused, staged = run(*words), run(*words, "--zip")
    # Then
    assert "'tiles' is a folder. Stage it as one zip" in refused.stderr
    told = json.loads(staged.stdout)
    assert told["name"] == "tiles.zip"
    with zipfile.ZipFile(BytesIO(requests.get(told["url"], timeout=10).content)) as found:
        assert found.read("x/a.tif") == content


@pytest.mark.usefixtures("service")
def test_the_same_file_is_not_sent_again_unless_it_is_wished(
    provider: LocalProvider, tmp_path: Path
) -> None:
    # Given
    (tmp_path / "a.bin").write_bytes(secrets.token_bytes(1000))
    words = ["upload", str(tmp_path / "a.bin"), "--backend", provider.backend]
    first = json.loads(run(*words, "--json").stdout)
    # When
    again, told, new = run(*words), run(*words, "--json"), run(*words, "--new")
    # Then
    assert not first["reused"]
    assert again.stdout.strip() == first["uri"]
    assert re.search(r"a\.bin: already in storage; .* and is not uploaded again\.", again.stderr)
    assert f" by openeo-demo-service at {urlsplit(provider.backend).netloc} and" in again.stderr
    assert json.loads(told.stdout) == {**first, "reused": True}
    assert new.stdout.strip() != first["uri"]
    assert "already" not in new.stderr


@pytest.mark.usefixtures("service")
def test_a_folder_that_cannot_be_used_costs_the_list_and_not_the_file(
    provider: LocalProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_HOME", "/dev/null/artifacts")
    (tmp_path / "a.bin").write_bytes(content := secrets.token_bytes(1000))
    words = ["upload", str(tmp_path / "a.bin"), "--backend", provider.backend, "--link", "--json"]
    # When
    told = run(*words)
    # Then
    assert told.returncode == 0, told.stderr
    staged = json.loads(told.stdout)
    assert requests.get(staged["url"], timeout=60).content == content
    assert "Warning: The folder /dev/null/artifacts" in told.stderr
    assert "only this process has it on its list" in told.stderr
    assert "JUPYTER_OPENEO_ARTIFACTS_HOME" in told.stderr


@pytest.mark.usefixtures("service")
def test_a_file_that_readers_will_trip_over_is_said_and_staged(
    provider: LocalProvider, tmp_path: Path
) -> None:
    (tmp_path / "fields.shp").write_bytes(b"x")
    told = run("upload", str(tmp_path / "fields.shp"), "--backend", provider.backend)
    assert told.returncode == 0
    assert told.stdout.startswith("s3://")
    assert "Warning: 'fields.shp' is one of the files of a shapefile" in told.stderr


def test_signing_in_at_the_terminal(provider: LocalProvider, tmp_path: Path) -> None:
    # Given
    (tmp_path / "a.txt").write_text("a")
    words = ["upload", str(tmp_path / "a.txt"), "--backend", provider.backend, "--link", "--wait"]
    with subprocess.Popen(
        [*COMMAND, *words],
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stderr is not None
        # When
        address = None
        while address is None:
            line = program.stderr.readline()
            assert line, "it ended without asking"
            address = re.search(r"https?://\S+code\S+", line)
        provider.approve(address[0], "bob")
        out, err = program.communicate(timeout=60)
    # Then
    assert program.returncode == 0, err
    uri, url = out.split()
    assert uri.startswith("s3://")
    assert requests.get(url, timeout=10).text == "a"
    assert "anyone who has it" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["upload", "gone.txt", "--backend", "{backend}"], "no file 'gone.txt'"),
        (["upload", ".", "--backend", "{backend}"], "is a folder"),
        (["upload", "{file}", "--backend", "http://127.0.0.1:9"], "127.0.0.1:9"),
        (["upload", "{file}"], "No openEO backend was used"),
        (["upload", "{file}", "--backend", "{backend}", "--name", "../x"], "name"),
        (["link", "s3://nothing", "--backend", "{backend}"], "storage URI"),
    ],
)
@pytest.mark.usefixtures("service")
def test_what_goes_wrong_is_one_sentence(
    provider: LocalProvider, tmp_path: Path, words: list[str], said: str
) -> None:
    # Given
    (tmp_path / "a.txt").write_text("a")
    filled = [word.format(file=tmp_path / "a.txt", backend=provider.backend) for word in words]
    # When
    failed = run(*filled)
    # Then
    assert failed.returncode == 1
    assert said in failed.stderr
    assert "Traceback" not in failed.stderr
    assert len(failed.stderr.strip().splitlines()) == 1


@pytest.mark.usefixtures("service")
def test_a_file_that_goes_while_others_are_staged_stops_no_other(
    provider: LocalProvider,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Given: three files that can be read when the command begins
    default_sessions.forget()
    files = [tmp_path / name for name in ("a.bin", "b.bin", "c.bin")]
    for each in files:
        each.write_bytes(secrets.token_bytes(1000))
    wait = UploadManager.wait

    def wait_and_remove(*args: Any) -> UploadView:
        view = wait(*args)
        if view.ended:
            files[1].unlink(missing_ok=True)
        return view

    monkeypatch.setattr(UploadManager, "wait", wait_and_remove)
    # When
    status = main(["upload", *map(str, files), "--backend", provider.backend, "--json"])
    # Then
    told = capsys.readouterr()
    first, second, third = map(json.loads, told.out.splitlines())
    assert status == 1
    assert (first["name"], third["name"]) == ("a.bin", "c.bin")
    assert second["name"] == "b.bin"
    assert second["error"]["code"] == "file_vanished"
    assert "1 of 3 files failed: b.bin." in told.err


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(("count", "as_json"), [(1, False), (2, True)])
def test_a_staged_file_of_which_no_link_can_be_made_is_told_all_the_same(
    provider: LocalProvider,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *,
    count: int,
    as_json: bool,
) -> None:
    # Given: once the last file is staged, its session ends and the STS is away
    default_sessions.forget()
    files = [tmp_path / name for name in ("a.bin", "b.bin")][:count]
    for each in files:
        each.write_bytes(secrets.token_bytes(1000))
    wait, away = UploadManager.wait, ExitStack()

    def wait_and_lose(*args: Any) -> UploadView:
        view = wait(*args)
        if view.ended and view.name == files[-1].name:
            target_for(backend=provider.backend).helper().credentials.renew_expired()
            away.enter_context(storage_down(provider))
        return view

    monkeypatch.setattr(UploadManager, "wait", wait_and_lose)
    words = ["upload", *map(str, files), "--backend", provider.backend, "--link"]
    # When
    with away:
        status = main([*words, "--json"] if as_json else words)
    # Then
    told = capsys.readouterr()
    record = Ledger().list()[0]
    assert status == 1
    assert record.name == files[-1].name
    if as_json:
        row = json.loads(told.out.splitlines()[-1])
        assert (row["uri"], "url" in row, "error" in row) == (record.uri, False, False)
        assert row["link_error"]["code"] == "storage_unreachable"
    else:
        assert told.out.splitlines()[-1] == record.uri
    assert f"{record.name}: staged, but there is no link to it." in told.err
    assert "does not answer" in told.err
    assert "failed" not in told.err
    assert (f"1 of 2 files were staged without a link: {record.name}." in told.err) == (count == 2)

"""What the magic lists, and the help that it gives."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.service import serializers as wire
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from tests.notebook.cells import fetched, run


def test_no_secret_is_in_what_is_shown_or_remembered(  # noqa: PLR0917  fixtures
    shell, provider, connection, file, capsys, own_home
):
    # Given
    shell.user_ns["eu"] = connection
    # When
    run(shell, f"%artifact_upload '{file}' --as fields")
    run(shell, "url = fields.presigned_url()")
    run(shell, "fields")
    run(shell, "%artifacts")
    # Then
    token = connection.auth.bearer.split("/", 2)[2]
    artifact = shell.user_ns["fields"]
    signature = shell.user_ns["url"].split("X-Amz-Signature=")[1][:64]
    shown = capsys.readouterr()
    kept = [
        path.read_text("utf-8", "replace") for path in Path(own_home).rglob("*") if path.is_file()
    ]
    history = [line for *_, line in shell.history_manager.get_range(output=True)]
    table = shell.run_line_magic("artifacts", "")
    for text in (
        shown.out,
        shown.err,
        repr(artifact),
        repr(table),
        table._repr_html_(),
        *kept,
        *map(str, history),
    ):
        assert "X-Amz-" not in text
        assert signature not in text
        assert token not in text


def test_the_list_shows_what_was_staged_by_whatever_way(shell, connection, file):
    # Given
    shell.user_ns["eu"] = connection
    run(shell, f"%artifact_upload '{file}'")
    run(shell, f"%artifact_upload '{file}' --name '<img onerror=alert(1)>.tif'")
    # When
    table = run(shell, "%artifacts").result
    # Then
    assert [each.name for each in table] == ["<img onerror=alert(1)>.tif", file.name]
    assert "<img" not in table._repr_html_()
    assert "1.0 MB" in repr(table)
    assert "s3://" not in repr(table)
    assert fetched(table[1].presigned_url()) == table[1].sha256
    assert [each.name for each in run(shell, "%artifacts FIELDS").result] == [file.name]
    assert len(table[:1]) == 1


def test_what_was_checked_by_its_size_only_is_said(shell, connection, file, capsys):
    # Given: a storage whose ETags are no MD5s, as with SSE-KMS
    shell.user_ns["eu"] = connection
    run(shell, f"%artifact_upload '{file}' --name plain.bin")
    assert "checked" not in repr(run(shell, "%artifacts").result) + capsys.readouterr().out
    client = ConnectionTarget(connection).helper().client
    client.meta.events.register(
        "after-call.s3", lambda parsed, **_: parsed.update(ServerSideEncryption="aws:kms")
    )
    # When
    artifact = run(shell, f"%artifact_upload '{file}'").result
    # Then
    assert (
        f"{file.name}: staged by Alice at {urlsplit(artifact.backend).netloc}, 1.0 MB, content not"
        " checked (size matches)" in capsys.readouterr().out
    )
    table = run(shell, "%artifacts").result
    for text in (repr(table), table._repr_html_()):
        assert text.count("1.0 MB, content not checked (size matches)") == 1
    [shown] = wire.artifacts([artifact.to_record()])  # what panel and widget show
    assert shown["verified"] == "size"


def test_a_name_that_would_turn_the_line_is_shown_as_it_is(shell, connection, file, capsys):
    # Given
    shell.user_ns["eu"] = connection
    # When
    artifact = run(shell, f"%artifact_upload '{file}' --name 'a\u202egpj.tif'").result
    table = run(shell, "%artifacts").result
    # Then
    assert artifact.name == "a\u202egpj.tif"
    line, text, html = capsys.readouterr().out, repr(table), table._repr_html_()
    for shown in (line, text, html, repr(artifact)):
        assert r"a\u202egpj.tif" in shown
        assert "\u202e" not in shown
    assert r"<td><bdi>a\u202egpj.tif</bdi></td>" in html
    assert "<td><bdi>Alice</bdi></td>" in html


def test_an_empty_list_says_how_to_fill_it(shell):
    assert "%artifact_upload PATH" in repr(run(shell, "%artifacts").result)


def test_the_help_names_every_option(shell):
    text = shell.find_line_magic("artifact_upload").__doc__
    for option in ("PATH", "--name", "--expires", "--connection", "--as", "--new"):
        assert option in text


def test_help_that_is_asked_for_is_given(shell, capsys):
    assert shell.run_line_magic("artifact_upload", "--help") is None
    told = capsys.readouterr().out
    assert told.startswith("Stage a file for openEO jobs")
    assert "--expires 2d" in told

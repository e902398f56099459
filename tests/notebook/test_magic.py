"""%artifact_upload and %artifacts in a real IPython, against the local provider."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from urllib.parse import urlsplit

import openeo
import pytest
import requests

from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.notebook import magic
from jupyter_openeo_artifacts.notebook.default_manager import default_upload_manager
from jupyter_openeo_artifacts.notebook.magic import StagingInterrupted
from jupyter_openeo_artifacts.staging import manager as manager_module
from jupyter_openeo_artifacts.staging.artifact import Artifact
from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.state.backends import remember_backend
from tests.limits import AT_MOST
from tests.notebook.cells import fetched, run
from tests.servers import openeo_stub
from tests.servers.provider import (
    approve_soon,
    connected,
    pause_storage,
    resume_storage,
    storage_down,
)


def test_a_file_is_staged_with_the_only_connection_and_can_be_read_by_its_link(
    shell, connection, file
):
    # Given
    shell.user_ns["eu"] = connection
    # When
    result = run(shell, f"%artifact_upload '{file}' --as fields")
    # Then
    artifact = result.result
    assert isinstance(artifact, Artifact)
    assert shell.user_ns["fields"] is artifact
    assert (artifact.name, artifact.size, artifact.origin) == (file.name, 1_024_000, "magic")
    assert artifact.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert fetched(artifact.presigned_url()) == artifact.sha256


def test_a_variable_a_tilde_and_a_name_work_on_the_line(shell, connection, file, monkeypatch):
    # Given
    monkeypatch.setenv("HOME", str(file.parent))
    shell.user_ns |= {"eu": connection, "wanted": file.name}
    # When
    result = run(shell, '%artifact_upload "~/{wanted}" --name "a b é 🌍.parquet"')
    # Then
    assert result.result.name == "a b é 🌍.parquet"
    assert fetched(result.result.presigned_url()) == result.result.sha256


def test_a_value_with_spaces_is_one_word_also_in_a_function(shell, connection, tmp_path):
    # Given
    shell.user_ns["eu"] = connection
    (tmp_path / "a b.csv").write_text("a")
    shell.user_ns["folder"] = tmp_path
    # When
    artifact = run(shell, "%artifact_upload {folder}/a b.csv;").result
    assert artifact is None, "two words are two words where nobody holds them together"
    artifact = run(shell, "path = folder / 'a b.csv'\n%artifact_upload {path};").result
    looped = run(
        shell,
        "def stage_all(paths):\n"
        "    found = []\n"
        "    for each in paths:\n"
        "        one = %artifact_upload {each}\n"
        "        found.append(one)\n"
        "    return found\n"
        "stage_all([path])",
    ).result
    # Then
    assert artifact.name == "a b.csv"
    assert [each.name for each in looped] == ["a b.csv"]


def test_a_folder_that_cannot_be_used_costs_the_list_and_not_the_file(
    shell, connection, file, monkeypatch, capsys
):
    # Given
    shell.user_ns["eu"] = connection
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_HOME", "/dev/null/artifacts")
    # When
    with pytest.warns(UserWarning, match="/dev/null/artifacts.* only this process has it"):
        artifact = shell.run_line_magic("artifact_upload", f"'{file}'")
    with pytest.warns(UserWarning, match="/dev/null/artifacts"):
        again = shell.run_line_magic("artifact_upload", f"'{file}'")
    # Then
    assert fetched(artifact.presigned_url()) == artifact.sha256
    assert (again.uri, again.reused) == (artifact.uri, True)
    default_upload_manager().ledger.forget(artifact.id)
    assert default_upload_manager().ledger.problem(artifact.id) is None


def test_a_file_that_readers_will_trip_over_is_said_and_staged(shell, connection, tmp_path, capsys):
    # Given
    shell.user_ns["eu"] = connection
    (tmp_path / "a.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    # When
    artifact = run(shell, f"%artifact_upload {tmp_path}/a.geojson").result
    # Then
    assert artifact.name == "a.geojson"
    assert capsys.readouterr().err == (
        "'a.geojson' holds no features. Readers will find nothing in it, or refuse it.\n"
    )


def test_an_empty_file_is_staged(shell, connection, tmp_path):
    shell.user_ns["eu"] = connection
    (tmp_path / "empty.txt").touch()
    artifact = run(shell, f"%artifact_upload {tmp_path}/empty.txt").result
    assert artifact.size == 0
    assert requests.get(artifact.presigned_url(), timeout=10).content == b""


def test_the_lifetime_is_that_of_its_links_and_no_link_is_made_before(shell, connection, file):
    # Given
    shell.user_ns["eu"] = connection
    # When
    artifact = run(shell, f"%artifact_upload '{file}' --expires 90m").result
    # Then
    assert "X-Amz-Expires=5400" in artifact.presigned_url()
    assert "X-Amz-Expires=60" in artifact.presigned_url(expires_in=60)


def test_a_link_that_ends_sooner_than_asked_says_so(shell, connection, file):
    # Given sessions of at most 12 h, with which a link ends
    shell.user_ns["eu"] = connection
    artifact = run(shell, f"%artifact_upload '{file}' --expires 2d").result
    # When / Then
    with pytest.warns(UserWarning, match="This link works until .* UTC. You asked for longer"):
        artifact.presigned_url()


def test_a_lifetime_that_cannot_be_is_warned_of(shell, connection, file, capsys):
    shell.user_ns["eu"] = connection
    with pytest.warns(UserWarning, match="A link can work for 7 days at most"):
        shell.run_line_magic("artifact_upload", f"'{file}' --expires 2w")


def test_several_connections_are_asked_about_and_one_can_be_named(
    shell, provider, connection, file, capsys
):
    # Given
    shell.user_ns |= {"alices": connection, "bobs": connected(provider, "bob")}
    # When
    result = run(shell, f"%artifact_upload '{file}'")
    # Then
    shown = capsys.readouterr()
    assert result.error_in_exec.code == "several_connections"
    assert "several openEO connections: alices, bobs" in shown.out
    assert "--connection alices" in shown.out
    # When
    artifact = run(shell, f"%artifact_upload '{file}' --connection bobs").result
    # Then
    assert artifact.uri.split("/")[3] == provider.users["bob"].prefix


def test_a_folder_is_one_zip_where_that_is_asked_for(shell, connection, file):
    shell.user_ns["eu"] = connection
    artifact = run(shell, f"%artifact_upload '{file.parent}' --zip").result
    assert artifact.name == f"{file.parent.name}.zip"
    assert artifact.size > file.stat().st_size


def test_one_connection_under_two_names_is_one(shell, connection, file):
    shell.user_ns |= {"a": connection, "b": connection, "_": connection}
    assert run(shell, f"%artifact_upload '{file}'").success


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("'{folder}/gone.tif'", "There is no file 'gone.tif'"),
        ("'{folder}'", "is a folder. Stage it as one zip"),
        (
            "'{file}' --connection nothing",
            "no variable 'nothing' here. Connections here: eu",
        ),
        (
            "'{file}' --connection number",
            "not an openEO connection. Connections here: eu",
        ),
        (
            "'{file}' --connection anonymous",
            "Call its method authenticate_oidc()",
        ),
        ("'{file}' --name ''", "This name cannot be used for an artifact: it is empty"),
        ("'{file}' --name ../x", "This name cannot be used for an artifact"),
        ("'{file}' --expires soon", "UsageError"),
        ("'{file}' --as 1x", "UsageError"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_and_nothing_is_staged(  # noqa: PLR0917  fixtures
    shell, provider, connection, file, capsys, line, said
):
    # Given
    anonymous = openeo.connect(provider.backend)
    shell.user_ns |= {"eu": connection, "number": 3}
    if "anonymous" in line:
        shell.user_ns["anonymous"] = anonymous
    # When
    result = run(shell, "%artifact_upload " + line.format(folder=file.parent, file=file))
    # Then
    shown = capsys.readouterr()
    assert not result.success
    assert said in shown.out + shown.err
    assert "Traceback" not in shown.out + shown.err
    assert len((shown.out + shown.err).strip().splitlines()) == 1
    assert len(default_upload_manager().ledger.list()) == 0


def test_without_a_connection_it_is_said_what_to_do(shell, file, capsys):
    result = run(shell, f"%artifact_upload '{file}'")
    assert result.error_in_exec.code == "not_signed_in"
    shown = capsys.readouterr().out
    assert "There is no openEO connection in this notebook. Sign in with the openEO" in shown
    assert "Traceback" not in shown


def test_without_a_connection_the_panels_login_is_used(shell, provider, file):
    # Given the panel has signed in: its token is in openEO's own store
    session = Sessions().open(provider.backend)
    login = session.start_login()
    approve_soon(provider, "alice", login.verification_uri_complete).join()
    login.wait(AT_MOST)
    assert session.state == "signed_in"
    # When
    result = run(shell, f"%artifact_upload '{file}'")
    # Then
    assert fetched(result.result.presigned_url()) == result.result.sha256
    assert fetched(run(shell, "%artifacts").result[0].presigned_url()) == result.result.sha256


def test_a_login_of_the_panel_that_has_ended_is_said(shell, provider, file, capsys):
    remember_backend(provider.backend)
    result = run(shell, f"%artifact_upload '{file}'")
    assert result.error_in_exec.code == "not_signed_in"
    assert "the panel's login at" in capsys.readouterr().out


def test_a_backend_that_was_only_typed_gets_neither_login_nor_file(shell, provider, file, capsys):
    # Given a login of the panel, and another backend as the one used last
    login = Sessions().open(provider.backend).start_login()
    approve_soon(provider, "alice", login.verification_uri_complete).join()
    assert login.wait(60) == "signed_in"
    with openeo_stub.backend(provider.issuer, "openeo-demo") as evil:
        remember_backend(evil.url)
        # When
        result = run(shell, f"%artifact_upload '{file}'")
        # Then
        shown = capsys.readouterr().out
        assert result.error_in_exec.code == "login_to_confirm"
        assert "approve_login(" in shown
        assert "Traceback" not in shown
        assert [authorization for _, _, authorization in evil.seen if authorization] == []


def test_storage_that_is_down_is_one_sentence(shell, provider, connection, file, capsys):
    # Given
    shell.user_ns["eu"] = connection
    # When
    with storage_down(provider):
        result = run(shell, f"%artifact_upload '{file}'")
    # Then
    shown = capsys.readouterr().out
    assert result.error_in_exec.code == "storage_unreachable"
    assert "Traceback" not in shown
    assert "X-Amz" not in shown


def test_ctrl_c_cancels_and_leaves_nothing(  # noqa: PLR0917  fixtures
    shell, provider, connection, tmp_path, capsys, monkeypatch
):
    # Given a file of which storage has taken a part, and then nothing more until it is cancelled
    big = tmp_path / "big.bin"
    with big.open("wb") as out:
        out.truncate(1_000_000_000)
    shell.user_ns["eu"] = connection
    monkeypatch.setattr(manager_module, "CANCEL_SECONDS", 60)
    queue = default_upload_manager()
    pressed = threading.Event()
    # A shell has programs in its background ignore the key.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def press(upload):
        if upload.bytes_stored and not pressed.is_set():
            pressed.set()
            pause_storage(provider)
            os.kill(os.getpid(), signal.SIGINT)

    def cancel_and_resume(*args):
        resume_storage(provider)
        return cancel(*args)

    cancel = UploadManager.cancel
    monkeypatch.setattr(UploadManager, "cancel", cancel_and_resume)
    # When
    forget = queue.listen(press)
    try:
        result = run(shell, f"%artifact_upload {big}")
    finally:
        signal.signal(signal.SIGINT, before)
        forget()
        resume_storage(provider)
    # Then
    assert isinstance(result.error_in_exec, KeyboardInterrupt)
    shown = capsys.readouterr()
    assert "Interrupted: 'big.bin' was not staged." in shown.out + shown.err
    assert "Traceback" not in shown.out + shown.err
    assert [upload.state for upload in default_upload_manager().uploads()] == ["cancelled"]
    assert len(default_upload_manager().ledger.list()) == 0
    found = provider.storage.administrator().list_multipart_uploads(Bucket=provider.bucket)
    assert [each["Key"] for each in found.get("Uploads", []) if "big.bin" in each["Key"]] == []


def test_ctrl_c_before_the_bar_is_drawn_cancels_too(  # noqa: PLR0917  fixtures
    shell, provider, connection, tmp_path, capsys, monkeypatch
):
    # Given: the bar, whose first import takes a while, is interrupted with the upload under way
    big = tmp_path / "big.bin"
    with big.open("wb") as out:
        out.truncate(1_000_000_000)
    shell.user_ns["eu"] = connection
    monkeypatch.setattr(manager_module, "CANCEL_SECONDS", 60)

    def interrupted(_shell):
        raise KeyboardInterrupt

    monkeypatch.setattr(magic, "progress_for", interrupted)
    pause_storage(provider)
    default_upload_manager().listen(
        lambda upload: upload.state == "cancelled" and resume_storage(provider)
    )
    # When
    try:
        result = run(shell, f"%artifact_upload {big}")
    finally:
        resume_storage(provider)
    # Then
    assert isinstance(result.error_in_exec, StagingInterrupted)
    assert "Interrupted: 'big.bin' was not staged." in "".join(capsys.readouterr())
    assert [upload.state for upload in default_upload_manager().uploads()] == ["cancelled"]


def test_the_same_file_is_not_sent_again_unless_it_is_wished(shell, connection, file, capsys):
    # Given
    shell.user_ns["eu"] = connection
    first = run(shell, f"%artifact_upload '{file}'").result
    capsys.readouterr()
    # When
    second = run(shell, f"%artifact_upload '{file}'").result
    # Then
    assert (first.reused, second.reused) == (False, True)
    assert second == first
    when = f"{first.staged_at.astimezone():%H:%M}"
    by = f"Alice at {urlsplit(first.backend).netloc}"
    words = f"the same file was staged at {when} by {by} and is not uploaded again"
    assert f"{file.name}: already in storage; {words}" in capsys.readouterr().out
    # When
    third = run(shell, f"%artifact_upload '{file}' --new").result
    # Then
    assert not third.reused
    assert third.uri != first.uri

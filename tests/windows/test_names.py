"""Staging from a kernel or a terminal on Windows, as far as another system can show it."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WITHOUT = [sys.executable, "-X", "utf8", str(HERE / "without_posix.py")]


def run(*words, **variables):
    """Run a program with the names of Windows."""
    return subprocess.run(
        [*WITHOUT, *map(str, words)],
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


@pytest.fixture
def files(tmp_path):
    """A small file that text mode would change, by a name as on Windows; and one of 5 parts."""
    small = b"one\r\ntwo\n\x1athree\r\n" + secrets.token_bytes(1000)
    made = {
        tmp_path / r"C:\a b\field's (1).tif": small,
        tmp_path / "large.bin": secrets.token_bytes(40 << 20),
    }
    for file, content in made.items():
        file.write_bytes(content)
    return made


def digests(files):
    return [hashlib.sha256(content).hexdigest() for content in files.values()]


def uploads(provider):
    """Name the keys of all unfinished uploads."""
    found = provider.storage.administrator().list_multipart_uploads(Bucket=provider.bucket)
    return {each["Key"] for each in found.get("Uploads", [])}


@pytest.mark.timeout(400)
def test_helper_and_magic_stage(provider, files):
    # When
    service = provider.service
    done = run(
        HERE / "helper_session.py", provider.backend, service.client_id, service.secret, *files
    )

    # Then
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [*digests(files), digests(files)[0]]


def test_command_line_stages(provider, files):
    # Given
    account = {
        "OPENEO_AUTH_METHOD": "client_credentials",
        "OPENEO_AUTH_CLIENT_ID": provider.service.client_id,
        "OPENEO_AUTH_CLIENT_SECRET": provider.service.secret,
        "JUPYTER_OPENEO_ARTIFACTS_BACKENDS": provider.backend,
    }

    # When
    command = "jupyter_openeo_artifacts.cli.main"
    done = run(command, "upload", *files, "--backend", provider.backend, "--json", **account)
    helped = run(command, "--help")

    # Then
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["sha256"] for line in done.stdout.splitlines()] == digests(files)
    assert helped.returncode == 0, helped.stderr


@pytest.mark.timeout(400)
def test_a_killed_upload_goes_on(provider, files):
    # Given an upload of which a part is in storage, and whose process was killed
    service, large = provider.service, list(files)[1]
    before = uploads(provider)  # other tests' of this worker, whose provider it is too
    words = (HERE / "killed_session.py", provider.backend, service.client_id, service.secret, large)
    assert run(*words, "kill").returncode == 9
    (left,) = uploads(provider) - before

    # When the same file is uploaded again
    done = run(*words)

    # Then it is that upload that was finished
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith(left)
    stored = provider.storage.administrator().get_object(Bucket=provider.bucket, Key=left)
    assert hashlib.sha256(stored["Body"].read()).hexdigest() == digests(files)[1]
    assert left not in uploads(provider)

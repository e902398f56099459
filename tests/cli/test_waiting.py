"""What the command line says while storage is silent, and how it goes on."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.command import run
from tests.servers.provider import pause_storage, resume_storage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider

SAID_SOON = """
import sys
from jupyter_openeo_artifacts.cli.main import main
from jupyter_openeo_artifacts.staging import upload_spec as standstill
standstill.QUIET_SECONDS = 0.5
sys.exit(main())
"""
"""The command line, but that a standstill is said sooner."""

HELD_AT_THE_SECOND = """
import sys, threading
from jupyter_openeo_artifacts.cli import upload
from jupyter_openeo_artifacts.cli.main import main
stage = upload._stage
def held(upload_manager, target, file, *rest, **named):
    if file.name == "b.bin":
        print("held", file=sys.stderr, flush=True)
        threading.Event().wait(600)
    return stage(upload_manager, target, file, *rest, **named)
upload._stage = held
sys.exit(main())
"""
"""The command line, but that the second file waits where a Ctrl-C reaches it."""


@pytest.fixture(autouse=True)
def _resumed(provider: LocalProvider) -> Iterator[None]:
    # A shell has programs in its background ignore Ctrl-C, and they hand that on.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
    resume_storage(provider)


@contextmanager
def uploading(provider: LocalProvider, file: Path) -> Iterator[subprocess.Popen[str]]:
    """Have an upload to a storage that is there, and says nothing."""
    words = ("upload", str(file), "--backend", provider.backend)
    file.write_bytes(secrets.token_bytes(1000))
    pause_storage(provider)
    with subprocess.Popen(
        [sys.executable, "-c", SAID_SOON, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            yield program
        finally:
            program.kill()


def heard(program: Any, words: str) -> str:
    """Return the line of stderr with `words` in it, once it has come."""
    for line in program.stderr:
        if words in line:
            return str(line)
    raise AssertionError(f"it ended without {words!r}")


@pytest.mark.usefixtures("service")
def test_what_it_waits_for_is_said_and_it_goes_on(provider: LocalProvider, tmp_path: Path) -> None:
    with uploading(provider, tmp_path / "fields.parquet") as program:
        # When
        line = heard(program, "Waiting")
        # Then
        assert line.startswith("fields.parquet: Waiting for storage, which has confirmed nothing")
        assert "since " in line
        assert "it continues automatically. Ctrl-C cancels it." in line
        # When
        resume_storage(provider)
        told, rest = program.communicate(timeout=300)
    # Then
    assert program.returncode == 0, rest
    assert told.startswith("s3://")
    assert "fields.parquet: staged by" in rest


@pytest.mark.usefixtures("service")
def test_ctrl_c_ends_it_while_storage_is_silent(provider: LocalProvider, tmp_path: Path) -> None:
    with uploading(provider, tmp_path / "fields.parquet") as program:
        heard(program, "Waiting")
        # When
        program.send_signal(signal.SIGINT)
        told, rest = program.communicate(timeout=300)
    # Then
    assert (program.returncode, told) == (130, "")
    assert rest.endswith("Interrupted.\n")


@pytest.mark.usefixtures("service")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "1 of 3 files were staged. The same command again uploads what is left."),
        (("--new",), "1 of 3 files were staged."),
    ],
)
def test_ctrl_c_between_several_files_tells_what_is_staged_and_what_to_do(
    provider: LocalProvider, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    # Given
    given = [tmp_path / name for name in ("a.bin", "b.bin", "c.bin")]
    for file in given:
        file.write_bytes(secrets.token_bytes(1000))
    words = ["upload", *map(str, given), "--backend", provider.backend, *options]
    with subprocess.Popen(
        [sys.executable, "-c", HELD_AT_THE_SECOND, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        heard(program, "held")
        # When
        program.send_signal(signal.SIGINT)
        told, rest = program.communicate(timeout=300)
    # Then
    assert program.returncode == 130
    assert rest == f"{said}\nInterrupted.\n"
    assert len(told.split()) == 1
    # When
    again = run("upload", *map(str, given), "--backend", provider.backend)
    # Then
    assert len(again.stdout.split()) == 3
    assert again.stderr.count("already in storage") == 1

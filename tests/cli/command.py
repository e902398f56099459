"""The command line in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMAND = [sys.executable, "-m", "jupyter_openeo_artifacts.cli.main"]

AT_MOST = 300.0
"""Seconds, only against hanging."""

PRELOADED = [
    "boto3",
    "botocore.httpsession",
    "openeo",
    *(
        f"jupyter_openeo_artifacts.{name}"
        for name in (
            "backends.connect",
            "backends.session_registry",
            "cli.account",
            "cli.artifact",
            "cli.list",
            "cli.login",
            "cli.main",
            "cli.upload",
            "s3.bounded_session",
            "s3.client",
            "s3.fast_put",
            "staging.artifact",
            "staging.manager",
            "staging.target",
            "transfer.upload",
        )
    ),
]

# To load all that takes longer than most commands do: one process has it loaded, and each command
# is a fork of it. What a command loads is `test_light_imports`'.
_forks = multiprocessing.get_context("forkserver") if os.name == "posix" else None
if _forks is not None:
    _forks.set_forkserver_preload(PRELOADED)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    if _forks is None:
        return subprocess.run(
            [*COMMAND, *words], capture_output=True, text=True, timeout=AT_MOST, check=False
        )
    with TemporaryDirectory() as folder:
        streams = Path(folder, "stdout"), Path(folder, "stderr")
        process = _forks.Process(target=_run, args=(words, os.environ.copy(), Path.cwd(), streams))
        process.start()
        process.join(AT_MOST)
        if process.exitcode is None:
            process.kill()
            raise subprocess.TimeoutExpired(words, AT_MOST)
        out, err = (stream.read_text("utf-8") for stream in streams)
    return subprocess.CompletedProcess(words, process.exitcode, out, err)


def _run(
    words: tuple[str, ...], environment: Mapping[str, str], place: Path, streams: tuple[Path, Path]
) -> None:
    """Be the command, in the forked process."""
    from jupyter_openeo_artifacts.cli.main import main

    os.environ.clear()
    os.environ.update(environment)
    os.chdir(place)
    for number, path in enumerate(streams, start=1):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = [COMMAND[-1], *words]
    sys.exit(main())

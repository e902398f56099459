"""A helper that was used before a fork works in parent and child, each on its own lines."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts import build_artifact_helper
from jupyter_openeo_artifacts.transfer.buffer_pool import BUFFER_POOL
from tests.servers.provider import connected

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    # From 3.12 on, Python warns of what this is about.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]

MOST_TURNS = 500  # of a parent's thread: where a child hangs, the disk is not to be filled
HANGS = 120  # seconds, after which a child says where it is
MIB = 1024 * 1024


def staged(helper: S3STSArtifactHelper, folder: Path, name: str, size: int) -> bool:
    """Stage a file of random bytes, and say whether those are there."""
    content = os.urandom(size)
    (folder / name).write_bytes(content)
    uri = helper.upload_file(folder / name)
    there = helper.client.get_object(Bucket=uri.bucket, Key=uri.key)["Body"].read()
    (folder / name).unlink()
    return sha256(there).digest() == sha256(content).digest()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("forks", [8, pytest.param(20, marks=pytest.mark.slow)])
def test_parent_and_children_stage_the_right_bytes(
    provider: LocalProvider, tmp_path: Path, forks: int
) -> None:
    # Given: a helper with open connections, and uploads under way in other threads
    helper = build_artifact_helper(connected(provider))
    assert staged(helper, tmp_path, "first", 100_000)
    over, right = threading.Event(), []

    def go_on(number: int) -> None:
        for turn in range(MOST_TURNS):
            size = 9 * MIB if turn % 4 == 0 else 50_000
            right.append(staged(helper, tmp_path, f"parent-{number}-{turn}", size))
            if over.is_set():
                return

    threads = [threading.Thread(target=go_on, args=[number], daemon=True) for number in range(2)]
    for each in threads:
        each.start()
    # When
    children = []
    for number in range(forks):
        child = os.fork()
        if not child:
            done = False
            faulthandler.dump_traceback_later(HANGS, exit=True, file=sys.__stderr__)
            try:
                size = 9 * MIB if number % 5 == 0 else 50_000
                done = staged(helper, tmp_path, f"child-{number}", size)
            finally:
                os._exit(0 if done else 1)
        children.append(child)
        if number % 4 == 3:
            ended = [os.waitpid(each, 0)[1] for each in children]
            # Then
            assert ended == [0] * len(children)
            children.clear()
    over.set()
    for each in threads:
        each.join(300)
    assert right
    assert all(right)


def test_a_forked_process_holds_no_buffer_of_its_parent() -> None:
    BUFFER_POOL.join()
    try:
        child = os.fork()
        if not child:
            os._exit(0 if (BUFFER_POOL.users, BUFFER_POOL.held) == (0, 0) else 1)
        assert os.waitpid(child, 0)[1] == 0
    finally:
        BUFFER_POOL.leave()

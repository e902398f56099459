"""What a forked process does with what it has inherited."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    # From 3.12 on, Python warns of what this is about.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


class Broken:
    def reset_after_fork(self) -> None:
        raise AttributeError


class Locked:
    def __init__(self) -> None:
        self.reset_after_fork()
        self.lock.acquire()  # by a thread that is not there in a forked process

    def reset_after_fork(self) -> None:
        self.lock = threading.Lock()


def test_one_that_has_no_new_beginning_keeps_no_other_from_it() -> None:
    # Given: in whatever order they are looked at
    made = [kind() for _ in range(20) for kind in (Broken, Locked)]
    for each in made:
        call_after_fork(each)
    # When
    child = os.fork()
    if not child:
        free = all(not each.lock.locked() for each in made if isinstance(each, Locked))
        os._exit(0 if free else 1)
    # Then
    assert os.waitpid(child, 0)[1] == 0


EVERYTHING = """
import importlib, os, pkgutil
import jupyter_openeo_artifacts
for each in pkgutil.walk_packages(jupyter_openeo_artifacts.__path__, "jupyter_openeo_artifacts."):
    if ".demo" not in each.name:
        importlib.import_module(each.name)
if not (child := os.fork()):
    os._exit(0)
raise SystemExit(os.waitpid(child, 0)[1])
"""


def test_a_process_that_has_loaded_everything_forks() -> None:
    # A lock that is taken twice before a fork is waited for without end.
    subprocess.run([sys.executable, "-W", "ignore", "-c", EVERYTHING], check=True, timeout=120)

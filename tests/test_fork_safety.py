"""What a forked process does with what it has inherited."""

from __future__ import annotations

import os
import threading

import pytest

from jupyter_openeo_artifacts.concurrency.process_end import begin_anew_after_fork

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    # From 3.12 on, Python warns of what this is about.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


class Broken:
    def begin_anew(self) -> None:
        raise AttributeError


class Locked:
    def __init__(self) -> None:
        self.begin_anew()
        self.lock.acquire()  # by a thread that is not there in a forked process

    def begin_anew(self) -> None:
        self.lock = threading.Lock()


def test_one_that_has_no_new_beginning_keeps_no_other_from_it() -> None:
    # Given: in whatever order they are looked at
    made = [kind() for _ in range(20) for kind in (Broken, Locked)]
    for each in made:
        begin_anew_after_fork(each)
    # When
    child = os.fork()
    if not child:
        free = all(not each.lock.locked() for each in made if isinstance(each, Locked))
        os._exit(0 if free else 1)
    # Then
    assert os.waitpid(child, 0)[1] == 0

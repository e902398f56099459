"""Programs that the demo starts end with it, whatever happens to whom."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

import psutil
import pytest

from jupyter_openeo_artifacts.demo.process import ChildProcess
from tests.limits import AT_MOST

STUBBORN = """
import pathlib, signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("pids").write_text(f"{child.pid}")
time.sleep(600)
"""

PARENT = """
import os, pathlib, sys, time
from jupyter_openeo_artifacts.demo.process import ChildProcess
here = pathlib.Path.cwd()
child = ChildProcess([sys.executable, "-c", sys.argv[1]], folder=here, log=here / "log",
                     environment=os.environ, grace=0.5)
child.start()
time.sleep(600)
"""


def child(folder, code, *, grace=0.5):
    return ChildProcess(
        [sys.executable, "-c", code],
        folder=folder,
        log=folder / "log",
        environment=os.environ,
        grace=grace,
    )


def wait_for(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it took too long"
        time.sleep(0.02)


def tree_of(process):
    return [process, *process.children(recursive=True)]


def gone(processes):
    return all(not one.is_running() or one.status() == psutil.STATUS_ZOMBIE for one in processes)


def test_a_program_that_ignores_sigterm_is_killed_with_its_children(tmp_path):
    # Given
    program = child(tmp_path, STUBBORN)
    program.start()
    wait_for((tmp_path / "pids").exists)
    tree = tree_of(psutil.Process(program.pid))
    assert any(str(one.pid) == (tmp_path / "pids").read_text() for one in tree)

    # When
    begun = time.monotonic()
    program.stop()

    # Then
    assert time.monotonic() - begun >= 0.5
    assert not program.running
    wait_for(lambda: gone(tree))


def test_a_willing_program_has_time_to_tidy_up(tmp_path):
    # Given
    code = (
        "import pathlib, signal, sys, time\n"
        "def leave(*_):\n"
        "    pathlib.Path('tidied').write_text('')\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, leave)\n"
        "pathlib.Path('ready').write_text('')\n"
        "time.sleep(600)\n"
    )
    program = child(tmp_path, code, grace=10 * AT_MOST)
    program.start()
    wait_for((tmp_path / "ready").exists)

    # When
    begun = time.monotonic()
    program.stop()

    # Then
    assert (tmp_path / "tidied").exists()
    assert time.monotonic() - begun < AT_MOST


@pytest.mark.parametrize("victim", ["who asked", "guard"])
def test_nothing_is_left_when_somebody_is_killed(tmp_path, victim):
    # Given a process that has a child under a guard
    parent = psutil.Popen([sys.executable, "-c", PARENT, STUBBORN], cwd=tmp_path)
    wait_for((tmp_path / "pids").exists)
    (guard,) = parent.children()
    program = guard.children()

    # When one of them gets no chance to tidy up
    os.kill(parent.pid if victim == "who asked" else guard.pid, signal.SIGKILL)

    # Then
    try:
        wait_for(lambda: gone(program))
    finally:
        with suppress(psutil.NoSuchProcess):  # which is as it should be
            for one in [*program, *program[0].children()]:
                one.kill()
        parent.kill()
        parent.wait()
        leftover = int((tmp_path / "pids").read_text())
        if psutil.pid_exists(leftover):
            psutil.Process(leftover).kill()


def test_what_a_program_leaves_behind_is_killed(tmp_path):
    # Given a program that goes at once on SIGTERM, and whose own child does not
    code = STUBBORN.replace(
        "time.sleep(600)\n",
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit())\ntime.sleep(600)\n",
    )
    program = child(tmp_path, code, grace=30)
    program.start()
    wait_for((tmp_path / "pids").exists)
    left_behind = psutil.Process(int((tmp_path / "pids").read_text()))

    # When
    program.stop()

    # Then
    wait_for(lambda: gone([left_behind]))


def test_a_program_that_ends_is_seen_and_its_last_words_kept(tmp_path):
    # Given
    program = child(tmp_path, "print('one'); raise SystemExit('the reason')")

    # When
    program.start()
    wait_for(lambda: not program.running)

    # Then
    assert "the reason" in program.last_words()
    program.stop()

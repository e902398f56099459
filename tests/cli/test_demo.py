"""`jupyter openeo-artifacts demo` as a person or a script runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import openeo
import psutil
import pytest
import requests

from jupyter_openeo_artifacts.demo.ports import listening_socket
from tests.limits import AT_MOST

ROOT = Path(__file__).parents[2]
TIMEOUT = 10
PARTS = {"backend", "issuer", "s3", "sts", "bucket", "role", "service"}


class Demo:
    """One run of the command."""

    def __init__(self, folder, *arguments, **environment):
        command = [sys.executable, "-m", "jupyter_openeo_artifacts.cli.main", "demo", *arguments]
        self.begun = time.monotonic()
        self.process = psutil.Popen(
            command,
            cwd=folder,
            env=os.environ | {"TMPDIR": str(folder)} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def line(self):
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return line

    def tree(self):
        return [self.process, *self.process.children(recursive=True)]

    def end(self, number=signal.SIGTERM):
        """Send a signal; return seconds until the end, exit status, and who is left."""
        tree = self.tree()
        begun = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(AT_MOST)
        seconds = time.monotonic() - begun
        _, left = psutil.wait_procs(tree, timeout=1)
        return seconds, status, left

    def clean_up(self):
        if self.process.is_running():
            for one in self.tree():
                one.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture
def demo(tmp_path):
    runs = []

    def run(*arguments, **environment):
        runs.append(Demo(tmp_path, *arguments, **environment))
        return runs[-1]

    yield run
    for one in runs:
        one.clean_up()


def test_a_script_gets_one_line_and_everything_answers(demo, tmp_path):
    # When
    run = demo("--no-lab", "--json")
    found = json.loads(run.line())

    # Then
    assert set(found) == PARTS
    assert requests.get(f"{found['backend']}/.well-known/openeo", timeout=TIMEOUT).ok
    assert requests.get(f"{found['issuer']}/jwks", timeout=TIMEOUT).ok
    assert requests.get(found["s3"], timeout=TIMEOUT).status_code == 403
    connection = openeo.connect(found["backend"])
    service = found["service"]
    connection.authenticate_oidc_client_credentials(service["client_id"], service["client_secret"])
    assert connection.describe_account()["user_id"] == service["client_id"]

    # Then nobody listens beyond this machine
    listening = {
        one.laddr.ip
        for process in run.tree()
        for one in process.net_connections("inet")
        if one.status == psutil.CONN_LISTEN
    }
    assert listening == {"127.0.0.1"}

    # When it is told to end
    sockets = {one.laddr for process in run.tree() for one in process.net_connections("unix")}
    sockets = {Path(path) for path in sockets if path.startswith("/")}
    seconds, status, left = run.end(signal.SIGTERM)

    # Then nothing is left: no process, no file, no second line
    assert (seconds < AT_MOST, status, left) == (True, 0, [])
    assert sockets
    assert [path for path in sockets if path.exists()] == []
    assert run.process.stdout.read() == ""
    assert list(tmp_path.glob("openeo-demo-*")) == []


def test_a_person_is_told_what_there_is_and_how_it_ends(demo):
    # When
    run = demo("--no-lab")
    text = ""
    while "Ctrl-C" not in text:
        text += run.line()

    # Then
    for expected in ("http://127.0.0.1:", "alice / wonderland", "bob / builder", "--data DIR"):
        assert expected in text

    # When, Then
    seconds, status, left = run.end(signal.SIGINT)
    assert (seconds < AT_MOST, status, left) == (True, 0, [])
    assert "ended" in run.process.stdout.read()


def test_a_signal_while_it_starts_leaves_nothing(demo, tmp_path):
    # Given a run that has started a process but is not ready
    run = demo("--no-lab", "--json")
    end = time.monotonic() + AT_MOST
    while len(run.tree()) < 3:
        assert time.monotonic() < end
        time.sleep(0.01)

    # When
    seconds, status, left = run.end(signal.SIGTERM)

    # Then
    assert (seconds < AT_MOST, status, left) == (True, 0, [])
    assert run.process.stdout.read() == ""
    assert list(tmp_path.glob("openeo-demo-*")) == []


def test_when_the_storage_dies_the_demo_says_so(demo):
    # Given
    run = demo("--no-lab", "--json")
    run.line()
    (weed,) = [one for one in run.tree() if one.name() == "weed"]

    # When
    weed.kill()

    # Then
    assert run.process.wait(AT_MOST) == 1
    assert "SeaweedFS" in run.process.stderr.read()


@pytest.mark.slow
def test_jupyterlab_opens_on_the_example_with_a_home_of_its_own(demo, own_home):
    # When
    run = demo("--json")
    found = json.loads(run.line())

    # Then the notebook and the files are there
    assert set(found) == PARTS | {"lab"}
    base, _, token = found["lab"].partition("/lab/tree/welcome.ipynb?token=")
    browser = requests.Session()
    browser.headers["Authorization"] = f"token {token}"
    with browser:
        listed = browser.get(f"{base}/api/contents", timeout=TIMEOUT).json()["content"]
        names = {one["name"] for one in listed}
        assert {"welcome.ipynb", "fields.parquet", "elevation.tif"} <= names

        # Then the panel is in front
        left = browser.get(f"{base}/lab/api/workspaces/default", timeout=TIMEOUT).json()
        layout = left["data"]["layout-restorer:data"]["left"]
        tokens = (ROOT / "src/lab/tokens.ts").read_text("utf-8")
        assert f"PANEL_ID = '{layout['current']}'" in tokens

        # Then nobody gets in without the token, which is on no command line
        assert requests.get(f"{base}/api/contents", timeout=TIMEOUT).status_code == 403
        assert not any(token in word for one in run.tree() for word in one.cmdline())

        # When a kernel runs, and the demo ends
        browser.post(f"{base}/api/kernels", json={}, timeout=TIMEOUT).raise_for_status()
    seconds, status, left = run.end(signal.SIGTERM)

    # Then it ends with it, and the person's own home was not written
    assert (seconds < AT_MOST, status, left) == (True, 0, [])
    assert [path for path in own_home.rglob("*") if path.is_file()] == []


def test_a_taken_port_for_jupyterlab_is_named(demo):
    # Given
    with listening_socket() as other:
        other.listen()
        port = other.getsockname()[1]

        # When
        run = demo("--json", "--port", str(port))

        # Then, before anything is started
        assert run.process.wait(AT_MOST) == 1
        assert run.process.stderr.read().startswith(f"Port {port} on 127.0.0.1 is taken. ")


def test_without_the_extra_it_is_said_what_to_install(demo, tmp_path):
    # Given a Python that does not find flask
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "real = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'flask' else real(name, *more)\n"
    )

    # When
    run = demo("--no-lab", PYTHONPATH=str(tmp_path))

    # Then
    assert run.process.wait(AT_MOST) == 1
    told = run.process.stderr.read()
    assert "flask" in told
    assert 'pip install "jupyter-openeo-artifacts[demo]"' in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    "wrong", [["--session-seconds", "0"], ["--session-seconds", "43201"], ["--port", "x"]]
)
def test_numbers_out_of_range_are_refused(demo, wrong):
    run = demo(*wrong)
    assert run.process.wait(AT_MOST) == 2
    assert wrong[0] in run.process.stderr.read()

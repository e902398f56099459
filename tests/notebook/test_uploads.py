"""The queue of a kernel."""

from __future__ import annotations

import subprocess
import sys

from jupyter_openeo_artifacts.state.files import state_folder

KERNEL = """
from threading import Event
from jupyter_openeo_artifacts.notebook.default_manager import default_upload_manager
from jupyter_openeo_artifacts.staging.upload_spec import Owner
from tests.limits import AT_MOST

class Target:
    id, backend, provider = "0" * 16, "https://openeo.example", "s3"
    owner = Owner("Alice", "somebody")
    def helper(self):
        return self
    def recorder(self, *whose):
        return self
    def known(self, name, size):
        return []
    def upload(self, source, name, *, cancel, **more):
        begun.set()
        source.read(0, 100, cancel)

begun = Event()
_, spool = default_upload_manager().receive(Target(), name="a.bin", size=100, origin="widget")
spool.append(b"half")
assert begun.wait(AT_MOST)
"""


def test_a_kernel_ends_although_a_page_still_owes_it_bytes() -> None:
    # When
    ended = subprocess.run(
        [sys.executable, "-c", KERNEL], timeout=30, capture_output=True, text=True, check=False
    )
    # Then
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    assert list(state_folder("spool").iterdir()) == []

"""The panel in JupyterLab from the oldest minor version that it supports to the newest."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.wheel.environment import ROOT, Environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # each installs from the registry

VERSIONS = ("4.2", "4.4", "4.6")


@pytest.mark.parametrize("version", os.environ.get("JUPYTERLAB", "").split() or VERSIONS)
def test_the_panel_does_its_main_job_with_a_clean_console(
    version: str, wheel: Path, environment: Callable[[str], Environment]
):
    # Given an environment with that JupyterLab, and a browser
    playwright = ROOT / "ui-tests/node_modules/@playwright/test/cli.js"
    node, browser = shutil.which("node"), os.environ.get("CHROMIUM") or shutil.which("chromium")
    if node is None or browser is None or not playwright.exists():
        pytest.skip("needs a browser and ui-tests/node_modules: `make test-jupyterlab` gets both")
    made = environment("3.11")
    made.install(str(wheel), f"jupyterlab=={version}.*")

    # Then Jupyter takes the panel for one that fits
    listed = re.sub(r"\x1b\[[0-9;]*m", "", made.run("jupyter", "labextension", "list"))
    assert re.search(r"jupyter-openeo-artifacts v\S+ enabled OK", listed), listed
    assert "not compatible" not in listed

    # And it works there, and the console has no complaint of it
    done = subprocess.run(
        [node, str(playwright), "test", "--config", "playwright.versions.config.ts"],
        cwd=ROOT / "ui-tests",
        env=os.environ | {"LAB_BIN": str(made.bin), "CHROMIUM": browser},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout

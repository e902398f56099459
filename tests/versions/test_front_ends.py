"""The panel in JupyterLab and Jupyter Notebook, from the oldest minor version to the newest."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.versions.conftest import interpreter
from tests.wheel.environment import ROOT, Environment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # each installs from the registry

JUPYTERLAB = ("4.2", "4.4", "4.6")
NOTEBOOK = tuple(each.replace("4", "7", 1) for each in JUPYTERLAB)  # built on that JupyterLab


@pytest.fixture(scope="module", params=os.environ.get("JUPYTERLAB", "").split() or JUPYTERLAB)
def front_ends(
    request: pytest.FixtureRequest, wheel: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Environment]:
    """Yield an environment with a JupyterLab, and the Notebook that is built on it."""
    folder = tmp_path_factory.mktemp("front-ends")
    made = Environment(folder / "venv", folder / "home", interpreter("3.11"))
    notebook = request.param.replace("4", "7", 1)
    made.install(str(wheel), f"jupyterlab=={request.param}.*", f"notebook=={notebook}.*")
    yield made
    shutil.rmtree(folder, ignore_errors=True)


def test_jupyter_takes_the_panel_for_one_that_fits(front_ends: Environment):
    listed = re.sub(r"\x1b\[[0-9;]*m", "", front_ends.run("jupyter", "labextension", "list"))
    assert re.search(r"jupyter-openeo-artifacts v\S+ enabled OK", listed), listed
    assert "not compatible" not in listed


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param("console.spec.ts", id="JupyterLab"),
        pytest.param("notebook-7.spec.ts", id="Notebook"),
    ],
)
def test_the_panel_does_its_main_job_with_a_clean_console(spec: str, front_ends: Environment):
    # Given a browser
    playwright = ROOT / "ui-tests/node_modules/@playwright/test/cli.js"
    node, browser = shutil.which("node"), os.environ.get("CHROMIUM") or shutil.which("chromium")
    if node is None or browser is None or not playwright.exists():
        pytest.skip("needs a browser and ui-tests/node_modules: `make test-jupyterlab` gets both")

    # When the main job is done in it
    done = subprocess.run(
        [node, str(playwright), "test", "--config", "playwright.versions.config.ts", spec],
        cwd=ROOT / "ui-tests",
        env=os.environ | {"LAB_BIN": str(front_ends.bin), "CHROMIUM": browser},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    # Then it works, and the console has no complaint of it
    assert done.returncode == 0, done.stdout

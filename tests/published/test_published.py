"""The uploader in applications that others open: Voila and marimo, in a real browser."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.wheel.environment import ROOT, Environment, build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # it installs from the registry


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Environment]:
    """Yield an environment with the wheel and what publishes notebooks; no JupyterLab is in it."""
    made = Environment(tmp_path / "venv", tmp_path / "home")
    made.install(str(build_wheel(tmp_path / "dist")), "ipykernel", "marimo", "voila")
    yield made
    shutil.rmtree(tmp_path / "venv", ignore_errors=True)


def test_visitors_of_a_published_application_get_what_is_theirs(publisher: Environment):
    # Given a browser
    playwright = ROOT / "ui-tests/node_modules/@playwright/test/cli.js"
    node, browser = shutil.which("node"), os.environ.get("CHROMIUM") or shutil.which("chromium")
    if node is None or browser is None or not playwright.exists():
        pytest.skip("needs a browser and ui-tests/node_modules: `make test-voila` gets both")

    # When applications of Voila and marimo are opened by visitors
    done = subprocess.run(
        [node, str(playwright), "test", "--config", "playwright.published.config.ts"],
        cwd=ROOT / "ui-tests",
        env=os.environ
        | {
            "APP_BIN": str(publisher.bin),
            "CHROMIUM": browser,
            # the local provider is this environment's
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    # Then each sees and gets what came through their own widget
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout

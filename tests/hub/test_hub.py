"""The panel on a JupyterHub: its proxy, stops and starts, its named servers, nginx before it.

JupyterHub comes from PyPI, its proxy from npm, nginx from Debian's packages; all of it is below the
checkout or a temporary folder, and listens on the loopback interface alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.servers.debian_packages import ROOT, DebianPackages, PackagesMissing
from tests.servers.npm_packages import install
from tests.wheel.environment import Environment, build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # it installs from the registries

HUB = ("jupyterhub>=6.1,<7", "jupyterhub-idle-culler>=2,<3", "jupyterlab>=4.6,<5")
NGINX = DebianPackages("nginx", ("nginx-light",), ROOT / ".nginx")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """Yield an environment with the wheel, JupyterLab and JupyterHub."""
    folder = tmp_path_factory.mktemp("hub")
    made = Environment(folder / "venv", folder / "home")
    made.install(str(build_wheel(folder / "dist")), *HUB)
    yield made
    shutil.rmtree(folder, ignore_errors=True)


def test_the_panel_works_on_a_hub(hub: Environment):
    done = _in_a_browser(hub, "hub.spec.ts", "stopped.spec.ts", "access.spec.ts", "culler.spec.ts")
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def test_the_panel_works_on_a_hub_behind_nginx(hub: Environment):
    # Given
    try:
        nginx = NGINX.unpacked() / "usr/sbin/nginx"
    except PackagesMissing as missing:
        pytest.skip(f"no nginx: {missing}")
    program = str(nginx) if nginx.exists() else shutil.which("nginx")
    assert program, "nginx is neither in the packages nor installed"

    # When
    done = _in_a_browser(hub, "nginx.spec.ts", NGINX=program)

    # Then
    assert done.returncode == 0, done.stdout
    assert "skipped" not in done.stdout


def _in_a_browser(
    hub: Environment, *specs: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    playwright = ROOT / "ui-tests/node_modules/@playwright/test/cli.js"
    node, browser = shutil.which("node"), os.environ.get("CHROMIUM") or shutil.which("chromium")
    if node is None or browser is None or not playwright.exists():
        pytest.skip("needs a browser and ui-tests/node_modules: `make test-hub` gets both")
    proxy = install(Path(__file__).with_name("proxy")) / "node_modules/configurable-http-proxy"
    return subprocess.run(
        [node, str(playwright), "test", "--config", "playwright.hub.config.ts", *specs],
        cwd=ROOT / "ui-tests",
        env=os.environ
        | {
            "HUB_BIN": str(hub.bin),
            "HUB_PROXY": str(proxy / "bin/configurable-http-proxy"),
            "CHROMIUM": browser,
            # the local provider is this environment's
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

"""The wheel in empty environments: with JupyterLab and no Node, and without JupyterLab."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.wheel.environment import ROOT

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo import LocalProvider
    from tests.wheel.environment import Environment

# The first of them installs from the registry.
pytestmark = pytest.mark.timeout(600)

NAME = "jupyter-openeo-artifacts"

SESSION = """
import hashlib, urllib.request
import openeo
from IPython.core.interactiveshell import InteractiveShell

shell = InteractiveShell.instance()
shell.user_ns["connection"] = openeo.connect({backend!r})
shell.user_ns["connection"].authenticate_oidc_client_credentials({client!r}, {secret!r})
shell.run_line_magic("load_ext", "jupyter_openeo_artifacts")
artifact = shell.run_line_magic("artifact_upload", {path!r})
print("artifact:", artifact)
with urllib.request.urlopen(artifact.presigned_url()) as answer:
    print("sha256:", hashlib.sha256(answer.read()).hexdigest())
"""


def test_wheel_holds_the_front_end_and_switches_the_server_extension_on(wheel: Path):
    # Given the wheel
    names = zipfile.ZipFile(wheel).namelist()

    # Then the panel, the widget and both switches are in it, and no sources of the tests
    shared = next(name.split("/")[0] for name in names if ".data/" in name)
    extension = f"{shared}/data/share/jupyter/labextensions/{NAME}"
    assert f"{extension}/install.json" in names
    assert any(name.startswith(f"{extension}/static/remoteEntry.") for name in names)
    assert "jupyter_openeo_artifacts/notebook/static/uploader.js" in names
    assert "jupyter_openeo_artifacts/service/openapi.yaml" in names
    for language in ("de_DE", "fr_FR"):
        catalogue = f"locale/{language}/LC_MESSAGES/jupyter_openeo_artifacts.json"
        assert f"jupyter_openeo_artifacts/{catalogue}" in names
    settings = f"{shared}/data/etc/jupyter/jupyter_server_config.d/jupyter_openeo_artifacts.json"
    assert settings in names
    assert not [name for name in names if name.startswith(("tests/", "ui-tests/", "src/"))]
    assert not [name for name in names if name.endswith((".ts", ".tsx"))]


def test_wheel_holds_the_licence_of_everything_that_is_bundled(wheel: Path):
    # Given
    archive = zipfile.ZipFile(wheel)
    (report,) = (name for name in archive.namelist() if name.endswith("third-party-licenses.json"))
    # When
    texts = {
        each["name"]: each["extractedText"] for each in json.loads(archive.read(report))["packages"]
    }
    # Then: those that ship no text of their own, too
    assert {"tus-js-client", "qrcode-generator"} <= set(texts)
    assert "Kazuhiko Arase" in texts["qrcode-generator"]
    assert [name for name, text in texts.items() if len(text) < 200] == []


@pytest.mark.slow
def test_magic_stages_a_file_where_there_is_no_jupyterlab(
    bare: Environment, provider: LocalProvider, tmp_path: Path
):
    # Given an environment without JupyterLab, and a file
    assert "jupyterlab==" not in bare.run("python", "-m", "pip", "freeze")
    file = tmp_path / "fields.parquet"
    file.write_bytes(os.urandom(200_000))

    # When the magic stages it
    session = bare.home / "session.py"
    session.write_text(
        SESSION.format(
            backend=provider.backend,
            client=provider.service.client_id,
            secret=provider.service.secret,
            path=str(file),
        )
    )
    said = bare.run("python", str(session))

    # Then it prints the artifact, and the link answers the file's bytes
    assert f"s3://{provider.bucket}/{provider.service.prefix}/" in said
    assert f"sha256: {hashlib.sha256(file.read_bytes()).hexdigest()}" in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_jupyter_lists_both_extensions_as_enabled_without_node(with_lab: Environment):
    # Given an environment with JupyterLab, whose PATH has no Node
    assert shutil.which("node", path=with_lab.variables()["PATH"]) is None

    # When Jupyter is asked for its extensions
    front = _plain(with_lab.run("jupyter", "labextension", "list"))
    server = _plain(with_lab.run("jupyter", "server", "extension", "list"))

    # Then both of ours are enabled and in order
    assert re.search(rf"{NAME} v\S+ enabled OK", front), front
    assert re.search(r"jupyter_openeo_artifacts enabled\n", server), server
    assert re.search(r"jupyter_openeo_artifacts \S+ OK", server), server


@pytest.mark.slow
def test_main_job_works_in_a_browser_without_node(with_lab: Environment):
    # Given an environment with JupyterLab, and a browser
    playwright = ROOT / "ui-tests/node_modules/@playwright/test/cli.js"
    node, browser = shutil.which("node"), os.environ.get("CHROMIUM") or shutil.which("chromium")
    if node is None or browser is None or not playwright.exists():
        pytest.skip("needs a browser and ui-tests/node_modules: `make test-python` gets both")

    # When its JupyterLab is opened in the browser, and a file is dropped
    done = subprocess.run(
        [node, str(playwright), "test", "--config", "playwright.wheel.config.ts"],
        cwd=ROOT / "ui-tests",
        env=os.environ
        | {
            "CHROMIUM": browser,
            "LAB_BIN": str(with_lab.bin),
            # the local provider is this environment's
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    # Then the main job is done there
    assert done.returncode == 0, done.stdout


def _plain(text: str) -> str:
    """Return the text without the colours that Jupyter prints even where nobody sees them."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)

"""A notebook run by a real kernel, as papermill or a person would, without JupyterLab."""

from __future__ import annotations

import hashlib
import json
import sys
from urllib.parse import urlsplit

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from jupyter_openeo_artifacts.backends.session_registry import Sessions
from tests.support.logins import sign_in

pytestmark = pytest.mark.filterwarnings("ignore:.*event loop:DeprecationWarning")


@pytest.fixture
def kernel_home(own_home, monkeypatch):
    """Give the kernel folders of its own, and this interpreter."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(own_home / name.lower()))
    spec = own_home / "jupyter_data_dir" / "kernels" / "python3"
    spec.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    described = {"argv": command, "display_name": "Python 3", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(described))
    return own_home


def signed_in(provider) -> None:
    """Sign in as the panel does, so that kernels need nobody."""
    session = Sessions().open(provider.backend)
    sign_in(session, provider)


def run(folder, *cells: str):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        store_widget_state=True,
    )
    error = None
    try:
        client.execute()
    except CellExecutionError as raised:
        error = raised
    return notebook, error


def test_a_notebook_stages_a_file_and_reads_it_back(provider, kernel_home, file):
    # Given
    signed_in(provider)
    # When
    notebook, error = run(
        file.parent,
        "%load_ext jupyter_openeo_artifacts",
        f'%artifact_upload "{file.name}" --as fields --expires 1h',
        "import hashlib, requests\n"
        "content = requests.get(fields.presigned_url(), timeout=10).content\n"
        "hashlib.sha256(content).hexdigest()",
        "import sys\n[name for name in ('jupyterlab', 'jupyter_server') if name in sys.modules]",
    )
    # Then
    assert error is None
    shown = notebook.cells[2].outputs[0].data["text/plain"]
    assert shown.strip("'") == hashlib.sha256(file.read_bytes()).hexdigest()
    assert notebook.cells[3].outputs[0].data["text/plain"] == "[]"
    # What remains of the bar is text, and nothing of what is saved is a secret.
    first, second = notebook.cells[1].outputs
    host = urlsplit(provider.backend).netloc
    assert first.data == {"text/plain": f"{file.name}: staged by Alice at {host}, 1.0 MB"}
    said = f"<Artifact {file.name!r} of 'Alice' 1024000 bytes s3://"
    assert second.data["text/plain"].startswith(said)
    assert "X-Amz" not in nbformat.writes(notebook)


def test_a_failure_stops_the_notebook_with_one_line(provider, kernel_home, file):
    # Given
    signed_in(provider)
    # When
    notebook, error = run(
        file.parent, "%load_ext jupyter_openeo_artifacts", "%artifact_upload gone.tif", "1 + 1"
    )
    # Then
    assert error is not None
    [output] = notebook.cells[1].outputs
    assert output.output_type == "error"
    assert output.ename == "FileMissing"
    assert len(output.traceback) == 1
    assert "There is no file 'gone.tif'" in output.traceback[0]
    assert notebook.cells[2].execution_count is None


def test_the_widget_saves_nothing_of_what_it_was_used_for(provider, kernel_home, file):
    # Given
    signed_in(provider)
    # When the page's messages are played in the kernel
    notebook, error = run(
        file.parent,
        "from jupyter_openeo_artifacts import ArtifactUploader",
        "uploader = ArtifactUploader()\nuploader",
        f"""
import time
content = open({file.name!r}, "rb").read()
sent = []
uploader._line._write = sent.append
def ask(request, method, buffers=(), **params):
    message = {{"jsonrpc": "2.0", "id": request, "method": method, "params": params}}
    uploader._handle_custom_msg(message, [memoryview(each) for each in buffers])
    for _ in range(400):
        for each in sent:
            if each.get("id") == request:
                return each["result"]
        time.sleep(0.05)
made = ask("1", "createTusUpload", name="private-name.parquet", size=len(content))
ask("2", "sendBytes", [content], upload=made["upload"], offset=0)
for _ in range(400):
    if uploader.artifacts:
        break
    time.sleep(0.05)
assert "X-Amz" in ask("3", "signArtifact", artifact=uploader.artifacts[0].id)["url"]
""",
        "uploader.count, uploader.artifacts[0].size",
    )
    # Then
    assert error is None, error
    # The count is set between two cells, in the kernel's main thread.
    assert notebook.cells[3].outputs[0].data["text/plain"] == "(1, 1024000)"
    state = notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]
    assert any("_esm" in each["state"] for each in state.values())
    saved = json.dumps(notebook.metadata) + json.dumps([cell.outputs for cell in notebook.cells])
    for private in ("private-name", "X-Amz", "s3://"):
        assert private not in saved

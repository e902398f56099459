"""The example notebook, run from top to bottom by a real kernel."""

from __future__ import annotations

import nbformat
import openeo
from nbclient import NotebookClient

from jupyter_openeo_artifacts.demo.example_folder import NOTEBOOK, lay_out
from tests.servers.provider import approve_soon


def test_the_example_runs_from_top_to_bottom(provider, tmp_path):
    # Given the folder as the demo lays it out, and somebody who has signed in before
    lay_out(tmp_path, provider.backend)
    helpers = []

    def show(text, end="\n"):
        if text.startswith("Visit "):
            helpers.append(approve_soon(provider, "alice", text.split()[1]))

    openeo.connect(provider.backend).authenticate_oidc_device(
        display=show, store_refresh_token=True
    )
    helpers[0].join()

    # When
    notebook = nbformat.read(tmp_path / NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()

    # Then the parcels that were staged came back by their link
    cells = {cell.id: cell for cell in notebook.cells}
    shown = cells["read"].outputs[-1].data["text/plain"]
    assert "winter wheat" in shown
    assert "count" in shown
    # and the widget is there
    assert "application/vnd.jupyter.widget-view+json" in cells["widget"].outputs[-1].data
    # and no link was written into the notebook
    assert "X-Amz-Signature" not in nbformat.writes(notebook)

"""A real IPython shell whose kernel-wide queue lives as long as one test."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any

import pytest

from tests.notebook.page import Page, Uploader
from tests.support.kernel import connection, own_queue

if TYPE_CHECKING:
    from collections.abc import Iterator

    import openeo


__all__ = ["connection", "own_queue"]


@pytest.fixture
def shell(tmp_path_factory, monkeypatch) -> Iterator[Any]:
    """Return IPython as it runs in a terminal, with our magics loaded."""
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path_factory.mktemp("ipython")))
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "jupyter_openeo_artifacts")
    try:
        yield shell
    finally:
        shell.history_manager.end_session()
        # At the end of the process each would be kept, and search all of the memory for garbage.
        atexit.unregister(shell.atexit_operations)
        InteractiveShell.clear_instance()


@pytest.fixture
def file(tmp_path):
    """Return a file whose name a line must quote."""
    path = tmp_path / "my fields.parquet"
    path.write_bytes(b"PAR1" + (bytes(range(256)) * 4_000)[4:-4] + b"PAR1")
    return path


@pytest.fixture
def page(connection: openeo.Connection) -> Iterator[Page]:
    """Yield the page of a widget of that connection's."""
    widget = Uploader(connection)
    yield Page(widget)
    widget.close()

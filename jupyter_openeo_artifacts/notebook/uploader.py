"""The uploader: drop files on it, and this kernel stages them."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.notebook.comm import Line
from jupyter_openeo_artifacts.notebook.default_manager import (
    default_service,
    default_upload_manager,
    find_target,
    target_of,
)
from jupyter_openeo_artifacts.service.own_uploads import OwnUploads
from jupyter_openeo_artifacts.staging.artifact import Artifact
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView

_WITHOUT_A_KERNEL = (
    "Here, files are dropped to stage them for openEO jobs. That needs a running notebook: open it"
    " in Jupyter and run this cell."
)
_PARAGRAPH = f"<p>{_WITHOUT_A_KERNEL}</p>"

STATIC = Path(__file__).parent / "static"
_LOCALE = Path(__file__).parents[1] / "locale"
_NOT_BUILT = """
export default {
  render({ el }) {
    el.textContent =
      'The JavaScript of this widget is missing: run "jlpm build:widget" in a source checkout.';
  }
};
"""


class ArtifactUploader(anywidget.AnyWidget):
    """Drop files here, and they are staged for openEO jobs.

    Bytes and links travel in messages, never in widget state, so nothing of them is saved with the
    notebook.

    Parameters
    ----------
    connection
        The signed-in openEO connection to use. Without it, the only one of the notebook, else the
        login of the openEO artifacts panel.
    history
        Whether the page may list, and make links to, everything that was staged from this machine.
        Without it, whoever sees the page sees what came through this widget, and nothing else:
        in an application for others (Voila, marimo) they are all its visitors.

    Attributes
    ----------
    count
        How many files were staged through this widget; observe it to go on when one more is there.
        Observers run in the kernel's main thread, after the cell that runs then.

    Examples
    --------
    >>> uploader = ArtifactUploader(connection)  # doctest: +SKIP
    >>> uploader.observe(lambda change: print(uploader.artifacts[-1]), "count")  # doctest: +SKIP
    """

    count: traitlets.Int[int, int] = traitlets.Int(0, read_only=True)

    _esm = traitlets.Unicode(read_only=True).tag(sync=True)

    def __init__(
        self, connection: Connection | None = None, *, history: bool = False, **options: Any
    ) -> None:
        self._connection = connection
        self._outcomes = threading.Lock()
        self._staged: dict[str, Artifact] = {}
        self._failed: dict[str, OpenEOArtifactsError] = {}
        scope = OwnUploads(default_service(), self._target, history=history)
        self._line = Line(scope, self.send, self._note)
        super().__init__(**options)
        self.on_msg(self._on_message)

    @property
    def artifacts(self) -> list[Artifact]:
        """What was staged through this widget, oldest first."""
        with self._outcomes:
            return list(self._staged.values())

    @property
    def errors(self) -> list[OpenEOArtifactsError]:
        """Why files dropped here are not staged; one that is tried again successfully is gone."""
        with self._outcomes:
            return list(self._failed.values())

    def close(self) -> None:
        """Take the widget away; files that are still on their way are cancelled."""
        self._line.close()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
        """Return what represents it in an output; without a kernel, one sentence."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        return {**data, "text/plain": _WITHOUT_A_KERNEL, "text/html": _PARAGRAPH}, metadata

    @traitlets.default("_esm")
    def _script(self) -> str:
        return _loader()

    def _on_message(self, _widget: Any, content: Any, buffers: Sequence[Any]) -> None:
        code = _code_asked_for(content) if isinstance(content, dict) else None
        if code is not None:
            self.send({"jsonrpc": "2.0", "id": content.get("id"), "result": code})
        else:
            self._line.on_message(content, buffers)

    def _target(self) -> Target:
        if self._connection is not None:
            return target_of(self._connection)
        return find_target(_namespace())

    def _note(self, view: UploadView, target: Target) -> None:
        with self._outcomes:
            self._failed.pop(view.id, None)
            if view.problem is not None:
                self._failed[view.id] = view.problem
            if view.artifact is None or view.id in self._staged:
                return
            try:
                record = default_upload_manager().ledger.get(view.artifact)
            except (NoSuchRecord, RecordsUnusable):  # somebody has taken it off the list at once
                return
            self._staged[view.id] = Artifact.of(record, target, reused=view.reused)
            count = len(self._staged)
        _in_main_thread(lambda: self.set_trait("count", count))


def _namespace() -> dict[str, Any]:
    from IPython import get_ipython

    shell = get_ipython()
    return {} if shell is None else shell.user_ns


def _in_main_thread(act: Callable[[], None]) -> None:
    """Have `act` done between two cells; at once where no kernel runs."""
    from IPython import get_ipython

    loop = getattr(getattr(get_ipython(), "kernel", None), "io_loop", None)
    if loop is None:
        act()
    else:
        loop.add_callback(act)


def _loader() -> str:
    """Return the ES module that anywidget loads; without a build, one that says so.

    It is all that a notebook keeps of the widget's code: it asks for the application.
    """
    return _read("loader.js", _NOT_BUILT)


def _code_asked_for(request: dict[str, Any]) -> dict[str, Any] | str | None:
    """Return what a page runs: the application, or one of its parts; None if that is not asked for.

    Parts are what few pages need (tools/build_widget.mjs); one that is not there is not answered
    here.
    """
    params = request.get("params")
    if not isinstance(params, dict):
        params = {}
    if request.get("method") == "getApplication":
        return {
            "script": _read("uploader.js"),
            "style": _read("uploader.css"),
            "catalogue": _catalogue(params.get("language")),
        }
    if request.get("method") == "getPart":
        name = params.get("name")
        if isinstance(name, str) and name.isidentifier():  # never a path
            return _read(f"parts/{name}.js") or None
    return None


def _catalogue(language: object) -> dict[str, Any] | None:
    """Return our texts in the `lang` of a page, whatever its region; None where there are none."""
    primary = str(language).lower().replace("_", "-").split("-")[0]
    for folder in sorted(_LOCALE.iterdir()):  # never a path made of what a page says
        if folder.name.split("_")[0] == primary:
            file = folder / "LC_MESSAGES" / "jupyter_openeo_artifacts.json"
            texts: dict[str, Any] = json.loads(file.read_text("utf-8"))
            return texts
    return None


def _read(name: str, missing: str = "") -> str:
    try:
        return (STATIC / name).read_text("utf-8")
    except FileNotFoundError:
        return missing

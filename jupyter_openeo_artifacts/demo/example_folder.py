"""The folder that the demo's JupyterLab opens: a notebook to run and files to stage."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

NOTEBOOK = "welcome.ipynb"
FILES = ("fields.parquet", "elevation.tif", "crop_type.onnx", "fields_shapefile.zip")
"""A GeoParquet, a cloud-optimised GeoTIFF, an ONNX model and a zipped Shapefile.

Made by tools/make_demo_files.py; small, real and valid.
"""

_BACKEND = "http://backend.invalid"  # stands in the packaged notebook


def lay_out(folder: Path, backend: str) -> None:
    """Put the files and the notebook, pointing at `backend`, where they are not there yet."""
    packaged = resources.files("jupyter_openeo_artifacts.demo") / "files"
    for name in FILES:
        _put(folder / name, (packaged / name).read_bytes())
    notebook = (packaged / NOTEBOOK).read_text("utf-8")
    address = json.dumps(backend)[1:-1]
    _put(folder / NOTEBOOK, notebook.replace(_BACKEND, address).encode())


def _put(file: Path, content: bytes) -> None:
    if not file.exists():  # what a person has changed stays theirs
        file.write_bytes(content)

"""What the demo's openEO API lists: formats, processes, collections; and its answer to jobs.

The openEO client asks for some of these before it builds a graph: `load_url` looks its format up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import jsonify

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask, Response

_VECTOR_FORMATS = {
    "Parquet": "GeoParquet",
    "GeoJSON": "GeoJSON (RFC 7946)",
    "FlatGeobuf": "FlatGeobuf",
    "GPKG": "GeoPackage",
    "ESRI Shapefile": "a zipped Shapefile",
}
_RASTER_FORMATS = {"GTiff": "GeoTIFF, cloud-optimised or not", "netCDF": "netCDF 4"}

FILE_FORMATS = {
    kind: {
        name: {"title": title, "gis_data_types": [data_type], "parameters": {}}
        for formats, data_type in ((_VECTOR_FORMATS, "vector"), (_RASTER_FORMATS, "raster"))
        for name, title in formats.items()
    }
    for kind in ("input", "output")
}
"""The answer of `GET /file_formats`, by the names that openEO backends use."""

_TEXT, _OBJECT = {"type": "string"}, {"type": "object"}
_RASTER_CUBE = {"type": "object", "subtype": "datacube", "dimensions": [{"type": "bands"}]}
_VECTOR_CUBE = {"type": "object", "subtype": "datacube", "dimensions": [{"type": "geometry"}]}
_ANY_CUBE = {"type": "object", "subtype": "datacube"}
_OPTIONS: tuple[str, str, dict[str, Any], Any] = (
    "options",
    "Parameters of the format.",
    _OBJECT,
    {},
)


def _process(
    name: str,
    summary: str,
    returns: dict[str, Any],
    *parameters: tuple[str, str, dict[str, Any]] | tuple[str, str, dict[str, Any], Any],
) -> dict[str, Any]:
    """Return a process description; a fourth value makes a parameter optional."""
    described = []
    for parameter, text, schema, *default in parameters:
        more = {"optional": True, "default": default[0]} if default else {}
        described.append({"name": parameter, "description": text, "schema": schema, **more})
    return {
        "id": name,
        "summary": summary,
        "description": summary,
        "parameters": described,
        "returns": {"description": "The result.", "schema": returns},
        "links": [],
    }


PROCESSES = [
    _process(
        "load_url",
        "Load a file from a link, such as a presigned URL.",
        _ANY_CUBE,
        ("url", "The link.", {"type": "string", "format": "uri", "subtype": "uri"}),
        ("format", "One of the input formats.", _TEXT | {"subtype": "input-format"}),
        _OPTIONS,
    ),
    _process(
        "load_geojson",
        "Use GeoJSON that is in the graph as a vector cube.",
        _VECTOR_CUBE,
        ("data", "A GeoJSON object.", _OBJECT | {"subtype": "geojson"}),
        ("properties", "Properties to keep.", {"type": "array", "items": _TEXT}, []),
    ),
    _process(
        "load_stac",
        "Load the assets of a STAC item or collection.",
        _RASTER_CUBE,
        ("url", "The link of the item or collection.", {"type": "string", "format": "uri"}),
    ),
    _process(
        "aggregate_spatial",
        "Reduce the pixels of each geometry to one value.",
        _VECTOR_CUBE,
        ("data", "A raster cube.", _RASTER_CUBE),
        ("geometries", "Geometries, for instance of load_url.", _VECTOR_CUBE),
        ("reducer", "A reducer such as mean.", {"type": "object", "subtype": "process-graph"}),
    ),
    _process(
        "run_udf",
        "Run a function of the user's.",
        {"description": "What the function returns."},
        ("data", "What is handed to the function.", _ANY_CUBE),
        ("udf", "Its source code.", _TEXT | {"subtype": "udf-code"}),
        ("runtime", "One of the UDF runtimes.", _TEXT | {"subtype": "udf-runtime"}),
        ("context", "Handed on to the function.", _OBJECT, {}),
    ),
    _process(
        "save_result",
        "Save a cube in a file format.",
        {"type": "boolean"},
        ("data", "The cube.", _ANY_CUBE),
        ("format", "One of the output formats.", _TEXT | {"subtype": "output-format"}),
        _OPTIONS,
    ),
]
"""Descriptions of the processes that take what was staged; enough to build a graph."""

_DOCUMENTS: dict[str, Any] = {
    "/file_formats": FILE_FORMATS,
    "/processes": {"processes": PROCESSES, "links": []},
    "/collections": {"collections": [], "links": []},
    "/udf_runtimes": {},
    "/service_types": {},
}
RUNS_NOTHING = (("/jobs", "GET"), ("/jobs", "POST"), ("/result", "POST"), ("/validation", "POST"))
"""Requests that need a backend that runs jobs: refused as openEO says, and not advertised."""


def add_catalogue(app: Flask, refuse: Callable[[str, str], Exception]) -> None:
    """Let `app` answer with the lists.

    Parameters
    ----------
    refuse
        Makes an error of 501 from an openEO error code and a message.
    """
    for path, document in _DOCUMENTS.items():
        app.add_url_rule(path, path, lambda document=document: jsonify(document))

    def runs_nothing() -> Response:
        raise refuse(
            "FeatureUnsupported",
            "This demo takes artifacts and runs no jobs. Its graphs can be built and looked at.",
        )

    for path, method in RUNS_NOTHING:
        app.add_url_rule(path, f"{method} {path}", runs_nothing, methods=[method])

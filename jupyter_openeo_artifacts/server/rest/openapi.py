"""openapi.yaml as data: what is served, and what requests are checked against."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.server.exceptions import RequestInvalid

if TYPE_CHECKING:
    from jsonschema.protocols import Validator


ROOT = "jupyter-openeo-artifacts"
"""The first part of all our paths, below Jupyter's base URL."""


HEADER = "X-OpenEO-Artifacts"
"""Marks each answer as this extension's, as opposed to a hub's or a proxy's."""


VERSION = "1"
"""The document's, and the header's value."""


_SCHEMAS = "#/components/schemas/"


@cache
def document() -> dict[str, Any]:
    """Return the document; it is read once, when it is first wanted."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (files("jupyter_openeo_artifacts.server") / "openapi.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506  both are safe loaders
    return found


@cache
def validator(schema: str) -> Validator:
    """Return what checks a value against one of the document's schemas."""
    from jsonschema import Draft202012Validator

    return Draft202012Validator({"$ref": _SCHEMAS + schema, "components": document()["components"]})


def read(body: bytes, schema: str) -> dict[str, Any]:
    """Return the JSON object in `body`, which fits the schema of that name.

    Raises
    ------
    RequestInvalid
        It is not JSON, or does not fit; the text names the place and the rule, never the value.
    """
    todo = "Update the browser tab or the program that sent it; openapi.json describes the form."
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise RequestInvalid("The request's body is not JSON.", todo=todo) from error
    fault = next(validator(schema).iter_errors(value), None)
    if fault is not None:
        where = fault.json_path.removeprefix("$").removeprefix(".") or "the body"
        raise RequestInvalid(
            f"In the request, {where} breaks the rule {fault.validator!r}.", todo=todo
        )
    return dict(value)

"""The operations of openapi.yaml by their names, held against it: the way in for HTTP and comms."""

from __future__ import annotations

import re
import time
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.service import connections, snippets, stored, uploads
from jupyter_openeo_artifacts.service import serializers as wire
from jupyter_openeo_artifacts.service.exceptions import INVALID_TODO, NoSuchRoute, RequestInvalid
from jupyter_openeo_artifacts.service.service import Change
from jupyter_openeo_artifacts.state.link_ends import LinkEnds
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jsonschema.protocols import Validator

    from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL
    from jupyter_openeo_artifacts.service.scope import Scope
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord


VERSION = "1"
"""The document's, which a comm tells in its greeting and HTTP in a header of each answer."""

_PAGE, _LONGEST_PAGE = 200, 1000


def list_artifacts(
    scope: Scope,
    limit: Any = _PAGE,
    before: str | None = None,
    connection: str | None = None,
    since: str | None = None,
) -> dict[str, Any]:
    """List a page of them, newest first; with `since` those that came, went or changed since then.

    With `connection` those of one.
    """
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= _LONGEST_PAGE:
        raise RequestInvalid(f"limit is no number from 1 to {_LONGEST_PAGE}.")
    mark = _artifacts_mark(scope)  # before they are read: what changes meanwhile is told twice
    changed = None if since is None or before else _artifacts_since(scope, since, limit, connection)
    if changed is not None:
        records, removed = changed
        last = None
    else:
        page = scope.page(limit, before, connection)
        records, removed, since = page.records, [], None
        last = page.records[-1].id if page.more else None
    return {
        "artifacts": wire.artifacts(scope.as_connected(records)),
        "next": last,
        "removed": removed,
        "since": since,
        "mark": mark,
    }


def _artifacts_mark(scope: Scope) -> str | None:
    """Return the mark of the list as it is: of records, of the ends of their links, of the hour.

    What a provider removes by its own clock is told by no change, so a mark is good for an hour.
    """
    records = scope.artifacts_mark()
    return records and f"{records}.{LinkEnds().written_at()}.{_hour()}"


def _artifacts_since(
    scope: Scope, mark: str, limit: int, connection: str | None
) -> tuple[list[StagedRecord], list[str]] | None:
    """Return the records that came or changed, newest first, and the ids of those that went."""
    records, _, rest = mark.partition(".")
    links, _, hour = rest.partition(".")
    changed = scope.artifacts_since(records)
    if changed is None or hour != _hour() or not re.fullmatch("-?[0-9]{1,20}", links):
        return None
    if len(changed) > limit:
        return None
    found: dict[str, StagedRecord] = {}
    removed = []
    wanted = None if connection is None else scope.connection_ids(connection)
    for each in sorted(changed):
        try:
            record = scope.record(each)
        except NoSuchRecord:
            removed.append(each)
        else:
            if wanted is None or record.connection in wanted:
                found[each] = record
    ends = LinkEnds()
    if ends.written_at() > int(links):
        newest = scope.page(limit, None, connection).records
        noted = ends.noted_since(int(links), [record.uri for record in newest])
        found |= {record.id: record for record in newest if record.uri in noted}
    return [found[each] for each in sorted(found, reverse=True)], removed


def _hour() -> str:
    return str(int(time.time() // 3600))


def get_artifact(scope: Scope, artifact: str) -> dict[str, Any]:
    """Show one."""
    return wire.artifacts(scope.as_connected([scope.record(artifact)]))[0]


def forget_artifact(scope: Scope, artifact: str) -> None:
    """Take it off the list; the stored object stays until its provider removes it."""
    scope.record(artifact)
    scope.require_forgettable(artifact)
    scope.service.ledger.forget(artifact)
    scope.service.tell(Change("artifacts", artifact, "forgotten"))


def sign_artifact(
    scope: Scope, artifact: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Make a presigned URL, which is in no other answer."""
    from jupyter_openeo_artifacts.staging.artifact import Artifact

    record = scope.record(artifact)
    signed = Artifact.of(record, scope.signer(record)).sign((body or {}).get("expires_in"))
    return wire.presigned(signed)


def write_snippet(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Write the text that takes artifacts into a cell; it holds links only where they are meant."""
    from jupyter_openeo_artifacts.staging.artifact import Artifact

    items: list[snippets.Item] = []
    links: list[tuple[str, PresignedURL]] = []
    failed: list[tuple[str, OpenEOArtifactsError]] = []
    for artifact in body["artifacts"]:
        try:
            record, link = scope.record(artifact), None
            if body["form"] == "link":
                link = Artifact.of(record, scope.signer(record)).sign(body.get("expires_in"))
                links.append((artifact, link))
        except OpenEOArtifactsError as error:
            if not body.get("skip"):
                raise
            failed.append((artifact, error))
            continue
        items.append(snippets.Item(record.name, record.uri, record.backend, link))
    if not items:
        raise failed[0][1]
    options = {key: body[key] for key in _SNIPPET_OPTIONS & body.keys()}
    written = snippets.write(items, body["form"], body.get("language", "python"), **options)
    return wire.snippet(written, links, failed)


_SNIPPET_OPTIONS = frozenset({"place", "taken", "imported", "utc_offset"})

OPERATIONS: dict[str, Callable[..., Any]] = {
    "getStatus": connections.get_status,
    "checkBackend": connections.check_backend,
    "listConnections": connections.list_connections,
    "openConnection": connections.open_connection,
    "getConnection": connections.get_connection,
    "closeConnection": connections.close_connection,
    "getLogin": connections.get_login,
    "startLogin": connections.start_login,
    "cancelLogin": connections.cancel_login,
    "approveLogin": connections.approve_login,
    "withdrawApproval": connections.withdraw_approval,
    "listUploads": uploads.list_uploads,
    "createUpload": uploads.create_upload,
    "getUpload": uploads.get_upload,
    "forgetUpload": uploads.forget_upload,
    "cancelUpload": uploads.cancel_upload,
    "retryUpload": uploads.retry_upload,
    "createTusUpload": uploads.create_tus_upload,
    "getTusOffset": uploads.get_tus_offset,
    "sendBytes": uploads.send_bytes,
    "terminateTusUpload": uploads.terminate_tus_upload,
    "confirmUpload": uploads.confirm_upload,
    "getReceivedDigest": uploads.get_received_digest,
    "listArtifacts": list_artifacts,
    "getArtifact": get_artifact,
    "forgetArtifact": forget_artifact,
    "signArtifact": sign_artifact,
    "writeSnippet": write_snippet,
    "listStored": stored.list_stored,
    "adoptStored": stored.adopt_stored,
    "verifyStored": stored.verify_stored,
    "deleteStored": stored.delete_stored,
}


def call(scope: Scope, operation: str, params: Mapping[str, Any], **content: memoryview) -> Any:
    """Do what is asked for, and return the answer's JSON document; None where there is none.

    Parameters
    ----------
    params
        Parameters of path and query by their names, a JSON body as `body`.
    content
        Bytes, for the operation that takes some.

    Raises
    ------
    NoSuchRoute
        No operation is called so.
    NotAllowed
        It is not for this client.
    RequestInvalid
        The parameters do not fit openapi.yaml.
    OpenEOArtifactsError
        As the operation.
    """
    act = OPERATIONS.get(operation)
    if act is None:
        raise NoSuchRoute("There is no operation of this name.")
    scope.require(operation)
    check(operation, params)
    return act(scope, **params, **content)


_VERBS = frozenset({"get", "head", "post", "put", "patch", "delete", "options"})


@cache
def document() -> dict[str, Any]:
    """Return the document; it is read once, when it is first wanted."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = (files("jupyter_openeo_artifacts.service") / "openapi.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506  both are safe loaders
    return found


def check(operation: str, params: Mapping[str, Any]) -> None:
    """Return if an operation takes these parameters, a JSON body among them under `body`.

    Raises
    ------
    NoSuchRoute
        No operation is called so.
    RequestInvalid
        They do not fit; the text names the place and the rule, never the value.
    """
    fault = next(validator(operation).iter_errors(params), None)
    if fault is None:
        return
    path = fault.json_path.removeprefix("$").removeprefix(".")
    inside = path.removeprefix("body").removeprefix(".")
    where = inside or ("the body" if path else "the list of parameters")
    raise RequestInvalid(
        f"In the request, {where} breaks the rule {fault.validator!r}.", todo=INVALID_TODO
    )


@cache
def validator(operation: str) -> Validator:
    """Return what checks the parameters of one operation.

    Raises
    ------
    NoSuchRoute
        No operation is called so.
    """
    from jsonschema import Draft202012Validator

    for found, shared in _operations():
        if found["operationId"] == operation:
            schema = _schema(found, shared)
            return Draft202012Validator({**schema, "components": document()["components"]})
    raise NoSuchRoute("There is no operation of this name.")


def _operations() -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    for path in document()["paths"].values():
        for verb in _VERBS & path.keys():
            yield path[verb], path.get("parameters", [])


def _schema(operation: dict[str, Any], shared: list[dict[str, Any]]) -> dict[str, Any]:
    if "x-params" in operation:  # what HTTP has in headers of tus
        return dict(operation["x-params"])
    properties: dict[str, Any] = {}
    required = []
    for each in [*shared, *operation.get("parameters", [])]:
        given = _resolved(each)
        # An id that is none is one that is not there; a number is checked by who reads it.
        is_text = given["schema"]["type"] == "string"
        properties[given["name"]] = {"type": "string"} if is_text else {}
        if given["required"]:
            required.append(given["name"])
    body = operation.get("requestBody")
    if body is not None:
        properties["body"] = body["content"]["application/json"]["schema"]
        if body["required"]:
            required.append("body")
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


def _resolved(parameter: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in parameter:
        return parameter
    name = parameter["$ref"].rpartition("/")[2]
    found: dict[str, Any] = document()["components"]["parameters"][name]
    return found

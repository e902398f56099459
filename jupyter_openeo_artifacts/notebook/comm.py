"""The service over a comm: JSON-RPC 2.0, whatever carries the messages.

A request names an operation of openapi.yaml, and is answered by the document that HTTP answers; an
error's `data` is the problem that HTTP tells, with its `status`. Bytes are one buffer of a message.
`hello` tells who answers, and begins to watch for what others stage. What changes is told by
notifications `change`, with the new value where there is one::

    → {"jsonrpc": "2.0", "id": "7", "method": "getUpload", "params": {"upload": "01k…"}}
    ← {"jsonrpc": "2.0", "id": "7", "result": {"id": "01k…", "state": "uploading", …}}
    ← {"jsonrpc": "2.0", "method": "change",
       "params": {"resource": "uploads", "id": "01k…", "state": "staged", "value": {…}}}

Messages are sent and gone. They are not widget state, so a saved notebook holds none of them.
"""

from __future__ import annotations

import logging
import secrets
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.concurrency.daemon_pool import DaemonPool
from jupyter_openeo_artifacts.errors import MachineExhausted, OpenEOArtifactsError, without_texts
from jupyter_openeo_artifacts.service import operations
from jupyter_openeo_artifacts.service import serializers as wire
from jupyter_openeo_artifacts.service.changes import ChangeSender, LedgerWatch
from jupyter_openeo_artifacts.service.exceptions import (
    INVALID_TODO,
    NoSuchRoute,
    RequestInvalid,
    ServerFailed,
    status_of,
)
from jupyter_openeo_artifacts.service.operations import VERSION
from jupyter_openeo_artifacts.service.service import Change
from jupyter_openeo_artifacts.service.uploads import CHUNK_BYTES, offset_now
from jupyter_openeo_artifacts.staging.exceptions import NoSuchUpload
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_openeo_artifacts.service.scope import Scope
    from jupyter_openeo_artifacts.service.service import Resource
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView


Message = dict[str, Any]

_INVALID_REQUEST, _UNKNOWN_METHOD, _INVALID_PARAMS, _FAILED = -32600, -32601, -32602, -32000

_REQUEST = frozenset({"jsonrpc", "id"})
"""What a message has that is answered; other messages of a comm are somebody else's."""

_LONGEST_ID = 100

_OF_BYTES = frozenset({"sendBytes", "getTusOffset"})
"""Answered in the thread they come in, one disk write each: no slow backend holds up bytes."""

_log = logging.getLogger(__name__)


class Line:
    """One page's line to the service; it comes and goes, and holds nothing that is worth keeping.

    Parameters
    ----------
    scope
        What the page may ask for.
    send
        Sends a message to the page; called from any thread. Where it fails the line is closed.
    noted
        Told of each new state of an upload that the page began, with the login it is staged by.
    """

    def __init__(
        self,
        scope: Scope,
        send: Callable[[Message], object],
        noted: Callable[[UploadView, Target], None] | None = None,
    ) -> None:
        self._scope = scope
        self._service = scope.service
        self._write = send
        self._noted = noted
        self._threads = DaemonPool(4, "openeo-artifacts-line")
        self._changes = ChangeSender(self._tell)
        self._lock = threading.RLock()  # who is told of a change may bring about another
        self._states: dict[str, str] = {}
        self._artifacts: set[str] = set()
        self._watch: LedgerWatch | None = None
        self.closed: bool = False
        self._unlisten = self._service.listen(self._on_change)

    def on_message(self, message: Any, buffers: Sequence[Any]) -> None:
        """Act on one message of the page, and answer it; pass over what is no request."""
        if self.closed or not isinstance(message, dict) or not message.keys() >= _REQUEST:
            return
        request, method = message["id"], message.get("method")
        if not isinstance(request, str) or len(request) > _LONGEST_ID:
            self._refuse(None, _invalid("the id is no short text"), _INVALID_REQUEST)
        elif not isinstance(method, str):
            self._refuse(request, _invalid("the method is no text"), _INVALID_REQUEST)
        elif method in _OF_BYTES:
            self._serve(request, method, message.get("params", {}), buffers)
        else:
            try:
                params = message.get("params", {})
                self._threads.submit(self._serve, request, method, params, buffers)
            except MachineExhausted as problem:
                self._refuse(request, problem)
            except RuntimeError:
                pass  # closed: nothing more is said

    def close(self) -> None:
        """Say no more, and end what nobody is there for any more. Again does no harm."""
        self._drop()
        self._scope.close()
        if self._watch is not None and not self._scope.still_receiving():
            self._watch.close()  # else it ends when the last page falls silent

    def _drop(self) -> None:
        with self._lock:
            if self.closed:
                return
            self.closed = True
        self._unlisten()
        self._changes.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _serve(self, request: str, method: str, params: Any, buffers: Sequence[Any]) -> None:
        try:
            result = self._result(method, params, buffers)
        except OpenEOArtifactsError as problem:
            offset = None
            if method == "sendBytes" and not isinstance(problem, RequestInvalid):
                offset = offset_now(self._scope, params.get("upload"))
            self._refuse(request, problem, offset=offset)
        except Exception as error:  # noqa: BLE001  the page must get an answer whatever happens
            fault = secrets.token_hex(4)
            _log.error("Fault %s: %s", fault, without_texts(error))
            failed = ServerFailed(
                "Something went wrong in the kernel.",
                todo="Try again; the kernel's log says more.",
                request_id=fault,
            )
            self._refuse(request, failed)
        else:
            self._send({"jsonrpc": "2.0", "id": request, "result": result})
            if method == "createTusUpload":
                self._attend()  # it also looks whether the page falls silent
                # It may have ended before it was known here.
                self._on_change(Change("uploads", result["upload"], "receiving"))

    def _result(self, method: str, params: Any, buffers: Sequence[Any]) -> Any:
        if not isinstance(params, dict):
            raise _invalid("the list of parameters is none")
        if method == "hello":
            return self._hello()
        if method != "sendBytes":
            return operations.call(self._scope, method, params)
        if len(buffers) != 1:
            raise _invalid("there is not one buffer of bytes")
        content = memoryview(buffers[0]).cast("B")
        return operations.call(self._scope, method, params, content=content)

    def _hello(self) -> Message:
        self._attend()
        connection, problem = None, None
        try:
            connection = self._scope.login()
        except OpenEOArtifactsError as error:
            problem = error.to_dict()
        return {
            "api": VERSION,
            "scope": self._scope.name,
            "process": self._service.process,
            "chunk_bytes": CHUNK_BYTES,
            "connection": connection,
            "problem": problem,
        }

    def _refuse(
        self,
        request: str | None,
        problem: OpenEOArtifactsError,
        code: int | None = None,
        offset: int | None = None,
    ) -> None:
        data: Message = {**problem.to_dict(), "status": int(status_of(problem))}
        if offset is not None:
            data["offset"] = offset
        error = {"code": code or _code_of(problem), "message": problem.message, "data": data}
        self._send({"jsonrpc": "2.0", "id": request, "error": error})

    def _attend(self) -> None:
        """Watch for what others stage, for another while."""
        with self._lock:
            if self._watch is None:
                self._watch = LedgerWatch(
                    self._service.ledger, self._on_artifact, self._scope.still_receiving
                )
            if not self.closed:
                self._watch.attend()

    def _on_artifact(self, artifact: str, state: str) -> None:
        self._on_change(Change("artifacts", artifact, state))

    def _on_change(self, change: Change) -> None:
        if self.closed or not self._sees(change):
            return
        if change.resource == "uploads":
            self._note_upload(change.id)
        elif change.resource == "artifacts" and not self._is_new(change):
            return
        self._changes.announce(change)

    def _sees(self, change: Change) -> bool:
        if change.resource == "uploads":
            return self._scope.sees_upload(change.id)
        if change.resource == "artifacts":
            return self._scope.sees_artifact(change.id)
        return self._scope.knows_backends

    def _is_new(self, change: Change) -> bool:
        """Tell whether an artifact has come or gone that was not told yet."""
        with self._lock:
            known = change.id in self._artifacts
            if change.state == "staged":
                self._artifacts.add(change.id)
                return not known
            self._artifacts.discard(change.id)
        return True

    def _note_upload(self, upload: str) -> None:
        """Take note of an upload as it is now: who was overtaken must not undo a change."""
        with self._lock, suppress(NoSuchUpload):
            view = self._service.upload_manager.upload(upload)
            if self._states.get(upload) == view.state:
                return
            self._states[upload] = view.state
            self._scope.note_artifact(view)
            target = self._scope.receiver.target(upload) if self._noted is not None else None
            if self._noted is not None and target is not None:
                self._noted(view, target)
            if view.artifact is not None:
                self._on_change(Change("artifacts", view.artifact, "staged"))

    def _tell(self, resource: Resource, thing: str, state: str) -> None:
        params: Message = {"resource": resource, "id": thing, "state": state}
        with suppress(OpenEOArtifactsError):  # gone again: then there is nothing to show
            if resource == "uploads":
                view = self._scope.upload(thing)
                params.update(state=view.state, value=wire.upload(view))
            elif resource == "artifacts" and state == "staged":
                try:
                    records = self._scope.as_connected([self._scope.record(thing)])
                    params["value"] = wire.artifacts(records)[0]
                except NoSuchRecord:  # it came and went between two looks
                    params["state"] = "forgotten"
        self._send({"jsonrpc": "2.0", "method": "change", "params": params})

    def _send(self, message: Message) -> None:
        if self.closed:
            return
        try:
            self._write(message)
        except Exception as error:  # noqa: BLE001  whatever it is, the page is not there any more
            _log.info("A page's line is closed: %s", type(error).__name__)
            self._drop()  # its uploads go on


def _invalid(what: str) -> RequestInvalid:
    return RequestInvalid(f"In the request, {what}.", todo=INVALID_TODO)


def _code_of(problem: OpenEOArtifactsError) -> int:
    if isinstance(problem, NoSuchRoute):
        return _UNKNOWN_METHOD
    return _INVALID_PARAMS if isinstance(problem, RequestInvalid) else _FAILED

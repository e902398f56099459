"""Two clients of the service with one face: over HTTP, and over a comm whose wire is a queue."""

from __future__ import annotations

import asyncio
import itertools
import json
import queue
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jupyter_openeo_artifacts.notebook.comm import Line
from jupyter_openeo_artifacts.service.operations import document
from tests.limits import AT_MOST

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.service.scope import Scope


@dataclass
class Outcome:
    """What an operation answered: its document, or status and problem."""

    result: Any = None
    status: int = 0
    problem: dict[str, Any] | None = None

    @property
    def code(self) -> str | None:
        return self.problem["code"] if self.problem else None


class Client:
    """What both share."""

    async def call(self, operation: str, **params: Any) -> Outcome:
        raise NotImplementedError

    async def send(self, upload: str, offset: int, content: bytes) -> Outcome:
        raise NotImplementedError

    async def ok(self, operation: str, **params: Any) -> Any:
        """Return the document of an operation that has to go well."""
        outcome = await self.call(operation, **params)
        assert not outcome.status, (operation, outcome)
        return outcome.result

    async def until(self, operation: str, *states: str, **params: Any) -> Any:
        """Ask until the state is one of those."""
        end = time.monotonic() + AT_MOST
        while (seen := await self.ok(operation, **params))["state"] not in states:
            assert time.monotonic() < end, f"still {seen}"
            await asyncio.sleep(0.05)
        return seen

    async def stage(self, name: str, content: bytes, *, step: int = 5_000_000, **more: Any) -> Any:
        """Send a file, and return its upload at the end."""
        made = await self.ok("createTusUpload", name=name, size=len(content), **more)
        for start in range(0, len(content), step):
            sent = await self.send(made["upload"], start, content[start : start + step])
            assert sent.result["kept"], sent
        return await self.until("getUpload", "staged", "failed", upload=made["upload"])


class HttpClient(Client):
    """Speaks REST and tus to the test server."""

    def __init__(self, api: Any, tus: Any) -> None:
        self._api = api
        self._tus = tus
        self._places = {
            item[method]["operationId"]: (method.upper(), path)
            for path, item in document()["paths"].items()
            for method in item.keys() - {"parameters"}
        }

    async def call(self, operation: str, **params: Any) -> Outcome:
        if operation == "createTusUpload":
            return await self._create(**params)
        method, template = self._places[operation]
        body = params.pop("body", None)
        path = re.sub(r"\{(\w+)\}", lambda name: quote(params.pop(name[1]), safe=""), template)
        query = "&".join(f"{name}={value}" for name, value in params.items())
        headers = {"Tus-Resumable": "1.0.0"} if path.startswith("/tus") else {}
        answer = await self._api(method, f"{path}?{query}", body, headers=headers)
        if operation == "getTusOffset" and answer.status == 200:
            told = (answer.headers["Upload-Offset"], answer.headers["Upload-Length"])
            return Outcome(dict(zip(("offset", "size"), map(int, told), strict=True)))
        return _outcome(answer)

    async def _create(self, *, name: str, size: int, connection: str = "", **more: bool) -> Outcome:
        told = {key: "true" if value else "false" for key, value in more.items()}
        answer = await self._tus.post(connection, name, size, **told)
        if answer.status != 201:
            return _outcome(answer)
        return Outcome({"upload": answer.headers["Location"].rpartition("/")[2], "offset": 0})

    async def send(self, upload: str, offset: int, content: bytes) -> Outcome:
        answer = await self._tus.patch(upload, offset, content)
        if answer.status == 204:
            return Outcome({"offset": int(answer.headers["Upload-Offset"]), "kept": True})
        outcome = _outcome(answer)
        if outcome.code == "offset_mismatch":  # a client asks for the offset then
            here = await self.ok("getTusOffset", upload=upload)
            return Outcome({"offset": here["offset"], "kept": False})
        return outcome


def _outcome(answer: Any) -> Outcome:
    if answer.status < 400:
        return Outcome(answer.json)
    return Outcome(None, answer.status, answer.json and answer.json["problem"])


class CommClient(Client):
    """Speaks JSON-RPC to a line; what is sent goes through JSON, as on a wire."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.line = Line(scope, self._receive)
        self.answers: dict[str, queue.Queue[Any]] = {}
        self.changes: list[dict[str, Any]] = []
        self.raw: list[dict[str, Any]] = []
        self.gone = False
        """Whether the page can no longer be reached."""
        self._numbers = itertools.count()

    def _receive(self, message: Any) -> None:
        if self.gone:
            raise RuntimeError("no socket")
        told = json.loads(json.dumps(message))
        self.raw.append(told)
        if told.get("method") == "change":
            self.changes.append(told["params"])
        elif told["id"] in self.answers:
            self.answers[told["id"]].put(told)

    def ask(self, method: str, params: Any, *buffers: bytes) -> dict[str, Any]:
        """Send a request, and return the answer as it comes."""
        request = f"r{next(self._numbers)}"
        answers = self.answers[request] = queue.Queue()
        message = {"jsonrpc": "2.0", "id": request, "method": method, "params": params}
        self.line.on_message(json.loads(json.dumps(message)), [memoryview(b) for b in buffers])
        return dict(answers.get(timeout=AT_MOST))

    async def call(self, operation: str, *buffers: bytes, **params: Any) -> Outcome:
        answer = await asyncio.to_thread(self.ask, operation, params, *buffers)
        if "result" in answer:
            return Outcome(answer["result"])
        data = answer["error"]["data"]
        assert answer["error"]["message"] == data["message"]
        return Outcome(None, data.pop("status"), data)

    async def send(self, upload: str, offset: int, content: bytes) -> Outcome:
        return await self.call("sendBytes", content, upload=upload, offset=offset)

    async def told(self, **wanted: Any) -> dict[str, Any]:
        """Return the first notification like that."""
        end = time.monotonic() + AT_MOST
        while time.monotonic() < end:
            for each in [*self.changes]:
                if wanted.items() <= each.items():
                    return each
            await asyncio.sleep(0.02)
        raise AssertionError(f"no {wanted} in {self.changes}")

"""When something unexpected happens: a plain sentence for people, no secret anywhere."""

from __future__ import annotations

import importlib
import logging
import pkgutil
import subprocess
import sys
from typing import Any

import pytest

import jupyter_openeo_artifacts
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.service.exceptions import STATUS, status_of

CANARY = "X-Amz-Signature=c4n4ry0123456789"


def broken(*_: Any, **__: Any) -> Any:
    raise KeyError(f"token {CANARY}") from OSError(f"https://s3.example.org/b/k?{CANARY}")


class BrokenSessions:
    """Fails with texts that hold a secret."""

    def __init__(self, **_: Any) -> None:
        self.stop = lambda: None

    def listen(self, _: Any) -> None:
        """Nobody hears."""

    open = check = get = all = close = broken


class BrokenStager:
    """Fails likewise."""

    def close(self) -> None:
        """Close at least."""

    def listen(self, _: Any) -> None:
        """Nobody hears."""

    stage = receive = uploads = upload = cancel = retry = forget = spool = broken


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"sessions_class": BrokenSessions, "upload_manager_class": BrokenStager}


async def test_a_fault_tells_no_secret(
    api: Any, tus: Any, extension: Any, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    caplog.set_level(logging.DEBUG)
    assert extension.collaborators.sessions
    assert extension.collaborators.upload_manager
    upload = "01k00000000000000000000000"
    asked = [
        ("POST", "/backends/check", {"backend": "example.org"}),
        ("POST", "/connections", {"backend": "example.org"}),
        ("GET", "/connections", None),
        ("GET", "/connections/x", None),
        ("POST", "/connections/x/login", None),
        ("POST", "/uploads", {"connection": "x", "path": "a.txt"}),
        ("GET", "/uploads", None),
        ("GET", f"/uploads/{upload}", None),
        ("POST", f"/uploads/{upload}/retry", None),
        ("POST", f"/uploads/{upload}/cancel", None),
        ("DELETE", f"/uploads/{upload}", None),
    ]
    # When
    answers = [await api(method, path, body, check=False) for method, path, body in asked]
    answers.append(await tus.patch_unchecked(upload, 0, b"x"))
    answers.append(await tus.post_unchecked("x", "a.txt", 1))
    # Then
    for answer in answers:
        assert answer.status == 500
        assert answer.code == "server_failed"
        assert answer.json["message"] == "Something went wrong in the Jupyter server."
        fault = answer.json["problem"]["request_id"]
        assert f"Fault {fault}" in caplog.text
        assert "Traceback" not in answer.body.decode()
        assert CANARY not in answer.body.decode()
    assert "test_faults.py" in caplog.text, "the place is told"
    assert "builtins.KeyError" in caplog.text
    assert CANARY not in caplog.text


def all_errors() -> list[type[OpenEOArtifactsError]]:
    """Return the family, of whatever module: not all of it is in an `exceptions`."""
    for module in pkgutil.walk_packages(
        jupyter_openeo_artifacts.__path__, f"{jupyter_openeo_artifacts.__name__}."
    ):
        if ".demo." not in module.name:  # which has libraries of its own, and no such errors
            importlib.import_module(module.name)

    def below(kind: type[OpenEOArtifactsError]) -> list[type[OpenEOArtifactsError]]:
        return [kind, *(each for child in kind.__subclasses__() for each in below(child))]

    ours = jupyter_openeo_artifacts.__name__
    return [each for each in below(OpenEOArtifactsError) if each.__module__.startswith(ours)]


def test_every_error_that_a_request_can_meet_has_its_status() -> None:
    # Given
    elsewhere = (".demo.", ".notebook.", ".cli.")
    codes = {
        each.code
        for each in all_errors()
        if not any(part in f"{each.__module__}." for part in elsewhere)
    } - {"error"}
    # Then
    assert codes - set(STATUS) == set(), "say in service/exceptions.py what these are"
    assert set(STATUS) - codes == set(), "nobody raises these any more"


@pytest.mark.parametrize(("who", "status"), [("you", 400), ("provider", 502), ("wait", 503)])
def test_an_unknown_error_is_answered_by_whose_move_it_is(who: Any, status: int) -> None:
    kind = type("New", (OpenEOArtifactsError,), {"code": "brand_new", "who": who})
    assert status_of(kind("It is new.")) == status


def test_loading_the_extension_loads_nothing_heavy() -> None:
    # Given
    script = """
import sys, asyncio, json, tempfile
from jupyter_server.serverapp import ServerApp
async def main():
    app = ServerApp(
        allow_root=True, open_browser=False, port=0, root_dir=tempfile.mkdtemp(),
        jpserver_extensions={"jupyter_openeo_artifacts": True},
        reraise_server_extension_failures=True,
    )
    app.initialize([], find_extensions=False, new_httpserver=False)
    assert "jupyter_openeo_artifacts" in app.web_app.settings
asyncio.run(main())
print(json.dumps([n for n in ("openeo", "boto3", "botocore", "requests") if n in sys.modules]))
"""
    # When
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    # Then
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == "[]"

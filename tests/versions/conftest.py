"""Environments of other versions than those that the tests run in."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.wheel.environment import ROOT, Environment, build_wheel

if sys.version_info >= (3, 11):
    import tomllib
else:
    from pip._vendor import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_openeo_artifacts.demo import LocalProvider

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WAYS = {"helper, 1 part", "helper, 5 parts", "magic", "command line", "server"}
_PART = 8 * 2**20


def oldest(requirements: list[str]) -> list[str]:
    """Return each requirement at its lower bound."""
    return [
        re.sub(r"^([\w.-]+(?:\[[\w,]+\])?)>=([\w.]+).*", r"\1==\2", each) for each in requirements
    ]


def interpreter(version: str) -> str:
    """Return a Python of that version; skip where there is none."""
    roots = [Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"]
    names = [shutil.which(f"python{version}"), f"{sys.prefix}/bin/python{version}"]
    names += [str(file) for root in roots for file in sorted(root.glob(f"{version}.*/bin/python"))]
    for name in names:
        # A pyenv shim answers to every version, and fails for those that are not switched on.
        if name and "shims" not in name and Path(name).exists():
            return name
    pytest.skip(f"there is no Python {version} on this machine")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel of this checkout."""
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[Callable[[str], Environment]]:
    """Make an environment of a Python version; it is removed at once afterwards."""
    folder = tmp_path / "environment"
    folder.mkdir()

    def make(version: str) -> Environment:
        return Environment(folder / "venv", folder / "home", interpreter(version))

    yield make
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def one_environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """Yield an environment with the wheel, in which each test changes one library's version."""
    folder = tmp_path_factory.mktemp("one")
    made = Environment(folder / "venv", folder / "home", interpreter("3.11"))
    made.install(str(wheel))
    yield made
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stages(provider: LocalProvider, tmp_path: Path) -> Callable[[Environment], None]:
    """Stage files in an environment by every way in, and compare what their links give back."""

    def run(environment: Environment) -> None:
        content = {"small": secrets.token_bytes(200_000), "large": secrets.token_bytes(5 * _PART)}
        files = {name: tmp_path / f"{name} file.bin" for name in content}
        for name, file in files.items():
            file.write_bytes(content[name])
        service = {"client_id": provider.service.client_id}
        service["client_secret"] = provider.service.secret
        work = {"backend": provider.backend, "service": service}
        work |= {name: str(file) for name, file in files.items()}
        (tmp_path / "work.json").write_text(json.dumps(work))
        script = str(Path(__file__).with_name("staging.py"))
        said = environment.run("python", script, str(tmp_path / "work.json"))
        expected = dict.fromkeys(WAYS, hashlib.sha256(content["small"]).hexdigest())
        expected["helper, 5 parts"] = hashlib.sha256(content["large"]).hexdigest()
        assert json.loads(said.strip().splitlines()[-1]) == expected
        assert "Traceback" not in said

    return run

"""What pyproject allows is what works: each environment stages files by every way in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.versions.conftest import PROJECT, oldest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.wheel.environment import Environment

pytestmark = [pytest.mark.versions, pytest.mark.timeout(1200)]  # each installs from the registry

PYTHONS = ("3.10", "3.11", "3.12", "3.13")
OPENEO = ("0.47.0", "0.53.0")
BOTO = ("1.41.5", "1.43.64")  # before and at the newest argument of a request's constructor


@pytest.mark.parametrize("python", PYTHONS)
def test_newest_libraries(
    python: str, wheel: Path, environment: Callable[[str], Environment], stages: Callable
):
    made = environment(python)
    made.install("--upgrade-strategy=eager", str(wheel))
    made.run("python", "-m", "pip", "check")
    stages(made)


@pytest.mark.parametrize("python", ["3.10", "3.11"])
def test_oldest_libraries(
    python: str, wheel: Path, environment: Callable[[str], Environment], stages: Callable
):
    made = environment(python)
    made.install(str(wheel), *oldest(PROJECT["dependencies"]))
    made.run("python", "-m", "pip", "check")
    stages(made)


@pytest.mark.parametrize("version", OPENEO)
def test_openeo_client(
    version: str, wheel: Path, environment: Callable[[str], Environment], stages: Callable
):
    made = environment("3.11")
    made.install(str(wheel), f"openeo=={version}")
    stages(made)


@pytest.mark.parametrize("version", BOTO)
def test_boto3(
    version: str, wheel: Path, environment: Callable[[str], Environment], stages: Callable
):
    made = environment("3.11")
    made.install(str(wheel), f"boto3=={version}", f"botocore=={version}")
    stages(made)


@pytest.mark.parametrize("s3fs", ["s3fs", "s3fs==2025.3.0"])
@pytest.mark.parametrize("before", [True, False], ids=["there before", "in one command"])
def test_beside_s3fs(
    s3fs: str,
    *,
    before: bool,
    wheel: Path,
    environment: Callable[[str], Environment],
    stages: Callable,
):
    # Given
    made = environment("3.11")
    if before:
        made.install(s3fs)

    # When
    made.install(f"{wheel}[s3fs]", s3fs)

    # Then
    made.run("python", "-m", "pip", "check")
    stages(made)

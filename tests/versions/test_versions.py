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
OPENEO = tuple(f"0.{minor}.0" for minor in range(47, 54))
BOTO = ("1.36.0", "1.41.5", "1.43.64")  # the oldest, s3fs's of 2025, the last one without `context`


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
def test_openeo_client(version: str, one_environment: Environment, stages: Callable):
    one_environment.install(f"openeo=={version}")
    one_environment.run("python", "-m", "pip", "check")
    stages(one_environment)


@pytest.mark.parametrize("version", BOTO)
def test_boto3(version: str, one_environment: Environment, stages: Callable):
    one_environment.install(f"boto3=={version}", f"botocore=={version}", f"openeo=={OPENEO[-1]}")
    one_environment.run("python", "-m", "pip", "check")
    stages(one_environment)


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

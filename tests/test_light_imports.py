"""What is loaded when: the heavy libraries only with the first use."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

HEAVY = {"openeo", "boto3", "botocore", "pandas", "xarray", "requests"}


def loaded_after(statement: str) -> set[str]:
    script = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(run.stdout.split())


@pytest.mark.parametrize(
    ("statement", "also_absent"),
    [
        (
            "import jupyter_openeo_artifacts",
            {"ipywidgets", "anywidget", "jupyter_server", "IPython"},
        ),
        ("import jupyter_openeo_artifacts.artifacts", set()),
        ("import jupyter_openeo_artifacts.backends.session_registry", set()),
        ("import jupyter_openeo_artifacts.transfer.upload", set()),
        ("import jupyter_openeo_artifacts.staging.manager", set()),
        ("import jupyter_openeo_artifacts.service.operations", {"jupyter_server", "yaml"}),
        ("import jupyter_openeo_artifacts.cli.main", {"flask", "authlib"}),
    ],
)
def test_nothing_heavy_is_loaded(statement: str, also_absent: set[str]) -> None:
    assert loaded_after(statement) & (HEAVY | also_absent) == set()


def test_the_package_hands_its_names_on() -> None:
    # Given
    import jupyter_openeo_artifacts as package

    # When / Then
    for name in package.__all__:
        assert getattr(package, name).__name__ == name
    with pytest.raises(AttributeError, match="nonsense"):
        package.nonsense  # noqa: B018


def test_the_artifacts_names_are_those_of_openeo_and_at_the_top_too() -> None:
    # Given
    from openeo.extra.artifacts import exceptions as upstream

    import jupyter_openeo_artifacts as package
    from jupyter_openeo_artifacts import artifacts

    errors = [name for name in vars(upstream) if name[0].isupper()]
    # When / Then
    for name in ("build_artifact_helper", "S3STSConfig", "S3URI", *errors):
        if name != "build_artifact_helper":  # the one at the top shares the login's renewal, too
            assert getattr(package, name) is getattr(artifacts, name)
        assert name in package.__all__
        assert name in artifacts.__all__
    ours, below = package.build_artifact_helper, artifacts.build_artifact_helper
    assert inspect.signature(ours) == inspect.signature(below)
    for name in errors:
        assert issubclass(getattr(artifacts, name), getattr(upstream, name))

"""What README, pyproject.toml, package.json and the workflows say of versions is what is run."""

from __future__ import annotations

import json
import re

import pytest
import yaml

from tests.versions.conftest import PROJECT
from tests.versions.test_front_ends import JUPYTERLAB, NOTEBOOK
from tests.versions.test_versions import BOTO, OPENEO, PYTHONS
from tests.wheel.environment import ROOT

README = (ROOT / "README.md").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
JOBS = yaml.safe_load((ROOT / ".github/workflows/versions.yml").read_text("utf-8"))["jobs"]
PACKAGE = json.loads((ROOT / "package.json").read_text("utf-8"))


def _minor(version: str) -> str:
    """Return a version without its patch."""
    return ".".join(version.split(".")[:2])


def _allowed(name: str, requirements: list[str]) -> str:
    """Return the lower bound of a requirement."""
    (bound,) = {
        each.split(">=")[1].split(",")[0] for each in requirements if each.startswith(f"{name}>=")
    }
    return bound


@pytest.mark.parametrize(
    ("row", "run"),
    [
        ("Python", PYTHONS),
        ("JupyterLab", JUPYTERLAB),
        ("Jupyter Notebook", NOTEBOOK),
        ("openEO client (`openeo`)", [_minor(each) for each in OPENEO]),
        ("boto3", [_minor(each) for each in BOTO]),
    ],
)
def test_the_readme_names_the_versions_that_are_run(row: str, run: list[str]):
    # Given a row of the table "Works with"
    (said,) = re.findall(rf"^\| {re.escape(row)} \| (.*) \|$", README, re.MULTILINE)

    # Then
    assert re.findall(r"\d+\.\d+", said) == list(run)


def test_the_classifiers_and_the_bound_name_the_pythons_that_are_run():
    named = [re.search(r":: (3\.\d+)$", each) for each in PROJECT["classifiers"]]
    assert [each[1] for each in named if each] == list(PYTHONS)
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"


def test_the_lower_bounds_are_the_oldest_that_are_run():
    assert _allowed("openeo", PROJECT["dependencies"]) == _minor(OPENEO[0])
    assert _allowed("boto3", PROJECT["dependencies"]) == _minor(BOTO[0])
    shared = PACKAGE["jupyterlab"]["sharedPackages"]["@jupyterlab/application"]
    assert shared["requiredVersion"] == f"^{JUPYTERLAB[0]}.0"
    assert PACKAGE["dependencies"]["@jupyterlab/application"] == shared["requiredVersion"]


def test_the_demo_opens_the_newest_front_ends_that_are_run():
    demo = PROJECT["optional-dependencies"]["demo"]
    assert _allowed("jupyterlab", demo) == JUPYTERLAB[-1]
    assert _allowed("notebook", demo) == NOTEBOOK[-1]


def test_the_workflow_runs_each_target_of_the_makefile():
    # Given
    (targets,) = re.findall(r"^VERSIONS := (.*)$", MAKEFILE, re.MULTILINE)

    # Then
    assert JOBS["versions"]["strategy"]["matrix"]["part"] == targets.split()
    assert set(JUPYTERLAB) <= set(JOBS["jupyterlab"]["strategy"]["matrix"]["version"])
    (command,) = [each["run"] for each in JOBS["jupyterlab"]["steps"] if "run" in each]
    assert command == "make test-jupyterlab VERSION=${{ matrix.version }}"

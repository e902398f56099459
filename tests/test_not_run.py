"""A test that was skipped is counted, and its reason said, where Ceph cannot be had for one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.debian_packages import DebianPackages, PackagesMissing

ROOT = Path(__file__).parents[1]


def test_skips_are_counted_and_their_reason_is_said(tmp_path: Path) -> None:
    # Given
    (tmp_path / "test_some.py").write_text(
        "import pytest\n"
        "@pytest.mark.parametrize('n', [1, 2, 3])\n"
        "def test_n(n):\n    pytest.skip('no Ceph: there is no apt-get here')\n"
        "def test_m():\n    pass\n"
    )
    # When
    run = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "tests.not_run"),
            *("-p", "no:cacheprovider", "--rootdir", str(tmp_path), "test_some.py"),
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    # Then
    assert "3 not run" in run.stdout
    assert "3 tests were not run: no Ceph: there is no apt-get here\n" in run.stdout


@pytest.mark.parametrize("there_is", [[], ["apt-get"]])
def test_a_machine_without_debians_tools_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there_is: list[str]
) -> None:
    # Given
    packages = DebianPackages("Ceph", ("ceph-mon",), tmp_path / "cache")
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in there_is:
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o700)
    # When / Then
    with pytest.raises(PackagesMissing, match="there is no"):
        packages.unpacked()


def test_packages_that_cannot_be_had_are_told_with_apts_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: tools that fail like apt-get without a network
    packages = DebianPackages("Ceph", ("ceph-mon",), tmp_path / "cache")
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("apt-get", "dpkg"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'E: Unable to locate ceph-mon' >&2\nexit 100")
        (tmp_path / name).chmod(0o700)
    # When / Then
    with pytest.raises(PackagesMissing, match="Unable to locate ceph-mon"):
        packages.unpacked()
    assert not (tmp_path / "cache/root").exists()

"""The command line as a whole."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version
from types import SimpleNamespace

import pytest

from jupyter_openeo_artifacts.cli import main as module
from jupyter_openeo_artifacts.demo.exceptions import DataFolderUnusable


def raising(error):
    def run(_):
        raise error

    return run


def command(monkeypatch, run):
    """Make one command, `act`, that does `run`."""
    act = SimpleNamespace(add_act=lambda them: them.add_parser("act").set_defaults(run=run))
    monkeypatch.setattr(module, "COMMANDS", {"act": "act"})
    monkeypatch.setattr(module, "import_module", lambda _: act)


def test_an_error_of_ours_is_one_sentence_and_status_1(monkeypatch, capsys):
    command(monkeypatch, raising(DataFolderUnusable("It is full.", todo="Take another.")))
    assert module.main(["act"]) == 1
    assert capsys.readouterr().err == "It is full. Take another.\n"


def test_ctrl_c_is_status_130(monkeypatch):
    command(monkeypatch, raising(KeyboardInterrupt()))
    assert module.main(["act"]) == 130


def test_the_commands_own_status_is_handed_on(monkeypatch):
    command(monkeypatch, lambda _: 7)
    assert module.main(["act"]) == 7


def test_every_command_is_in_the_help(capsys):
    with pytest.raises(SystemExit):
        module.main(["--help"])
    told = capsys.readouterr().out
    for name in module.COMMANDS:
        assert f"\n    {name} " in told


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit) as ended:
        module.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.strip() == version("jupyter-openeo-artifacts")


def test_a_named_command_loads_no_other():
    # When, in a fresh process
    code = (
        "import sys\n"
        "from jupyter_openeo_artifacts.cli.main import main\n"
        "try: main(['demo', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in "
        "('boto3', 'openeo', 'flask') or name.startswith('jupyter_openeo_artifacts.staging')))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    # Then
    assert told.stdout.splitlines()[-1] == "[]"

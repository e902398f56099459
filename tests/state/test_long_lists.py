"""A list of 100 000 staged files costs what is looked at of it, wherever it is shown."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from jupyter_openeo_artifacts.cli.main import main
from jupyter_openeo_artifacts.notebook.magic import register
from jupyter_openeo_artifacts.state.ledger import Ledger
from tests.state.test_ledger_index import MANY, counted, fill, record

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 50
MORE = f"up to {MANY + 1 - ROWS:,} older ones"


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a state folder with 100 000 records of three days ago, and one of now."""
    home = tmp_path_factory.mktemp("many")
    (home / "artifacts").mkdir(mode=0o700)
    fill(home / "artifacts", MANY, datetime.now(timezone.utc) - timedelta(days=3))
    Ledger(home / "artifacts").add(record())
    return home


@pytest.fixture
def shell(many: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_HOME", str(many))
    made = InteractiveShell()
    register(made)
    return made


def artifacts(shell: Any, line: str = "") -> Any:
    return shell.run_line_magic("artifacts", line)


def test_the_magic_reads_what_it_shows(shell: Any) -> None:
    # When
    artifacts(shell)[0]  # what is loaded at first use is loaded
    with counted() as seen:
        table = artifacts(shell)
        shown, html = repr(table), table._repr_html_()
        first, some = table[0], table[:60]
    # Then
    assert shown.splitlines()[-1] == f"… and {MORE}; %artifacts --all shows them."
    assert MORE in html
    assert len(shown.splitlines()) == ROWS + 2
    assert first.name == "fields.parquet"
    assert [each.name for each in some] == ["fields.parquet"] + ["other.bin"] * 59
    assert seen["open"] <= 61
    assert seen["os.scandir"] <= 1


def test_the_magic_looks_for_a_text_among_the_newest_unless_all_are_asked_for(shell: Any) -> None:
    # When
    with counted() as seen:
        found, nothing = artifacts(shell, "FIELDS"), artifacts(shell, "nowhere")
        shown, empty = repr(found), repr(nothing)
    # Then
    assert [each.name for each in found] == ["fields.parquet"]
    assert "older" not in shown
    assert empty == (
        "Nothing has 'nowhere' in its name among the newest 1,000; %artifacts --all nowhere looks"
        " at all."
    )
    assert seen["open"] <= 2 * 1000 + 2
    # When
    table = artifacts(shell, "--all OTHER")
    # Then: an index from the beginning still costs what it needs
    with counted() as seen:
        assert table[1999].name == "other.bin"
    assert seen["open"] <= 2001


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize(
    ("words", "rows"), [([], ROWS), (["--limit", "7"], 7), (["--json", "--limit", "7"], 7)]
)
def test_the_command_line_reads_what_it_prints(
    words: list[str], rows: int, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    main(["list", "--limit", "1"])  # what is loaded at first use is loaded
    capsys.readouterr()
    # When
    with counted() as seen:
        status = main(["list", *words])
    # Then
    told = capsys.readouterr()
    lines = told.out.splitlines()[0 if "--json" in words else 1 :]
    assert (status, len(lines)) == (0, rows)
    assert "fields.parquet" in lines[0]
    assert seen["open"] <= rows + 5
    older = f"… and up to {MANY + 1 - rows:,} older ones; --all or --limit N shows them.\n"
    assert told.err == ("" if "--json" in words else older)


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize("words", [["--all"], ["--all", "--json"], ["--json"]])
def test_all_of_them_come_as_they_are_read(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a reader that has had enough after the first lines
    class Pipe:
        lines = 0

        def write(self, text: str) -> int:
            self.lines += text.count("\n")
            if self.lines > 3:
                raise BrokenPipeError
            return len(text)

        def flush(self) -> None:
            pass

        def fileno(self) -> int:
            raise OSError

    monkeypatch.setattr("sys.stdout", Pipe())
    # When
    with counted() as seen:
        status = main(["list", *words])
    # Then
    assert status == 141
    assert seen["open"] <= 210


@pytest.mark.parametrize("number", ["0", "-1", "many"])
def test_a_limit_is_a_number(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["list", "--limit", number])
    assert "is not a number from 1 on" in capsys.readouterr().err

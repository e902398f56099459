"""The texts for cells: what runs, what it means, and that the names differ."""

from __future__ import annotations

import builtins
import csv
import io
import keyword
import re
import subprocess
import sys
import types
import unicodedata
from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL
from jupyter_openeo_artifacts.formatting import visible
from jupyter_openeo_artifacts.service import snippets
from jupyter_openeo_artifacts.service.exceptions import RequestInvalid
from jupyter_openeo_artifacts.service.snippets import Item, write
from jupyter_openeo_artifacts.service.syntax import escape_markdown, identifier, markdown_code

UNTIL = datetime(2026, 11, 23, 1, 14, tzinfo=timezone.utc)
BACKEND = "https://openeo.example"
FORMS: tuple[snippets.Form, ...] = ("reference", "uri", "link")
NAMES = [
    "fields_2026.parquet",
    "fields_2026.tif",  # another file of the same stem
    "my file.tif",
    'it\'s "quoted".tif',
    "two\nlines\r\n.tif",
    "field 😀 👩‍🌾.tif",
    "<img src=x onerror=alert(1)>.tif",
    "../x",
    "c:\\temp\\new\\u0041.tif",
    "a\u2028b\u2029c\u0085d.tif",
    "a\x1b[31m.tif",
    "a\u202egpj.\u2066b\u2069\u200f.tif",
    "tags \U000e0041\U0001d173.tif",
    '"); import os; os.system("x") #',
    "{name!r} %s {{x}} $HOME $(id) `id`",
    "поля.gpkg",
    "class",
    "presigned.csv",
    "print",
    "2026-05.nc",
    "Straße Ångström.tar.gz",
    ".hidden",
    "-",
    "x" * 255,
]
"""Names that break whoever pastes them."""
LIVE = [
    "$(echo RUN >&2).tif",
    "`echo RUN`.tif",
    "it's $(echo RUN) #\u200b.tif",
    "@{[`echo RUN`]}.tif",
    "[exec echo RUN].tif",
    "#{puts 1}.tif",
    "{name}.tif",
    "!!.tif",
]
"""Names that some shell or language would run in a string of its own."""


def url(name: str) -> str:
    return f"https://s3.example/b/{name}?X-Amz-Security-Token={'a%2F' * 300}&X-Amz-Signature=f"


def item(name: str) -> Item:
    link = PresignedURL(url(name), UNTIL, UNTIL, UNTIL, UNTIL)
    return Item(name, f"s3://bucket/key/{name}", BACKEND, link)


def meant(name: str, form: snippets.Form) -> Any:
    """Return the value that a line of Python is to have, with `presigned_url` as below."""
    uri = f"s3://bucket/key/{name}"
    return {"reference": (uri, BACKEND), "uri": uri, "link": url(name)}[form]


@pytest.fixture(autouse=True)
def signed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what the lines import tell what it is called with."""
    fake: Any = types.ModuleType("jupyter_openeo_artifacts")
    fake.presigned_url = lambda uri, *, backend: (uri, backend)
    monkeypatch.setitem(sys.modules, "jupyter_openeo_artifacts", fake)


class Notebook:
    """Cells, filled as the page fills them."""

    def __init__(self) -> None:
        self.cells: list[str] = []

    def insert(self, items: list[Item], form: snippets.Form, **more: Any) -> snippets.Snippet:
        all_cells = "\n".join(self.cells)
        taken = set(re.findall(r"[A-Za-z_]\w*", all_cells, re.ASCII))
        imported = snippets.IMPORT in all_cells
        made = write(items, form, "python", taken=taken, imported=imported, **more)
        self.cells.append("\n".join(filter(None, [made.import_line, made.text])))
        return made

    def run(self) -> dict[str, Any]:
        scope: dict[str, Any] = {}
        for cell in self.cells:
            exec(compile(cell, "cell", "exec"), scope)
        return scope


def test_all_forms_of_many_artifacts_run_together_in_one_notebook() -> None:
    # Given / When
    notebook = Notebook()
    made = {
        (notebook.insert([item(name)], form).assigns, name, form)
        for name in NAMES
        for form in FORMS
    }
    scope = notebook.run()
    # Then
    names = [name for (name,), _, _ in made]
    assert len(set(names)) == len(NAMES) * len(FORMS)
    for (variable,), name, form in made:
        assert scope[variable] == meant(name, form), variable
    assert "\n".join(notebook.cells).count("import presigned_url") == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(min_size=1, max_size=30), st.sampled_from(FORMS)), min_size=20))
def test_whatever_files_are_called_the_lines_run_together(
    wanted: list[tuple[str, snippets.Form]],
) -> None:
    # Given / When
    notebook = Notebook()
    made = [notebook.insert([item(name)], form).assigns for name, form in wanted]
    scope = notebook.run()
    # Then
    assert len(set(made)) == len(wanted)
    for (variable,), (name, form) in zip(made, wanted, strict=True):
        assert scope[variable] == meant(name, form)


@given(st.text(max_size=40), st.sets(st.text("abc_url2", max_size=8)))
def test_a_name_is_valid_and_new_and_hides_nothing(file: str, taken: set[str]) -> None:
    before = {*taken}
    name = identifier(file, "url", taken).name
    assert name.isidentifier()
    assert re.fullmatch("[a-z][a-z0-9_]{0,63}", name)
    assert not keyword.iskeyword(name)
    assert not hasattr(builtins, name)
    assert name not in before | {"presigned_url"}
    assert name in taken


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("fields_2026.parquet", "fields_2026_url"),
        ("Fields 2026 (final).gpkg", "fields_2026_final_url"),
        ("orchards.tar.gz", "orchards_url"),
        ("orchards.shp.zip", "orchards_url"),
        ("scene.v2.zip", "scene_v2_url"),
        ("2026-05.nc", "file_2026_05_url"),
        ("Straße Ångström.tif", "strasse_angstrom_url"),
        ("поля.gpkg", "file_url"),
        (".hidden", "hidden_url"),
        ("presigned.tif", "presigned_url_2"),
        ("x" * 255, f"{'x' * 40}_url"),
    ],
)
def test_a_name_is_made_of_the_files(file: str, name: str) -> None:
    assert identifier(file, "url", set()).name == name


def test_a_name_in_use_gets_a_number() -> None:
    taken = {"fields_url", "fields_url_2"}
    made = write([item("fields.parquet")], "reference", "python", taken=taken)
    assert made.assigns == ("fields_url_3",)


def test_the_import_stands_once_in_a_notebook() -> None:
    first = write([item("a.tif")], "reference", "python")
    second = write([item("a.tif")], "reference", "python", imported=True)
    assert first.import_line == "from jupyter_openeo_artifacts import presigned_url"
    assert (
        first.text
        == 'a_url = presigned_url("s3://bucket/key/a.tif", backend="https://openeo.example")'
    )
    assert (second.import_line, second.text) == (None, first.text)
    for form in ("uri", "link"):
        assert write([item("a.tif")], form, "python").import_line is None


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", NAMES)
def test_an_expression_stands_in_the_middle_of_a_line(name: str, form: snippets.Form) -> None:
    # When
    made = write([item(name)], form, "python", place="expression")
    # Then
    assert "\n" not in made.text
    assert made.assigns == ()
    scope: dict[str, Any] = {}
    exec(f"{made.import_line or ''}\nfound = dict(a=[{made.text}, 1])", scope)
    assert scope["found"] == {"a": [meant(name, form), 1]}
    end = len(made.text.encode("utf-16-le")) // 2
    assert made.cursor == (end, end)


def test_a_long_link_stays_within_the_width_and_its_name_in_sight() -> None:
    made = write([item("a.tif")], "link", "python", utc_offset=60)
    lines = made.text.split("\n")
    assert lines[0] == "a_url = (  # works until 2026-11-23 02:14 UTC+01:00"
    assert max(map(len, lines)) <= 88
    assert made.cursor == (0, 0)
    short = Item("a", "s3://b/a", BACKEND, PresignedURL("https://x/a", UNTIL, UNTIL, UNTIL, UNTIL))
    told = write([short], "link", "python").text
    assert told == 'a_url = "https://x/a"  # works until 2026-11-23 01:14 UTC'


def test_a_name_that_says_nothing_is_selected() -> None:
    assert write([item("поля.gpkg")], "link", "python").cursor == (0, len("file_url"))


@pytest.mark.parametrize("place", ["statement", "expression"])
@pytest.mark.parametrize("form", FORMS)
def test_several_are_one_dict_by_their_names(form: snippets.Form, place: snippets.Place) -> None:
    # Given
    names = [*NAMES, "fields_2026.parquet"]
    # When
    made = write([item(each) for each in names], form, "python", place=place, taken={"artifacts"})
    # Then
    scope: dict[str, Any] = {}
    text = made.text if made.assigns else f"artifacts_2 = {made.text}"
    exec(f"{made.import_line or ''}\n{text}", scope)
    assert list(scope["artifacts_2"]) == [*NAMES, "fields_2026.parquet (2)"]
    assert [*scope["artifacts_2"].values()] == [meant(each, form) for each in names]
    assert made.assigns == (() if place == "expression" else ("artifacts_2",))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=20, max_size=20), st.sampled_from(FORMS))
def test_twenty_of_any_name_are_one_dict_that_runs(names: list[str], form: snippets.Form) -> None:
    # When
    notebook = Notebook()
    made = notebook.insert([item(each) for each in names], form)
    # Then
    found = notebook.run()[made.assigns[0]]
    assert [*found.values()] == [meant(each, form) for each in names]
    assert all(key.startswith(each) for key, each in zip(found, names, strict=True))


@pytest.mark.parametrize("form", ["uri", "link"])
def test_a_table_reads_as_it_was_written(form: snippets.Form) -> None:
    text = write([item(name) for name in NAMES], form, "csv").text
    rows = [*csv.reader(io.StringIO(text, newline=""))]
    until = {"uri": [], "link": ["valid_until"]}[form]
    assert rows[0] == ["name", form, *until]
    assert [row[:2] for row in rows[1:]] == [[name, meant(name, form)] for name in NAMES]
    assert all(row[2:] == ["2026-11-23T01:14:00+00:00"] * len(until) for row in rows[1:])


@pytest.mark.parametrize(
    ("name", "language"),
    [
        *((each, language) for each in [*NAMES, *LIVE] for language in ("bash", "sh")),
    ],
)
def test_a_shell_reads_what_was_written(name: str, language: str) -> None:
    # Given
    made = write([item(name)], "uri", language)
    # When
    script = f'{made.text}\nprintf %s "${made.assigns[0]}"'
    found = subprocess.run([language, "-c", script], capture_output=True, check=True, timeout=60)
    # Then
    assert found.stdout.decode() == f"s3://bucket/key/{name}"
    assert re.fullmatch("[A-Z][A-Z0-9_]*_URI", made.assigns[0])


def test_lines_of_other_languages() -> None:
    several = [item("a $x.tif"), item("b.tif")]
    one = several[:1]
    uri = "s3://bucket/key/a $x.tif"
    assert write(one, "uri", "R").text == f'a_x_uri <- "{uri}"'
    assert write(one, "uri", "julia").text == 'a_x_uri = "s3://bucket/key/a \\$x.tif"'
    assert write(one, "uri", "bash").text == f"A_X_URI='{uri}'"
    assert write(several[1:], "uri", "scala").text == '"s3://bucket/key/b.tif"'
    assert write(one, "uri", "markdown").text == f"`{uri}`"
    assert write(one, "uri", "raw").text == uri
    assert write(one, "link", "raw").text == url("a $x.tif")
    assert write(several, "uri", "r").text == (
        'artifacts <- list(\n    "a $x.tif" = "s3://bucket/key/a $x.tif",\n'
        '    "b.tif" = "s3://bucket/key/b.tif"\n)'
    )
    assert write(several, "uri", "julia").text.startswith('artifacts = Dict(\n    "a \\$x.tif" => ')
    assert write(several, "uri", "sh").assigns == ("A_X_URI", "B_URI")
    quoted = ("'s3://bucket/key/a $x.tif'", "'s3://bucket/key/b.tif'")
    assert write(several, "uri", "sh", place="expression").text == " ".join(quoted)
    assert write(one, "link", "bash").text.endswith("'  # works until 2026-11-23 01:14 UTC")
    assert "#" not in write(one, "link", "zsh").text


@pytest.mark.parametrize("name", LIVE)
@pytest.mark.parametrize("language", ["shell-line", "perl", "ruby", "powershell"])
def test_a_name_that_could_run_is_refused_where_nobody_knows_the_language(
    name: str, language: str
) -> None:
    with pytest.raises(RequestInvalid, match="could be run"):
        write([item(name)], "uri", language, place="expression")
    assert write([item("a b.tif")], "uri", language).text == '"s3://bucket/key/a b.tif"'


@pytest.mark.parametrize("language", ["r", "julia", "bash", "scala", "markdown", "raw"])
def test_only_python_has_references(language: str) -> None:
    with pytest.raises(RequestInvalid):
        write([item("a")], "reference", language)


@pytest.mark.parametrize("name", NAMES)
def test_code_reads_as_it_runs(name: str) -> None:
    for language in ("python", "r", "julia", "bash"):
        text = write([item(name)], "uri", language).text
        unseen = [each for each in text if unicodedata.category(each) in {"Cc", "Cf", "Zl", "Zp"}]
        assert not unseen, language


@pytest.mark.parametrize("name", NAMES)
def test_markdown_shows_a_name_on_one_line(name: str) -> None:
    escaped = escape_markdown(name)
    assert len(escaped.splitlines()) <= 1
    # Every character that could start markup, HTML or a formula stands behind a backslash.
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", escaped)
    assert not re.search(r"""[\\`*_{}\[\]()<>#+.!|~$&:@/"'-]""", bare)
    assert re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escaped) == re.sub(r"\s+", " ", visible(name))


@pytest.mark.parametrize(
    ("text", "code"),
    [("s3://b/k", "`s3://b/k`"), ("s3://b/`k`", "`` s3://b/`k` ``"), ("a\nb", "`a b`")],
)
def test_code_in_markdown_is_fenced(text: str, code: str) -> None:
    assert markdown_code(text) == code


def test_no_link_gets_out_of_its_brackets() -> None:
    def linked(address: str) -> str:
        link = PresignedURL(address, UNTIL, UNTIL, UNTIL, UNTIL)
        return write([Item("a.tif", "s3://b/a", BACKEND, link)], "link", "markdown").text

    plain = "https://s3.example/b/k?X-Amz-Signature=a%2Fb&x=1"
    assert linked(plain) == f"[a\\.tif](<{plain}>)"
    assert linked("https://x/> <img>") == "[a\\.tif](<https://x/%3E%20%3Cimg%3E>)"


def test_a_link_is_in_no_repr() -> None:
    made = write([item("a.tif")], "link", "python")
    assert "X-Amz" not in repr(made) + repr(item("a.tif"))

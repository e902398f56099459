"""The line behind %artifact_upload."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from IPython.core.error import UsageError

from jupyter_openeo_artifacts.notebook.arguments import UploadArguments, asks_for_help


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a.parquet", UploadArguments(Path("a.parquet"))),
        ('"my fields.parquet"', UploadArguments(Path("my fields.parquet"))),
        ("'it''s.tif'", UploadArguments(Path("its.tif"))),
        ('"it\'s.tif"', UploadArguments(Path("it's.tif"))),
        ("a#b.tif", UploadArguments(Path("a#b.tif"))),
        ("-- --name", UploadArguments(Path("--name"))),
        (
            'data/a.tif --name "b c.tif" --expires 2d --connection eu --as result',
            UploadArguments(Path("data/a.tif"), "b c.tif", 172_800, "eu", "result"),
        ),
        ("--name=-x a.tif", UploadArguments(Path("a.tif"), "-x")),
        ("a.tif --new", UploadArguments(Path("a.tif"), new=True)),
    ],
)
def test_a_line_is_read_as_a_shell_would(line, expected):
    assert UploadArguments.from_line(line) == expected


@pytest.mark.skipif(os.name == "nt", reason="a backslash stands between folders there")
def test_a_backslash_keeps_a_space():
    assert UploadArguments.from_line(r"my\ fields.tif").path == Path("my fields.tif")


def test_a_tilde_is_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert UploadArguments.from_line("~/a.tif").path == tmp_path / "a.tif"
    assert UploadArguments.from_line("'~/a b.tif'").path == tmp_path / "a b.tif"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "required: PATH"),
        ("a.tif b.tif", "unrecognized arguments: b.tif"),
        ('"a.tif', "A quote is not closed"),
        ('""', "that is no path"),
        ("a.tif --expires 2", "90m, 6h, 2d or 1w"),
        ("a.tif --as 1x", "'1x' cannot be the name of a variable"),
        ("a.tif --as class", "'class' cannot be the name of a variable"),
        ("a.tif --connection a.b", "'a.b' cannot be the name of a variable"),
        ("a.tif --nam b", "unrecognized arguments"),
        ("a.tif --help", "unrecognized arguments"),
    ],
)
def test_a_line_that_is_not_understood_is_answered_with_the_usage(line, said):
    with pytest.raises(UsageError, match="Usage: %artifact_upload PATH") as caught:
        UploadArguments.from_line(line)
    assert said in str(caught.value)


VALUES = {
    "path": "a b.csv",
    "quoted": 'it\'s "so".csv',
    "braces": "{path} $path # ; \\.csv",
    "file": Path("run 1") / "ünï 😀.tif",
    "paths": {"a b": "c d.tif"},
    "n": 7,
    "option": "--new",
}


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("{path}", "a b.csv"),
        ('"{path}"', "a b.csv"),
        ("'{path}'", "a b.csv"),
        ("$path", "a b.csv"),
        ('"$path"', "a b.csv"),
        ("'$path'", "$path"),
        ("{quoted}", 'it\'s "so".csv'),
        ("{braces}", "{path} $path # ; \\.csv"),
        ("data/{path}", "data/a b.csv"),
        ("{file}", str(Path("run 1") / "ünï 😀.tif")),
        ("{file.name}", "ünï 😀.tif"),
        ('{paths["a b"]}', "c d.tif"),
        ("{n}_{n}.tif", "7_7.tif"),
        ("{path.replace(' ', '_')}", "a_b.csv"),
        ("{nothing}.csv", "{nothing}.csv"),
        ("$nothing.csv", "$nothing.csv"),
        ("a$.csv", "a$.csv"),
        ("a{.csv", "a{.csv"),
        ("-- {option}", "--new"),
        ("f.csv;", "f.csv"),
        ("f.csv ;", "f.csv"),
        ("{path};  # hush", "a b.csv"),
        ("f.csv # the fields of 2026; 'all'", "f.csv"),
        ("f.csv #done", "f.csv"),
        ("a#b;c.csv", "a#b;c.csv"),
        ("'a #b.csv;'", "a #b.csv;"),
    ],
)
def test_a_value_is_one_word_and_a_hushed_line_is_the_same_line(line, path):
    found = UploadArguments.from_line(f"{line}", VALUES)
    assert found == UploadArguments(Path(path))


def test_options_take_values_too():
    found = UploadArguments.from_line("{path} --name {file.name} --as out{n} --new;", VALUES)
    assert found == UploadArguments(Path("a b.csv"), "ünï 😀.tif", variable="out7", new=True)


@pytest.mark.parametrize(
    ("line", "asked"),
    [("--help", True), ("a.txt -h", True), ("-- --help", False), ("a-help", False), ("", False)],
)
def test_help_is_asked_for_by_an_option(line, asked):
    assert asks_for_help(line) is asked

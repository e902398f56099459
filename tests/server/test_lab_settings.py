"""What the panel's settings promise: shortcuts that are free, and an administrator's word."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from jupyterlab.commands import get_app_dir
from jupyterlab_server.settings_utils import get_settings
from jupyterlab_server.translation_utils import get_installed_packages_locale

ROOT = Path(__file__).parents[2]
OURS = "jupyter-openeo-artifacts:settings"
PLATFORMS = ("keys", "winKeys", "linuxKeys", "macKeys")


def shortcuts(schema: Path) -> list[dict[str, Any]]:
    """Read the default shortcuts of a settings schema."""
    return json.loads(schema.read_text(encoding="utf-8")).get("jupyter.lab.shortcuts", [])


def sequences(schema: Path) -> set[tuple[str, ...]]:
    """Read the key sequences of a settings schema, for any platform."""
    return {
        tuple(shortcut[name])
        for shortcut in shortcuts(schema)
        for name in PLATFORMS
        if any(shortcut.get(name, []))
    }


def test_our_shortcuts_take_none_of_jupyterlab() -> None:
    # Given
    ours = sequences(ROOT / "schema" / "settings.json")
    theirs = {
        keys
        for schema in Path(get_app_dir(), "schemas").glob("@jupyterlab/*/*.json")
        for keys in sequences(schema)
    }
    assert ours
    assert ("Accel S",) in theirs
    # Then neither begins with the other: the longer one would never be heard, or late
    collisions = {
        (mine, other)
        for mine in ours
        for other in theirs
        if mine[: len(other)] == other or other[: len(mine)] == mine
    }
    assert collisions == set()


def test_each_shortcut_is_of_a_command_that_there_is() -> None:
    known = (ROOT / "src" / "app" / "commands.ts").read_text(encoding="utf-8")
    for shortcut in shortcuts(ROOT / "schema" / "settings.json"):
        verb = shortcut["command"].removeprefix("jupyter-openeo-artifacts:")
        assert f"id('{verb}')" in known


@pytest.mark.parametrize("name", ["notifications", "dropStrip"])
def test_an_administrator_can_switch_it_off_for_all(tmp_path: Path, name: str) -> None:
    # Given our extension, as it is installed
    extension = tmp_path / "labextensions" / "jupyter-openeo-artifacts"
    schemas = extension / "schemas" / "jupyter-openeo-artifacts"
    schemas.mkdir(parents=True)
    shutil.copy(ROOT / "schema" / "settings.json", schemas)
    shutil.copy(ROOT / "package.json", extension)
    # When a person's page asks for the settings, with what is in overrides.json
    answer, _warnings = get_settings(
        str(tmp_path / "settings"),
        str(tmp_path / "schemas"),
        str(tmp_path / "user-settings"),
        schema_name=OURS,
        labextensions_path=[str(tmp_path / "labextensions")],
        overrides={OURS: {name: False}},
    )
    # Then that is the default that it gets
    told = answer["schema"]["properties"][name]
    assert (told["type"], told["default"]) == ("boolean", False)


def test_the_guide_for_administrators_has_each_setting_with_its_default() -> None:
    # Given
    schema = json.loads((ROOT / "schema" / "settings.json").read_text(encoding="utf-8"))
    guide = (ROOT / "docs" / "admin.md").read_text(encoding="utf-8")
    # Then
    for name, told in schema["properties"].items():
        assert f"| `{name}` | `{json.dumps(told['default'])}` |" in guide, name
        assert told["title"], name
        assert told["description"], name


@pytest.mark.parametrize("language", ["de_DE", "fr_FR"])
def test_jupyterlab_finds_our_catalogue(language: str) -> None:
    # Given the package, as it is installed
    found, message = get_installed_packages_locale(language)
    # Then
    assert message.strip() == ""
    catalogue = found["jupyter_openeo_artifacts"]
    assert catalogue[""]["language"] == language.replace("_", "-")
    assert catalogue["Copy link"] != ["Copy link"]

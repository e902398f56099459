"""Every Python, magic and shell block of README and docs runs, against the demo."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from jupyter_openeo_artifacts.demo.example_folder import lay_out
from tests.docs.blocks import PAGES, ROOT, RUN, blocks

PLACES = ("openeo.example.org", "openeo.dataspace.copernicus.eu")
"""Addresses of backends in the docs; the demo stands in for each."""
COMMAND = re.compile(r"^ {4}(?:\$ )?(?:pip|make|jupyter|git|export|npm|python|curl) ", re.MULTILINE)


def names(page):
    return str(page.relative_to(ROOT))


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if any(each.language in RUN for each in blocks(page))],
    ids=names,
)
def test_blocks_of_a_page_run(page, provider, tmp_path, own_home):
    # Given the demo's files, an account that needs nobody, and a notebook's folder
    lay_out(tmp_path, provider.backend)
    run = [each for each in blocks(page) if each.language in RUN and each.reason is None]
    code = json.dumps([(each.language, each.code) for each in run])
    for place in PLACES:
        code = re.sub(rf"(https?://)?\b{re.escape(place)}\b", provider.backend, code)
    (tmp_path / "blocks.json").write_text(code)
    account = {
        "OPENEO_AUTH_METHOD": "client_credentials",
        "OPENEO_AUTH_CLIENT_ID": provider.service.client_id,
        "OPENEO_AUTH_CLIENT_SECRET": provider.service.secret,
        "JUPYTER_OPENEO_ARTIFACTS_BACKENDS": provider.backend,
        "JUPYTER_CONFIG_DIR": str(own_home / "jupyter"),
        "IPYTHONDIR": str(own_home / "ipython"),
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }

    # When
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("play.py")), "blocks.json"],
        cwd=tmp_path,
        env=os.environ | account,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    # Then
    reached = [int(each) for each in re.findall(r"^block (\d+)$", done.stdout, re.MULTILINE)]
    place = run[reached[-1]].place if reached else names(page)
    assert done.returncode == 0, f"{place}:\n{done.stdout[-6000:]}"
    assert len(reached) == len(run)


def test_what_is_not_run_says_why(record_property):
    # Given
    left_out = [each for page in PAGES for each in blocks(page) if each.reason is not None]

    # Then each is of a language that would be run; and the list is shown
    assert {each.language for each in left_out} <= set(RUN)
    listed = "\n".join(f"{each.place}: {each.reason}" for each in left_out)
    record_property("not run", listed)
    sys.stdout.write(listed)


def test_commands_stand_in_fenced_blocks():
    for page in PAGES:
        text = page.read_text("utf-8")
        found = COMMAND.search(re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
        assert found is None, f"{names(page)}: {found.group()} stands in no ```sh block"


def test_each_link_to_a_page_leads_somewhere():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            assert (page.parent / target).exists(), f"{names(page)}: {target}"

"""A certified OpenID provider (npm `oidc-provider`), and a person at its pages.

Take the fixture `oidc` by importing it in a conftest: it runs once for the whole run. Its
packages are installed under `.make/` at first use.
"""

from __future__ import annotations

import html
import re
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest
import requests

from tests.servers.npm_packages import install

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).with_name("oidc")
TIMEOUT = 10


@dataclass(frozen=True)
class OpenIDProvider:
    """A running provider.

    Its clients: `openeo-device`; `openeo-brief`, whose access tokens last 2 s; `openeo-hasty`,
    whose codes last 2 s; `openeo-slow`, whose access tokens last 2 s and whose renewals take 0.5 s;
    `openeo-service`, with a secret.
    """

    issuer: str

    def approve(self, page: str, user: str = "alice") -> None:
        """Enter the code of `page` (the complete address), sign in as `user`, and consent."""
        with requests.Session() as browser:
            answer = browser.get(page, timeout=TIMEOUT)
            for _ in range(8):
                action, fields = _form(answer)
                if not action:
                    break
                if "login" in fields:
                    fields |= {"login": user, "password": "any"}
                answer = browser.post(action, data=fields, timeout=TIMEOUT)
        assert answer.ok, answer.text
        assert "success" in answer.text.lower(), answer.text

    def deny(self, page: str) -> None:
        """Say no on the page of a code."""
        with requests.Session() as browser:
            action, fields = _form(browser.get(page, timeout=TIMEOUT))
            browser.post(action, data=fields | {"abort": "yes"}, timeout=TIMEOUT)


@pytest.fixture(scope="session")
def oidc() -> Iterator[OpenIDProvider]:
    """Yield a running provider."""
    with running() as provider:
        yield provider


@contextmanager
def running() -> Iterator[OpenIDProvider]:
    """Run a provider of its own."""
    folder = install(SOURCE)
    process = subprocess.Popen(
        ["node", str(folder / "op.mjs")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout
        issuer = process.stdout.readline().strip()
        assert issuer, "the OpenID provider did not start; is Node 20 or newer installed?"
        yield OpenIDProvider(issuer)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _form(answer: requests.Response) -> tuple[str, dict[str, str]]:
    """Return where the first form of a page goes and what is filled in, as a browser reads it."""
    found = re.search(r'<form[^>]*action="([^"]+)"[^>]*>(.*?)</form>', answer.text, re.DOTALL)
    if not found:
        return "", {}
    fields = {}
    for tag in re.findall(r"<input[^>]+>", found.group(2)):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if name:
            fields[name.group(1)] = html.unescape(value.group(1)) if value else ""
    return urljoin(answer.url, html.unescape(found.group(1))), fields

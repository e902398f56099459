"""Sign in on the approval page as a person would, over HTTP: for scripts and tests."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from jupyter_openeo_artifacts.demo.exceptions import ApprovalFailed

if TYPE_CHECKING:
    import requests

    from jupyter_openeo_artifacts.demo.users import DemoUser

_TIMEOUT = 10  # seconds


def approve(address: str, user: DemoUser, *, deny: bool = False) -> None:
    """Answer a sign-in request as `user`.

    Parameters
    ----------
    address
        The complete verification address, with the code in it.
    deny
        Refuse instead.

    Raises
    ------
    ApprovalFailed
        The code is unknown or over, or the page is not that of a local provider.
    """
    import requests

    with requests.Session() as browser:
        browser.trust_env = False  # no proxy lies between this machine and itself
        page = _opened(browser.get(address, timeout=_TIMEOUT))
        page = _submit(browser, page, "sign-in", username=user.login, password=user.password)
        page = _submit(browser, page, "decide", decision="deny" if deny else "approve")


class _Opened:
    """A page that was read: its address and its forms by the last part of their action."""

    def __init__(self, address: str, html: str) -> None:
        self.address = address
        forms = _Forms()
        forms.feed(html)
        self.forms = forms.found


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, tuple[str, dict[str, str]]] = {}
        self._fields: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._fields = {}
            action = values.get("action", "")
            self.found[action.rpartition("/")[2]] = (action, self._fields)
        elif tag == "input" and self._fields is not None and "name" in values:
            self._fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._fields = None


def _opened(answer: requests.Response) -> _Opened:
    if not answer.ok:
        raise ApprovalFailed(
            f"The approval page answered {answer.status_code}.",
            todo="Start the sign-in again to get a new code.",
        )
    return _Opened(answer.url, answer.text)


def _submit(browser: requests.Session, page: _Opened, form: str, **typed: str) -> _Opened:
    if form not in page.forms:
        raise ApprovalFailed(
            f"The approval page has no form {form!r}.",
            todo="Give the complete verification address of a local provider.",
        )
    action, fields = page.forms[form]
    address = urljoin(page.address, action)
    return _opened(browser.post(address, data=fields | typed, timeout=_TIMEOUT))

"""HTTP with an end: bounded in time and size, and careful where a token goes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import requests
from urllib3.exceptions import LocationValueError
from urllib3.util import Retry

from jupyter_openeo_artifacts.auth.exceptions import BackendRedirects
from jupyter_openeo_artifacts.auth.http_adapter import BoundedAdapter
from jupyter_openeo_artifacts.concurrency.cancellation import TimeLimit, call_with_timeout
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.error_catalog.response import quotes_answer
from jupyter_openeo_artifacts.errors import exhausted_behind
from jupyter_openeo_artifacts.urls import host_of, may_lead, origin

if TYPE_CHECKING:
    from collections.abc import Mapping


CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 8.0


class BoundedSession(requests.Session):
    """A requests session whose answers end, in bytes and in time; strict about redirects.

    So they do for everybody who uses it, the openEO client too: see `BoundedAdapter`. A request
    with an Authorization header is never redirected to another origin, and none from https to
    http. Proxies, `REQUESTS_CA_BUNDLE` and the like work as requests does them.

    Parameters
    ----------
    limit
        The longest time, in seconds, for a request and its whole answer, redirects included. A
        request's own `timeout` can only be shorter.
    one_origin
        Redirect no request at all to another origin.
    once_more
        Repeat a GET whose kept-alive connection turns out to be dead (a server may close one at
        any time; a lost answer to a GET does no harm).
    public_only
        Connect to public addresses only.
    """

    def __init__(
        self,
        limit: float = ANSWER_SECONDS,
        *,
        one_origin: bool = False,
        once_more: bool = False,
        public_only: bool = False,
    ) -> None:
        super().__init__()
        self.max_redirects = 5
        self._limit = limit
        self._one_origin = one_origin
        self.headers["Accept-Encoding"] = "gzip"
        again = Retry(total=1, connect=0, status=0, redirect=None, allowed_methods={"GET"})
        never = Retry(0, read=False)
        for scheme in ("https://", "http://"):
            retry = again if once_more else never
            self.mount(scheme, BoundedAdapter(max_retries=retry, public_only=public_only))
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have no connection: two processes on one line read each other's answers."""
        for adapter in self.adapters.values():
            if isinstance(adapter, BoundedAdapter):
                adapter.reset_after_fork()

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request; see `requests.Session.request`.

        Raises
        ------
        requests.RequestException
            No whole answer in time.
        ResourcesExhausted
            This machine has nothing left to ask with: the other end is not to blame.
        """
        asked = kwargs.get("timeout")
        silence = asked[1] if isinstance(asked, tuple) else asked
        seconds = min(silence or self._limit, self._limit)
        kwargs["timeout"] = (min(CONNECT_SECONDS, seconds), seconds)
        with TimeLimit(seconds) as limit:
            try:
                return super().request(*args, **kwargs)
            except (requests.RequestException, OSError, HTTPException, MemoryError) as error:
                if lack := exhausted_behind(error):
                    raise lack from error
                if limit.over:
                    raise requests.ReadTimeout(f"no answer within {seconds:g} s") from error
                if not quotes_answer(error):
                    raise
            except (ValueError, LocationValueError):  # its text may have a header in it
                what = "the request, or where it is redirected to, cannot be written down"
                raise requests.exceptions.InvalidURL(what) from None
        # Out of the handler, so that no traceback has the words: they may repeat a token.
        raise requests.ConnectionError("the answer is no HTTP that can be read")

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """Return where `resp` redirects to, if we would follow.

        Raises
        ------
        BackendRedirects
            We would not.
        """
        target = super().get_redirect_target(resp)
        if target is None:
            return None
        source = resp.request.url or ""
        target_url = requests.compat.urljoin(source, target)
        try:
            elsewhere = origin(target_url) != origin(source)
        except ValueError:
            elsewhere = True
        secret = "Authorization" in resp.request.headers
        if (elsewhere and (secret or self._one_origin)) or not may_lead(source, target_url):
            raise BackendRedirects(
                f"{_origin_text(source)} redirects to {_origin_text(target_url)}.",
                todo="If you trust that address, enter it instead.",
            )
        return target


@dataclass(frozen=True)
class JSONAnswer:
    """What a server answered; `body` is the parsed JSON, None where it is none."""

    status: int
    url: str
    is_html: bool
    body: Any


class NoNetrc(requests.auth.AuthBase):
    """Keeps requests from adding a password of ~/.netrc to a request that has its own secret."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Leave the request as it is."""
        return request


def ask(
    session: requests.Session,
    method: str,
    url: str,
    *,
    data: Mapping[str, str] | None = None,
    auth: requests.auth.AuthBase | None = None,
    allow_redirects: bool = True,
    seconds: float = ANSWER_SECONDS,
) -> JSONAnswer:
    """Send one request and return the whole answer in time.

    Parameters
    ----------
    data
        Form fields; they are in no message.
    seconds
        For everything, from the look-up of the name to the last byte.

    Raises
    ------
    requests.RequestException
        No answer: no connection, no TLS, too slow, too long.
    ResourcesExhausted
        As of `BoundedSession.request`.
    BackendRedirects
        A redirect that is not followed.
    """

    def send() -> JSONAnswer:
        response = session.request(
            method,
            url,
            data=data,
            auth=auth or NoNetrc(),
            allow_redirects=allow_redirects,
            timeout=seconds,
            headers={"Accept": "application/json"},
        )
        kind = response.headers.get("Content-Type", "").lower()
        body = _parsed(response.content)
        return JSONAnswer(response.status_code, response.url, "html" in kind, body)

    try:
        return call_with_timeout(seconds, send, name=f"{method} {host_of(url)}")
    except TimeoutError as error:
        raise requests.Timeout(str(error)) from error


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return None


def _origin_text(url: str) -> str:
    scheme, host, port = origin(url)
    usual = {"https": 443, "http": 80}.get(scheme)
    return f"{scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def plain(text: Any, longest: int = 200) -> str:
    """Return what `text` says on one line, fit to be shown; empty if it is no text."""
    if not isinstance(text, str):
        return ""
    return "".join(char if char.isprintable() else " " for char in text[:longest]).strip()


def refuses_token(response: requests.Response) -> bool:
    """Tell whether an openEO backend does not take the token of a request."""
    if response.status_code == requests.codes.unauthorized:
        return True
    if response.status_code != requests.codes.forbidden:
        return False
    try:
        said = response.json()
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("code") == "TokenInvalid"

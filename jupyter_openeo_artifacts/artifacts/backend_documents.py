"""What a backend answers over a connection of the user's own, within bounds of size and time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts import urls
from jupyter_openeo_artifacts.concurrency.deadline import call_with_timeout

if TYPE_CHECKING:
    import requests
    from openeo.rest.connection import Connection

DOCUMENT_SECONDS = 30.0
"""openEO's own limit of 20 minutes is one for jobs, and one of each pause alone."""


def document_at(connection: Connection, path: str, *, seconds: float = DOCUMENT_SECONDS) -> Any:
    """Return the JSON document that the backend has at `path`.

    Proxies, certificates and the login are those of the connection, which renews a token that has
    ended as with any other request. After `seconds` its line is shut: nobody reads on.

    Raises
    ------
    openeo.rest.OpenEoClientException, requests.RequestException
        The backend answers by an error, not in time, or too much; or it does not answer.
    ValueError, RecursionError
        It is no JSON.
    ResourcesExhausted
        The system lets no thread begin.
    """
    from requests import ReadTimeout

    begun: list[requests.Response] = []

    def read(response: requests.Response, *_: Any, **__: Any) -> None:
        """Read it before anybody else does; what our own sessions have read is left."""
        from jupyter_openeo_artifacts.auth.http_content import content_of

        unread: Any = response
        if unread._content is False:  # noqa: SLF001  as requests itself has it
            begun.append(response)
            try:
                unread._content = content_of(response)  # noqa: SLF001
                unread._content_consumed = True  # noqa: SLF001
            except BaseException:
                response.raw.close()  # nobody knows what is still in it
                raise

    hooks = [*getattr(connection.session, "hooks", {}).get("response", []), read]

    def get() -> Any:
        answer = connection.get(
            path, expected_status=200, timeout=seconds, hooks={"response": hooks}
        )
        return answer.json()

    try:
        return call_with_timeout(seconds, get, name=f"GET {path} at {host_of(connection)}")
    except TimeoutError as error:
        for response in begun:
            _shut(response)
        raise ReadTimeout(f"no answer within {seconds:g} s") from error


def host_of(connection: Connection) -> str:
    """Return the backend's host and port."""
    return urls.host_of(str(connection.root_url))


def _shut(response: requests.Response) -> None:
    """Wake the thread that still reads it."""
    from jupyter_openeo_artifacts.s3.exchange import shut

    line = getattr(getattr(response.raw, "connection", None), "sock", None)
    if line is not None:
        shut(line)

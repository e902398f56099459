"""What a backend says of artifact storage, and of the account."""

from __future__ import annotations

import logging
import time
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from jupyter_openeo_artifacts import urls
from jupyter_openeo_artifacts.artifacts.exceptions import (
    CapabilitiesUnreadable,
    InvalidProviderConfig,
    NoAdvertisedProviders,
    UnsupportedArtifactsType,
    shown,
)
from jupyter_openeo_artifacts.concurrency.cancellation import call_with_timeout
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests
    from openeo.rest.connection import Connection


_log = logging.getLogger(__name__)
LIFE_SECONDS = 60.0
KNOWN_TYPES = ("S3STSConfig",)
_MOST_SHOWN = 20
_FIELDS = (("id", str, "a text"), ("type", str, "a text"), ("config", dict, "an object"))
READ: WeakKeyDictionary[Any, tuple[float, Any]] = WeakKeyDictionary()
"""When each connection's backend was asked last, and what it said."""


@dataclass(frozen=True)
class Provider:
    """One place that a backend offers for artifacts.

    Attributes
    ----------
    s3_uri
        Whether the backend's jobs read `s3://` addresses of it; None where it does not say.
    trouble
        What is wrong with its description, raised when its turn comes.
    """

    id: str
    type: str
    config: Mapping[str, Any] = field(repr=False)
    s3_uri: bool | None = None
    trouble: InvalidProviderConfig | None = None


def advertised(connection: Connection) -> Any:
    """Return the raw value of `artifacts` in the capabilities, None if it is absent.

    It is asked afresh from the backend when what was read for this connection is over a minute old;
    where the backend does not answer then, what was read before counts. The caller may change it:
    it is a copy.

    Raises
    ------
    CapabilitiesUnreadable
        The backend does not answer, or not by a document.
    """
    known = READ.get(connection)
    if known is None or time.monotonic() - known[0] > LIFE_SECONDS:
        try:
            known = (time.monotonic(), _document(connection).get("artifacts"))
        except CapabilitiesUnreadable as error:
            if known is None:
                raise
            _log.warning("%s What it advertised before counts.", error.message)
            return deepcopy(known[1])
        READ[connection] = known
    return deepcopy(known[1])


def _document(connection: Connection) -> dict[str, Any]:
    from openeo.rest import OpenEoClientException
    from requests import RequestException

    cause: Exception | None = None
    try:
        document = document_at(connection, "/")
    except OpenEOArtifactsError:
        raise
    except RequestException as error:
        document, cause = None, _without_words(error)
    except (OpenEoClientException, OSError, ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    # Out of the handler, so that no traceback has the backend's words, which may repeat the token.
    raise CapabilitiesUnreadable(host_of(connection)) from cause


def _without_words(error: requests.RequestException) -> Exception | None:
    """Return an error of the same kind that says nothing more; None where there can be none."""
    try:
        return type(error)()
    except TypeError:  # one of JSON wants the text
        return None


def providers(artifacts: Any) -> list[Provider]:
    """Read the raw value; the order is the backend's, the first is its preferred one.

    One that is not of the form it must have is no harm to those before it, nor is one of a type
    that is not known here to any, whatever its form: see `choose`.

    Raises
    ------
    NoAdvertisedProviders
        There are none.
    InvalidProviderConfig
        This is no list of providers; the text names the field.
    """
    if artifacts is None or artifacts in ({}, []):
        raise NoAdvertisedProviders
    if not isinstance(artifacts, dict):
        raise InvalidProviderConfig("The backend's 'artifacts' is not an object.")
    listed = artifacts.get("providers")
    if listed is None or listed == []:
        raise NoAdvertisedProviders
    if not isinstance(listed, list):
        raise InvalidProviderConfig("The backend's 'artifacts.providers' is not a list.")
    return [_provider(index, entry) for index, entry in enumerate(listed)]


def choose(found: list[Provider], provider: str | None = None) -> Provider:
    """Return the provider of that id, else the first of a type that is known here.

    Raises
    ------
    UnsupportedArtifactsType
        None is of a known type.
    InvalidProviderConfig
        None has that id, or the one whose turn it is lacks a field; the text names it.
    """
    if provider is not None:
        ids = ", ".join(shown(each.id) for each in found[:_MOST_SHOWN] if each.id)
        found = [each for each in found if each.id == provider]
        if not found:
            raise InvalidProviderConfig(
                f"The backend advertises no provider {shown(provider)}.",
                todo=f"It advertises {ids}.",
            )
    for each in found:
        if each.type in KNOWN_TYPES:
            if each.trouble is not None:
                raise each.trouble
            return each
        _log.warning("A provider of artifacts is passed over: its type is not known here.")
    for each in found:
        if each.type:
            raise UnsupportedArtifactsType(each.type)
    raise found[0].trouble or UnsupportedArtifactsType(found[0].type)


def _provider(index: int, entry: Any) -> Provider:
    where = f"artifacts.providers[{index}]"
    if not isinstance(entry, dict):
        return _broken("", f"The backend's '{where}' is not an object.")
    for key, kind, word in _FIELDS:
        if not isinstance(entry.get(key), kind):
            text = f"The backend's '{where}.{key}' is missing or not {word}."
            return _broken(entry.get("id"), text, entry.get("type"))
    s3_uri = entry.get("s3_uri")
    told = s3_uri if isinstance(s3_uri, bool) else None
    return Provider(entry["id"], entry["type"], entry["config"], told)


def _broken(name: Any, text: str, kind: Any = "") -> Provider:
    id_, type_ = (each if isinstance(each, str) else "" for each in (name, kind))
    return Provider(id_, type_, {}, trouble=InvalidProviderConfig(text))


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
        from jupyter_openeo_artifacts.auth.http_adapter import content_of

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
            path,
            expected_status=200,
            timeout=seconds,
            hooks={"response": hooks},
            headers={"Accept-Encoding": "gzip"},  # what `content_of` unpacks, unlike requests
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

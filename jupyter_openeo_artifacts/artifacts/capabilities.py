"""What a backend advertises about artifact storage (`artifacts.providers` in `GET /`)."""

from __future__ import annotations

import logging
import time
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from jupyter_openeo_artifacts.artifacts.backend_documents import document_at, host_of
from jupyter_openeo_artifacts.artifacts.exceptions import (
    CapabilitiesUnreadable,
    InvalidProviderConfig,
    NoAdvertisedProviders,
    UnsupportedArtifactsType,
    shown,
)
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openeo.rest.connection import Connection

_log = logging.getLogger(__name__)

LIFE_SECONDS = 60.0
KNOWN_TYPES = ("S3STSConfig",)
_MOST_SHOWN = 20

_FIELDS = (("id", str, "a text"), ("type", str, "a text"), ("config", dict, "an object"))

_read: WeakKeyDictionary[Any, tuple[float, Any]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Provider:
    """One place that a backend offers for artifacts.

    Attributes
    ----------
    trouble
        What is wrong with its description, raised when its turn comes.
    """

    id: str
    type: str
    config: Mapping[str, Any] = field(repr=False)
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
    known = _read.get(connection)
    if known is None or time.monotonic() - known[0] > LIFE_SECONDS:
        try:
            known = (time.monotonic(), _document(connection).get("artifacts"))
        except CapabilitiesUnreadable as error:
            if known is None:
                raise
            _log.warning("%s What it advertised before counts.", error.message)
            return deepcopy(known[1])
        _read[connection] = known
    return deepcopy(known[1])


def _document(connection: Connection) -> dict[str, Any]:
    from openeo.rest import OpenEoClientException
    from requests import RequestException

    try:
        document = document_at(connection, "/")
    except OpenEOArtifactsError:
        raise
    except (OpenEoClientException, RequestException, OSError, ValueError, RecursionError) as error:
        raise CapabilitiesUnreadable(host_of(connection)) from error
    if not isinstance(document, dict):
        raise CapabilitiesUnreadable(host_of(connection))
    return document


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
    return Provider(entry["id"], entry["type"], entry["config"])


def _broken(name: Any, text: str, kind: Any = "") -> Provider:
    id_, type_ = (each if isinstance(each, str) else "" for each in (name, kind))
    return Provider(id_, type_, {}, InvalidProviderConfig(text))

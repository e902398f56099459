"""One artifact helper for each signed-in connection."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper

_lock = threading.Lock()
_locks: WeakKeyDictionary[Any, threading.Lock] = WeakKeyDictionary()
_known: WeakKeyDictionary[Any, tuple[Any, S3STSArtifactHelper]] = WeakKeyDictionary()


def helper_of(
    connection: Connection,
    admit: Callable[[str, str], None] = lambda *_: None,
    *,
    public_only: bool = False,
) -> S3STSArtifactHelper:
    """Return the helper of `connection`, built once as long as its login is the same.

    It blocks (backend and STS are asked); jobs of one connection wait for one build.

    Parameters
    ----------
    admit
        Given the STS and the S3 endpoint before they hear anything; may raise.
    public_only
        Connect to them at public addresses only.

    Raises
    ------
    OpenEOArtifactsError
        As `build_artifact_helper`, and what `admit` raises.
    """
    from jupyter_openeo_artifacts.artifacts.build import admitted_helper

    with _lock:
        own = _locks.setdefault(connection, threading.Lock())
    with own:
        login, helper = _known.get(connection, (None, None))
        if helper is None or login is not connection.auth:
            helper = admitted_helper(connection, admit, public_only=public_only)
            _known[connection] = (connection.auth, helper)
        return helper

"""What upstream's callers expect: its private names, which only this file knows, and its errors."""

from __future__ import annotations

from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from jupyter_openeo_artifacts.artifacts.exceptions import (
    ArtifactsException,
    ProviderSpecificException,
)
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

if TYPE_CHECKING:
    from collections.abc import Callable


def register(helper: type[Any]) -> None:
    """Let `isinstance(helper, ArtifactHelperABC)` hold, without inheriting its private methods."""
    try:
        from openeo.extra.artifacts._artifact_helper_abc import ArtifactHelperABC
    except ImportError:
        return
    ArtifactHelperABC.register(helper)


def config_type(config: Any) -> str:
    """Return the type of ours, or of upstream's configs."""
    get_type = getattr(config, "get_type", None)
    return str(get_type()) if callable(get_type) else type(config).__name__


def given_flags(config: Any) -> dict[str, bool]:
    """Return the feature flags that somebody chose.

    Upstream's config holds every flag as off where none was chosen, which must not hide what the
    backend advertises; whoever names a single flag has chosen it.
    """
    flags = getattr(config, "feature_flags", None) or {}
    declared = getattr(type(config), "__dataclass_fields__", {}).get("feature_flags")
    untouched = getattr(declared, "default_factory", dict)
    return {} if callable(untouched) and flags == untouched() else dict(flags)


_P = ParamSpec("_P")
_R = TypeVar("_R")


def as_artifacts_exception(call: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let every error of ours that `call` raises be an `ArtifactsException` as well.

    What is raised is of a class below the error's own, with its code, text, cause and traceback.
    """

    @wraps(call)
    def calling(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return call(*args, **kwargs)
        except ArtifactsException:
            raise
        except OpenEOArtifactsError as error:
            # No name for it: its traceback leads to this frame, which would lead back to it.
            raise _made(type(error), error.args, vars(error)).with_traceback(
                error.__traceback__
            ) from error.__cause__

    return calling


@cache
def _specific(kind: Any) -> type[OpenEOArtifactsError]:
    members = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
        "code": kind.code,
        "who": kind.who,
        "__reduce__": lambda error: (_made, (kind, error.args, vars(error))),
    }
    is_head = issubclass(ProviderSpecificException, kind)  # of the family itself
    bases = (ProviderSpecificException,) if is_head else (kind, ProviderSpecificException)
    return type(kind.__name__, bases, members)


def _made(kind: Any, args: tuple[Any, ...], state: dict[str, Any]) -> OpenEOArtifactsError:
    """Return an error of the class below `kind`, which has no name that pickle could find."""
    of = _specific(kind)
    error: OpenEOArtifactsError = of.__new__(of, *args)
    vars(error).update(state)
    return error

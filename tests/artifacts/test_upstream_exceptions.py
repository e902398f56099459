"""What upstream's names raise is caught by upstream's class, and stays what it is."""

from __future__ import annotations

import gc
import pickle
import traceback
import weakref
from contextlib import suppress

import pytest
from openeo.extra.artifacts import exceptions as upstream

from jupyter_openeo_artifacts import errors
from jupyter_openeo_artifacts.artifacts.exceptions import (
    FileMissing,
    NoAdvertisedProviders,
    NoDefaultConfig,
    UnsupportedArtifactsType,
)
from jupyter_openeo_artifacts.artifacts.upstream import as_artifacts_exception
from jupyter_openeo_artifacts.auth import exceptions as login
from jupyter_openeo_artifacts.s3 import exceptions as transfer


def kinds(module: object) -> list[type[errors.OpenEOArtifactsError]]:
    found = [one for one in vars(module).values() if isinstance(one, type)]
    return [one for one in found if issubclass(one, errors.OpenEOArtifactsError)]


KINDS = sorted({*kinds(login), *kinds(transfer)}, key=lambda one: one.__name__)


@pytest.mark.parametrize("kind", KINDS, ids=lambda one: one.__name__)
def test_an_error_of_any_layer(kind: type[errors.OpenEOArtifactsError]) -> None:
    # Given
    error, cause = kind.__new__(kind), ConnectionError("why")
    errors.OpenEOArtifactsError.__init__(error, "It went wrong.", todo="Wait.", request_id="R1")
    told, text = error.to_dict(), str(error)

    @as_artifacts_exception
    def fail() -> None:
        raise error from cause

    # When
    for _ in range(2):  # the same one may be raised again, by another thread
        with pytest.raises(upstream.ProviderSpecificException) as caught:
            fail()
        # Then
        found = caught.value
        assert isinstance(found, kind)
        assert (found.to_dict(), str(found), type(found).__name__) == (told, text, kind.__name__)
        assert found.__cause__ is cause
        assert "raise error from cause" in "".join(traceback.format_exception(found))
        assert type(error) is kind
    # And: it comes back whole from another process, as a pool of processes hands it on
    back = pickle.loads(pickle.dumps(found))
    assert type(back) is type(found)
    assert (back.to_dict(), str(back), back.args) == (told, text, error.args)


def test_an_error_keeps_nothing_alive_once_it_was_handled() -> None:
    class Held:
        pass

    gone: list[weakref.ref[Held]] = []

    @as_artifacts_exception
    def fail() -> None:
        held = Held()
        gone.append(weakref.ref(held))
        raise login.NotSignedIn("Nobody is signed in.")

    # When
    gc.collect()
    gc.disable()
    try:
        with suppress(upstream.ProviderSpecificException):
            fail()
        # Then
        assert gone[0]() is None
    finally:
        gc.enable()


def test_what_is_of_the_family_or_of_nobodys_is_left_alone() -> None:
    for error in (FileMissing("gone"), RuntimeError("a mistake of ours")):
        kind = type(error)

        @as_artifacts_exception
        def fail(error: Exception = error) -> None:
            raise error

        with pytest.raises(kind):
            fail()
        assert type(error) is kind


@pytest.mark.parametrize(
    "error",
    [NoAdvertisedProviders(), UnsupportedArtifactsType("Tape"), NoDefaultConfig("role")],
    ids=lambda error: type(error).__name__,
)
def test_one_of_the_family_comes_back_from_another_process(
    error: errors.OpenEOArtifactsError,
) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error)
    assert vars(back) == vars(error)

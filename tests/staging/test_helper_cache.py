"""The helper that a connection keeps: one for each login, and no longer than the connection."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.staging.helper_cache import get_helper
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from tests.servers.provider import connected

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo.provider import LocalProvider


def test_a_connection_that_nobody_uses_any_more_goes_with_its_helper(
    provider: LocalProvider,
) -> None:
    # Given
    connection = connected(provider)
    assert ConnectionTarget(connection).helper().client
    seen, helper = weakref.ref(connection), weakref.ref(get_helper(connection))
    # When
    del connection
    gc.collect()
    # Then
    assert seen() is None
    assert helper() is None


def test_a_connection_has_one_helper_as_long_as_its_login_is_the_same(
    provider: LocalProvider,
) -> None:
    # Given
    connection = connected(provider)
    first = get_helper(connection)
    # When
    again = get_helper(connection)
    connection.auth = copy.copy(connection.auth)
    another = get_helper(connection)
    # Then
    assert again is first
    assert another is not first


def test_a_copy_of_a_connection_has_a_helper_of_its_own(provider: LocalProvider) -> None:
    # Given
    connection = connected(provider)
    first = get_helper(connection)
    # When
    copies = [copy.copy(connection), copy.deepcopy(connection)]
    copies.append(pickle.loads(pickle.dumps(connection)))
    # Then
    assert all(get_helper(each) is not first for each in copies)
    assert get_helper(connection) is first

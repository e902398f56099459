"""What was staged from this machine, found by its name or its storage URI."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.exceptions import NoSuchRecord
from jupyter_openeo_artifacts.records.ids import connection_id
from jupyter_openeo_artifacts.records.ledger import Ledger

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.records.ledger import StagedRecord

_COMPARED = 1000
"""Most names that are looked at for one that is near: that takes time for each."""


def find_record(given: str, backend: str | None = None) -> StagedRecord | None:
    """Return the newest record of a name or URI; None for a URI that is not on the list.

    Parameters
    ----------
    given
        Name, or storage URI `s3://…`. It is repeated in the error unless it may be a secret.
    backend
        Only what was staged at this address.

    Raises
    ------
    NoSuchRecord
        Nothing of that name was staged.
    """
    from jupyter_openeo_artifacts.artifacts.signed_link import may_be_secret

    only = {connection_id(backend)} if backend else None
    by_uri = given.startswith("s3://")
    names: set[str] = set()
    for record in Ledger().records(only):
        if given == (record.uri if by_uri else record.name):
            return record
        names.add(record.name)
    if by_uri:
        return None
    named = "of that name" if may_be_secret(given) else f"named {given!r}"
    near = difflib.get_close_matches(given, sorted(names)[:_COMPARED], n=1)
    raise NoSuchRecord(
        f"No artifact {named} was staged from this machine.",
        todo=f"Did you mean {near[0]!r}?"
        if near
        else "Look for it with the command list, or give its storage URI.",
    )

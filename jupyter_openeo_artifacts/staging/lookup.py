"""What was staged from this machine, found by its name or its storage URI."""

from __future__ import annotations

import difflib
from itertools import takewhile
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.state.exceptions import NameAmbiguous, NoSuchRecord
from jupyter_openeo_artifacts.state.ids import connection_id
from jupyter_openeo_artifacts.state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from jupyter_openeo_artifacts.state.staged_record import StagedRecord

_COMPARED = 1000
"""Most names that are looked at for one that is near: that takes time for each."""
_NAMED = 20
"""Most artifacts of one name that an error lists."""


def find_record(
    given: str, backend: str | None = None, *, of_any_day: bool = False
) -> StagedRecord | None:
    """Return the record of a name or URI; None for a URI that is not on the list.

    Of a name that was staged on several days the newest is meant.

    Parameters
    ----------
    given
        Name, or storage URI `s3://…`. It is repeated in the error unless it may be a secret.
    backend
        Only what was staged at this address.
    of_any_day
        Refuse a name that was staged on several days, too.

    Raises
    ------
    NoSuchRecord
        Nothing of that name was staged.
    NameAmbiguous
        Different files of that name were staged on one day; it lists their URIs.
    """
    from jupyter_openeo_artifacts.artifacts.link_verification import may_be_secret

    if given.startswith("s3://"):
        return _by_uri(given, backend)
    only = {connection_id(backend)} if backend else None
    names: set[str] = set()
    records = _noting(names, Ledger().records(only))
    newest = next((each for each in records if each.name == given), None)
    if newest is not None:
        day = _day(newest)
        rest = records if of_any_day else takewhile(lambda each: _day(each) == day, records)
        same = [newest, *(each for each in rest if each.name == given)]
        if not all(_is_copy(each, newest) for each in same) or (of_any_day and len(same) > 1):
            raise _ambiguous(same)
        return newest
    named = "of that name" if may_be_secret(given) else f"named {given!r}"
    near = difflib.get_close_matches(given, sorted(names)[:_COMPARED], n=1)
    raise NoSuchRecord(
        f"No artifact {named} was staged from this machine.",
        todo=f"Did you mean {near[0]!r}?"
        if near
        else "Look for it with the command list, or give its storage URI.",
    )


def _by_uri(given: str, backend: str | None) -> StagedRecord | None:
    """Return what the list says of a URI; only what was staged since its day is read."""
    from jupyter_openeo_artifacts.artifacts.exceptions import StorageURIInvalid
    from jupyter_openeo_artifacts.artifacts.recorder import records_of
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

    try:
        uri = S3URI.from_any(given)
    except StorageURIInvalid:
        return None  # who uses it says so
    connection = connection_id(backend) if backend else None
    found = records_of(uri)
    return next((each for each in found if connection in (None, each.connection)), None)


def _noting(names: set[str], records: Iterator[StagedRecord]) -> Iterator[StagedRecord]:
    for each in records:
        names.add(each.name)
        yield each


def _day(record: StagedRecord) -> date:
    """Return the day on which it was staged, as people here count days."""
    return record.staged_at.astimezone().date()


def _is_copy(one: StagedRecord, other: StagedRecord) -> bool:
    """Whether it does not matter which of two is meant."""
    place = (one.connection, one.account, one.provider)
    same_place = place == (other.connection, other.account, other.provider)
    return one is other or (same_place and one.sha256 == other.sha256 != "")


def _ambiguous(same: list[StagedRecord]) -> NameAmbiguous:
    lines = [
        f"  {each.staged_at.astimezone():%Y-%m-%d %H:%M:%S}  {each.size:,} bytes  {each.uri}"
        for each in same[:_NAMED]
    ]
    if len(same) > _NAMED:
        lines.append(f"  … and {len(same) - _NAMED} older ones")
    return NameAmbiguous(
        f"There are {len(same)} artifacts named {same[0].name!r}.",
        todo="\n".join(["Give the storage URI of the one you mean:", *lines]),
    )

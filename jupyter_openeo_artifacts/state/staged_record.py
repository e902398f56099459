"""What the ledger keeps of one artifact."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from typing import Any, Literal, get_args

Origin = Literal["browser", "contents", "magic", "widget", "cli", "api"]


Verified = Literal["etag", "size"]


_LATER: dict[str, Any] = {"verified": "etag", "account": "", "kept_until": None}
"""What older versions did not note, as they meant it."""


GRACE = timedelta(days=1)  # providers remove by the day, and clocks differ


@dataclass(frozen=True)
class StagedRecord:
    """One line of the ledger.

    `size` is in bytes, `sha256` in hex (empty where it is not known: a dropped file that was sent
    on by a restarted server), `staged_at` aware; `provider` is the id under which the backend
    advertises the storage, `account` the name or id it has for the login (empty where older
    versions noted none). `verified` is "etag" where the storage's MD5s were compared with those
    of the file, and "size" where it has none to compare, so that size and our own mark were.
    `kept_until` is the end of the provider's retention, None where that is not known.
    """

    id: str
    name: str
    uri: str
    backend: str
    connection: str
    provider: str
    size: int
    sha256: str
    content_type: str
    origin: Origin
    staged_at: datetime
    verified: Verified = "etag"
    account: str = ""
    kept_until: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether the provider has removed the object by now, by what it says itself."""
        end = self.kept_until
        return end is not None and end + GRACE < datetime.now(timezone.utc)

    def to_json(self) -> bytes:
        """Return the file's content."""
        values = {**vars(self), "staged_at": self.staged_at.isoformat()}
        values["kept_until"] = self.kept_until and self.kept_until.isoformat()
        return json.dumps(values).encode()

    @classmethod
    def from_json(cls, content: bytes) -> StagedRecord:
        """Read a file's content.

        Raises
        ------
        ValueError
            It is not one of ours.
        """
        try:
            found: Any = json.loads(content)
        except RecursionError as error:
            raise ValueError("not a ledger file") from error
        names = {f.name for f in fields(cls)}
        if not isinstance(found, dict) or not names - _LATER.keys() <= found.keys():
            raise ValueError("not a ledger file")
        found = _LATER | found
        known = {name: found[name] for name in names}
        texts = known.keys() - {"size", "kept_until"}
        if not all(isinstance(known[name], str) for name in texts):
            raise ValueError("not a ledger file")
        if not isinstance(known["size"], int) or known["origin"] not in get_args(Origin):
            raise ValueError("not a ledger file")
        if known["verified"] not in get_args(Verified):
            raise ValueError("not a ledger file")
        known["staged_at"] = _moment(known["staged_at"])
        if known["kept_until"] is not None:
            known["kept_until"] = _moment(known["kept_until"])
        return cls(**known)


def _moment(text: Any) -> datetime:
    """Read an aware time; one without a zone is UTC.

    Raises
    ------
    ValueError
        It is none.
    """
    if not isinstance(text, str):
        raise ValueError("not a time")  # noqa: TRY004  a damaged file, as above
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)

"""One artifact that was staged from this machine, as the ledger keeps it."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, get_args

from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.errors import RecordsUnusable


Origin = Literal["browser", "contents", "magic", "widget", "cli", "api"]

Verified = Literal["etag", "size"]

_LATER: dict[str, Any] = {"verified": "etag", "account": "", "kept_until": None, "path": ""}
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
    `kept_until` is the end of the provider's retention, None where that is not known. `path` is the
    contents path of a file of Jupyter's, empty for all others.
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
    path: str = ""

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


class RecordsBusy(OpenEOArtifactsError):
    """Another process held a lock for too long."""

    code: ClassVar[str] = "records_busy"
    who: ClassVar[Who] = "wait"


class NoSuchRecord(OpenEOArtifactsError):
    """No artifact of that id is in the ledger."""

    code: ClassVar[str] = "no_such_artifact"
    who: ClassVar[Who] = "you"


class NameAmbiguous(OpenEOArtifactsError):
    """Several artifacts have that name."""

    code: ClassVar[str] = "name_ambiguous"
    who: ClassVar[Who] = "you"


_MOST = 1000


class Unlisted(NamedTuple):
    """A record, and why it is on no list."""

    record: StagedRecord
    problem: RecordsUnusable


class UnlistedRecords:
    """The newest of them by their ids, for any number of threads; each ledger has its own.

    A list that cannot be written must cost nobody the file that is stored already, nor have it
    stored once more with each try.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Unlisted] = OrderedDict()
        self.reset_after_fork()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a free lock: a thread that holds it is not there in a forked process."""
        self._lock = threading.Lock()

    def add(self, ledger: str, record: StagedRecord, problem: RecordsUnusable) -> None:
        """Keep one; the oldest is forgotten where there are too many."""
        with self._lock:
            self._known[ledger, record.id] = Unlisted(record, problem)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)

    def get(self, ledger: str, record_id: str) -> Unlisted | None:
        """Return one."""
        with self._lock:
            return self._known.get((ledger, record_id))

    def pop(self, ledger: str, record_id: str) -> Unlisted | None:
        """Forget one, and return it."""
        with self._lock:
            return self._known.pop((ledger, record_id), None)

    def of(self, ledger: str) -> list[StagedRecord]:
        """Return all of a ledger, newest first."""
        with self._lock:
            found = [each.record for (name, _), each in self._known.items() if name == ledger]
        return sorted(found, key=lambda record: record.id, reverse=True)


UNLISTED = UnlistedRecords()
"""Those of this process."""

"""What has become of an upload, seen from the storage's side."""

from __future__ import annotations

import traceback
from dataclasses import InitVar, dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.s3.remote_object import TOKEN
from tests.faults.content import Content
from tests.faults.sources import content_of
from tests.faults.watch import lasting_threads, leaks

if TYPE_CHECKING:
    from tests.faults.case import Verdict
    from tests.faults.objects import Stored
    from tests.faults.rig import Rig
    from tests.faults.watch import Records

THEIRS = b"somebody else's"


@dataclass
class Outcome:
    """`wrong` names what is bad whatever the verdict; `again` are bytes that were sent twice."""

    verdict: Verdict
    error: InitVar[BaseException | None] = None
    seconds: float = 0.0
    again: int = 0
    wrong: list[str] = field(default_factory=list)
    error_name: str = field(init=False, default="")
    """The exception's class; itself it would keep the whole cell in memory by its traceback."""
    error_text: str = field(init=False, default="")

    def __post_init__(self, error: BaseException | None) -> None:
        if error is not None:
            self.error_name, self.error_text = type(error).__name__, repr(error)

    @classmethod
    def of(cls, fields: dict[str, Any]) -> Outcome:
        """Return the one whose `vars` these are; a test in another process sent them."""
        outcome = cls(fields["verdict"])
        vars(outcome).update(fields)
        return outcome

    def __str__(self) -> str:
        error = self.error_text or None
        said = f"{self.verdict} ({error}), {self.seconds:.1f} s, {self.again} bytes again"
        return "; ".join([said, *self.wrong])


def is_whole(rig: Rig, stored: Stored | None) -> bool:
    """Whether exactly the bytes of the source as it was are there."""
    whole = content_of(rig.size)
    if stored is None or stored.size != rig.size:
        return False
    if rig.case.policy.keep:
        return stored.sha256 == sha256(whole).hexdigest()
    expected, at = [], 0
    length = stored.size if len(stored.md5s) == 1 else -(-stored.size // len(stored.md5s))
    length = rig.part if len(stored.md5s) > 1 else length
    while at < rig.size or not expected:
        expected.append(Content.of(whole[at : at + length]).md5)
        at += max(1, length)
    return tuple(expected) == stored.md5s


def judge(
    rig: Rig, error: BaseException | None, *, ours: bool, known: set[str], cancelled: bool = False
) -> Verdict:
    """Return the verdict.

    Parameters
    ----------
    ours
        Whether the object has to carry our mark.
    known
        Ids of open uploads that the journal knows; "?" is one whose id was never heard.
    """
    objects = rig.stub.objects
    stored = objects.objects.get(rig.key)
    theirs = stored is not None and rig.overwritten and b"".join(stored.blocks) == THEIRS
    lost = set(objects.uploads) - known if "?" not in known else set()
    if error is None:
        whole = is_whole(rig, stored)
        if ours and rig.case.policy.metadata:
            whole = whole and stored is not None and TOKEN in stored.metadata
        if not whole:
            return "FALSE OK"
        replaced: Verdict = "REPLACED" if rig.overwritten else "stored"
        return "stored, ORPHAN" if lost else replaced
    visible = stored is not None and not theirs
    if known & {*objects.uploads, "?"} or (visible and known):
        return "owed"
    if visible:
        return "failed, IS STORED" if is_whole(rig, stored) else "failed, TORN OBJECT"
    ended: Verdict = "cancelled" if cancelled else "failed"
    return "failed, ORPHAN" if lost else ended


def slips(rig: Rig, records: Records, error: BaseException | None, *, ours: bool) -> list[str]:
    """Name what should not have happened, however it ended."""
    keys = list(rig.stub.keys.values())
    found = [f"request: {each}" for each in rig.stub.complaints] if ours else []
    if not ours:
        return found
    found += [f"never met: {fault.effect}" for fault in rig.stub.faults if not fault.met.is_set()]
    found += leaks(records.lines, keys, name=True)
    if error is not None:
        text = "".join(traceback.format_exception(error)).splitlines()
        found += [f"exception {each}" for each in leaks(text, keys, name=False)]
    found += [f"thread: {name}" for name in lasting_threads()]
    left = [p.name for p in (rig.folder / "temporary").iterdir()]
    return found + [f"temporary file: {name}" for name in left]

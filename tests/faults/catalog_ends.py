"""The ends of an upload: Create and Complete in doubt, failing aborts, lacking providers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from tests.faults.answer import refusal, xml
from tests.faults.case import Case
from tests.faults.content import Content
from tests.faults.effects import Break, Do, Say, Scene
from tests.faults.outcome import THEIRS
from tests.faults.policy import PRODUCTION, Policy
from tests.faults.rig import MANY

if TYPE_CHECKING:
    from tests.faults.effects import Moment
    from tests.faults.request import Operation
    from tests.faults.rig import Rig

PARTS = ("part+1", "3 parts+7")
LONG = ("12 parts+7",)
BOTH = ("0", "part", "3 parts+7")
ERROR = Say(refusal(500, "InternalError"))
DENIED = Say(refusal(403, "AccessDenied"))
MINIO = Policy(repeated_complete=404)
BARE = Policy(without=frozenset({"ListParts", "ListUploads", "Delete"}))


def _nothing(rig: Rig) -> None:
    """No fault at all."""


def _break(rig: Rig, on: Operation, moment: Moment, times: int = 1) -> None:
    rig.fault(on, Break(moment), times)


def _abort_fails(rig: Rig, times: int) -> None:
    rig.fault("Abort", ERROR, times)
    rig.fault("UploadPart", DENIED, MANY, part=2)


def _stray(rig: Rig, *, unlisted: int, denied: bool = False) -> None:
    """An upload is there whose id was not heard, and storage is slow to list it."""
    _break(rig, "Create", "done")
    rig.fault("ListUploads", ERROR, unlisted)
    if denied:
        rig.fault("UploadPart", DENIED, MANY, part=2)


def _forget(rig: Rig, *, after: int, always: bool = False) -> None:
    """A lifecycle rule aborts the upload."""
    call = rig.stub.objects.uploads.clear
    part = min(after, rig.last_part)
    rig.fault("UploadPart", Do(lambda _: call()), MANY if always else 1, part=part)


def _forget_at_complete(rig: Rig) -> None:
    rig.when("Complete", rig.stub.objects.uploads.clear)


def _lose_the_answer_and_the_head(rig: Rig) -> None:
    rig.fault("Complete", Break("done"))
    rig.fault("Head", ERROR, 3)


def _wrong_etag(rig: Rig) -> None:
    said = xml(
        f"<CompleteMultipartUploadResult><ETag>{'0' * 32}-4</ETag></CompleteMultipartUploadResult>"
    )
    rig.fault("Complete", Say(said, "done"))


def _spoil(rig: Rig, *, etag: bool) -> None:
    """Complete puts something else there, and answers as if not."""

    def spoil(scene: Scene) -> None:
        objects = scene.stub.objects.objects
        kept = objects[rig.key]
        other = Content.of(b"".join(kept.blocks)).flipped()
        changed = "1" * 32 + f"-{len(kept.md5s)}" if etag else kept.etag
        objects[rig.key] = replace(kept, blocks=tuple(other.blocks), etag=changed)

    rig.fault("Complete", Do(spoil, "done"))


def _shorten(rig: Rig) -> None:
    """Complete leaves the last part out."""

    def shorten(scene: Scene) -> None:
        objects = scene.stub.objects.objects
        kept = objects[rig.key]
        objects[rig.key] = replace(kept, size=kept.size - 1, blocks=(b"".join(kept.blocks)[:-1],))

    rig.fault("Complete", Do(shorten, "done"))


def _somebody_elses(rig: Rig) -> None:
    """It goes to a key where something is: ours never does, its keys are random."""
    rig.stub.objects.put(rig.key, Content.of(THEIRS))
    rig.overwritten = True


def _damaged_and_kept(rig: Rig) -> None:
    rig.fault("Delete", ERROR, MANY)
    _spoil(rig, etag=True)


def cases() -> list[Case]:
    """Return all of them."""
    lost = partial(_break, on="Complete", moment="done")
    return [
        Case("none", _nothing, row="none"),
        Case("none, production", _nothing, policy=PRODUCTION),
        Case("none, SSE-KMS", _nothing, policy=Policy(etags="kms"), sizes=BOTH),
        Case("none, opaque ETags", _nothing, policy=Policy(etags="opaque"), sizes=BOTH),
        Case(
            "none, other ETags that look like MD5s",
            _nothing,
            policy=Policy(etags="silent"),
            right=("stored", "failed"),
            sizes=BOTH,
        ),
        Case("none, metadata is dropped", _nothing, policy=Policy(metadata=False), sizes=BOTH),
        Case("none, https", _nothing, sizes=BOTH, tls=True),
        Case("none, https and trailers", _nothing, sizes=BOTH, tls=True, trailers=True),
        Case("none, nothing kept", _nothing, policy=Policy(keep=False), sizes=BOTH),
        Case("Complete applied, answer lost", lost, sizes=PARTS),
        Case(
            "Complete applied, answer lost, MinIO",
            lost,
            sizes=PARTS,
            policy=MINIO,
            row="Complete applied, ack lost, retry → 404 NoSuchUpload",
            boto3=("failed, IS STORED",),
            standard=("failed, IS STORED",),
        ),
        Case("Complete applied, answer lost, production", lost, sizes=PARTS,
             policy=replace(PRODUCTION, repeated_complete=404)),
        Case("Complete applied, answer lost, SSE-KMS", lost, sizes=PARTS,
             policy=Policy(etags="kms", repeated_complete=404)),
        Case("Complete applied, answer lost, no metadata", lost, sizes=PARTS,
             policy=Policy(metadata=False, repeated_complete=404)),
        Case("Complete applied, answer lost, HEAD fails", _lose_the_answer_and_the_head,
             sizes=PARTS, policy=MINIO),
        Case("Complete applied, answer lost six times",
             partial(_break, on="Complete", moment="done", times=6), sizes=PARTS),
        Case("Complete answers a wrong ETag", _wrong_etag, sizes=PARTS),
        Case("Complete stores other bytes", partial(_spoil, etag=True), sizes=PARTS,
             right=("failed",), error=("ContentMismatch",),
             row="Complete stores other bytes, HEAD shows it",
             boto3=("FALSE OK",), standard=("FALSE OK",)),
        Case("Complete stores too few bytes", _shorten, sizes=PARTS, right=("failed",),
             error=("ContentMismatch",), boto3=("FALSE OK",), standard=("FALSE OK",)),
        Case("Complete stores other bytes, no Delete", _damaged_and_kept, sizes=PARTS,
             right=("owed",), error=("ContentMismatch",)),
        Case("the upload is forgotten", partial(_forget, after=2), sizes=PARTS,
             row="NoSuchUpload in the middle"),
        Case("the upload is forgotten at the last part", partial(_forget, after=99), sizes=PARTS),
        Case("the upload is forgotten at Complete", _forget_at_complete, sizes=PARTS),
        Case("the upload is forgotten always", partial(_forget, after=2, always=True),
             sizes=PARTS, right=("failed", "kept"), error=("UploadLost",)),
        Case("Create applied, answer lost", partial(_break, on="Create", moment="done"),
             sizes=PARTS, row="lost ack of Create"),
        Case("Create applied, answer lost, production",
             partial(_break, on="Create", moment="done"), sizes=PARTS, policy=PRODUCTION,
             right=("stored", "stored, ORPHAN")),
        Case("Create applied, answer lost, uploads are listed late",
             partial(_stray, unlisted=2), sizes=PARTS),
        Case("Create applied, answer lost, part denied, uploads are listed late",
             partial(_stray, unlisted=2, denied=True), sizes=PARTS,
             right=("failed",), error=("StorageDenied",)),
        Case("Create applied, answer lost, part denied, uploads are not listed",
             partial(_stray, unlisted=MANY, denied=True), sizes=PARTS,
             right=("owed",), error=("StorageDenied",)),
        Case("part denied, abort fails twice", partial(_abort_fails, times=2), sizes=PARTS,
             right=("failed",), error=("StorageDenied",)),
        Case("part denied, abort fails always", partial(_abort_fails, times=MANY), sizes=PARTS,
             right=("owed",), error=("StorageDenied",), row="part 403 + abort 500",
             boto3=("failed, ORPHAN",), standard=("failed, ORPHAN",)),
        Case("an object is there already", _somebody_elses, sizes=("part", "3 parts+7"),
             right=("failed",), error=("KeyTaken",), row="object already at that key",
             boto3=("REPLACED",), standard=("REPLACED",)),
        Case("an object is there already, conditions are ignored", _somebody_elses,
             sizes=("part", "3 parts+7"), policy=PRODUCTION, right=("REPLACED",)),
        Case("a storage that wants each body's SHA-256", _nothing, sizes=LONG,
             policy=Policy(bodies="signed")),
        Case("a storage that is busy for whom signs no SHA-256", _nothing, sizes=LONG,
             policy=Policy(bodies="busy")),
        Case("a storage that refuses Content-MD5", _nothing, sizes=LONG,
             policy=Policy(bodies="without Content-MD5")),
        Case("a storage that refuses conditions", _nothing,
             policy=Policy(if_none_match="refused")),
        Case("Complete applied, answer lost, conditions are refused", lost,
             policy=Policy(if_none_match="refused"), sizes=PARTS),
    ]  # fmt: skip

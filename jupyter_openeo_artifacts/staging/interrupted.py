"""Jobs whose process has ended before they had: what their journals say of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from jupyter_openeo_artifacts.records.exceptions import RecordsUnusable
from jupyter_openeo_artifacts.records.folder import state_folder
from jupyter_openeo_artifacts.records.ledger import Origin
from jupyter_openeo_artifacts.transfer.journal import Journal
from jupyter_openeo_artifacts.transfer.journal_folder import intents, is_owed
from jupyter_openeo_artifacts.transfer.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_openeo_artifacts.staging.job import Job

_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Interrupted:
    """A job as its journal knows it.

    `contents` is the path of a file in Jupyter's root; `arrived` tells whether its bytes came from
    a browser or a notebook page; `size` and `vouched` are in bytes: so many from the start are in
    storage; `power_cut` whether the machine was started anew since.
    """

    id: str
    name: str
    origin: Origin
    size: int
    contents: str | None
    arrived: bool
    vouched: int
    power_cut: bool

    def reopen_spool(self) -> Spool | None:
        """Return its bytes that have arrived, None where they are lost or in other hands."""
        path = state_folder("spool") / self.id
        trusted = self.vouched if self.power_cut else None
        return Spool.reopen(path, self.size, given_back=self.vouched, trusted=trusted)


def about(job: Job) -> dict[str, Any]:
    """Return what a journal says of a job, for `interrupted`."""
    return {
        "job": job.id,
        "name": job.name,
        "connection": job.target.id,
        "backend": job.target.backend,
        "origin": job.origin,
        "contents": job.contents,
        "arrived": job.spool is not None,
        "boot": _boot(),
    }


def interrupted(connection: str) -> list[Interrupted]:
    """Return the jobs of a connection that no living process has in hand, oldest first."""
    found = []
    for path, said in known_journals():
        if said.get("connection") != connection or is_owed(path):
            continue
        journal = Journal.take(path)
        if journal is None:
            continue
        try:
            if (job := _read(journal)) is not None:
                found.append(job)
        finally:
            journal.close()
    return found


def interrupted_backends() -> set[str]:
    """Return the addresses of the backends for which there may be such jobs."""
    return {str(said["backend"]) for _, said in known_journals() if "backend" in said}


def awaited_spools() -> set[str]:
    """Return the names of the spools that a journal knows of."""
    return {str(said["job"]) for _, said in known_journals() if said.get("arrived")}


def known_journals() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the journals of jobs, and what `about` has put into each."""
    try:
        folder = state_folder("journals")
    except RecordsUnusable:
        return
    for path, intent in intents(folder):
        if intent.about.get("job"):
            yield path, dict(intent.about)


def _read(journal: Journal) -> Interrupted | None:
    intent = journal.intent
    if intent is None:
        return None
    match intent.about:
        case {"job": str(job), "name": str(name), "origin": origin, "arrived": bool(arrived)}:
            pass
        case _:
            return None
    contents = intent.about.get("contents")
    if not job.isalnum() or origin not in get_args(Origin):  # an id becomes part of a path
        return None
    return Interrupted(
        id=job,
        name=name,
        origin=origin,
        size=intent.size,
        contents=contents if isinstance(contents, str) else None,
        arrived=arrived,
        vouched=journal.vouched,
        power_cut=intent.about.get("boot") != _boot(),
    )


def _boot() -> str:
    """Return what is another after each start of the machine; always the same where unknown."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""

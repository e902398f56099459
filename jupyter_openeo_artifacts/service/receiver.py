"""Bytes that pages send in messages, and whether there is room for more of them."""

from __future__ import annotations

import shutil
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.formatting import size_text
from jupyter_openeo_artifacts.service.exceptions import NoRoomForUpload, PageGone
from jupyter_openeo_artifacts.sources.exceptions import SpoolFull
from jupyter_openeo_artifacts.sources.spool import LEFT_FREE
from jupyter_openeo_artifacts.staging.exceptions import NoSuchUpload
from jupyter_openeo_artifacts.state.files import has_holes, state_folder
from jupyter_openeo_artifacts.transfer.config import MAX_OBJECT, PartPlan, TransferConfig

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.sources.spool import Spool
    from jupyter_openeo_artifacts.staging.manager import UploadManager
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView


PATIENCE_SECONDS = 3_600.0
"""How long a page may be silent in the middle of a file: a laptop's lid is closed for a while."""


@dataclass
class _Arrival:
    """One file on its way; `lock` keeps its chunks one after the other."""

    target: Target | None
    spool: Spool
    received_at: float
    lock: threading.Lock


class Receiver:
    """Puts chunks in order, whatever thread they come in and however often.

    A chunk that is here already is passed over; one that comes too early is not kept: the answer
    tells how far the bytes are here, and the page goes on from there.
    """

    def __init__(self, upload_manager: UploadManager) -> None:
        self._upload_manager = upload_manager
        self._lock = threading.Lock()
        self._known: dict[str, _Arrival] = {}

    def __contains__(self, upload_id: str) -> bool:
        with self._lock:
            return upload_id in self._known

    @property
    def under_way(self) -> bool:
        """Whether bytes are still to come."""
        return any(not each.spool.complete for each in self._running().values())

    def add(self, upload_id: str, spool: Spool, target: Target | None = None) -> None:
        """Take the bytes of an upload from now on; again does no harm."""
        with self._lock:
            arrival = _Arrival(target, spool, time.monotonic(), threading.Lock())
            self._known.setdefault(upload_id, arrival)

    def touch(self, upload_id: str) -> None:
        """Let the time of an upload start again, which is tried again."""
        with self._lock:
            arrival = self._known.get(upload_id)
        if arrival is not None:
            arrival.received_at = time.monotonic()

    def take(self, upload_id: str, offset: int, content: memoryview) -> int:
        """Keep what is new in `content`, bytes from `offset` on; return how far all are here.

        Raises
        ------
        NoSuchUpload
            It is none of those.
        SpoolError
            It cannot be kept; what arrived before is. Where there is no room the upload is paused.
        """
        arrival = self._arrival(upload_id)
        with arrival.lock:
            arrival.received_at = time.monotonic()
            here = arrival.spool.received
            if offset <= here < offset + len(content):
                try:
                    here = arrival.spool.append(content[here - offset :])
                except SpoolFull as problem:
                    self._upload_manager.note_full(upload_id, problem)
                    raise
        self._upload_manager.arrived(upload_id)
        return here

    def target(self, upload_id: str) -> Target | None:
        """Return the login that a file is staged by, as far as that is known here.

        Raises
        ------
        NoSuchUpload
            It is none of those.
        """
        return self._arrival(upload_id).target

    def received(self, upload_id: str) -> int:
        """Return how far all bytes of a file are here.

        Raises
        ------
        NoSuchUpload
            It is none of those.
        """
        arrival = self._arrival(upload_id)
        arrival.received_at = time.monotonic()
        return arrival.spool.received

    def give_up_silent(self, patience: float = PATIENCE_SECONDS) -> None:
        """Fail the files whose page has sent nothing for `patience` seconds."""
        now = time.monotonic()
        for arrival in self._running().values():
            if now - arrival.received_at > patience:
                arrival.spool.fail(
                    PageGone(
                        "The page stopped sending this file.",
                        todo="Open the notebook again and drop the file once more.",
                    )
                )

    def _running(self) -> dict[str, _Arrival]:
        with self._lock:
            known = dict(self._known)
        running = {}
        for upload_id, arrival in known.items():
            try:
                ended = self._upload_manager.upload(upload_id).ended
            except NoSuchUpload:
                continue
            if not ended:
                running[upload_id] = arrival
        return running

    def _arrival(self, upload_id: str) -> _Arrival:
        with self._lock:
            arrival = self._known.get(upload_id)
        if arrival is None:
            raise NoSuchUpload
        return arrival


BLOCK = 1024 * 1024
"""Bytes handed to the disk at a time; tornado brings them by 64 KiB."""


def check_room(size: int, uploads: list[UploadView]) -> None:
    """Return if a file of `size` bytes has room beside what these uploads have yet to receive.

    Raises
    ------
    NoRoomForUpload
        It has none.
    """
    folder = state_folder("spool")
    leaves = has_holes(folder)  # where not, a file has room only as a whole
    promised = sum(
        _needed(upload.size, upload.size - upload.bytes_received, leaves=leaves)
        for upload in uploads
        if upload.size and not upload.ended
    )
    free = free_room() - promised
    if _needed(size, size, leaves=leaves) > free:
        raise NoRoomForUpload(
            f"The disk of the Jupyter server has room for {size_text(max(free, 0))},"
            f" this file has {size_text(size)}.",
            todo="Free some room there, or stage the file from where it lies by %artifact_upload.",
        )


def _needed(size: int, missing: int, *, leaves: bool) -> int:
    """Return the room that the missing bytes of a file need, some of which leave meanwhile."""
    if not leaves or size > MAX_OBJECT:
        return missing
    config = TransferConfig()
    part_size = PartPlan.for_size(size, config.part_size).part_size
    return min(missing, (config.in_flight + 1) * part_size)


def has_room() -> bool:
    """Tell whether one block more of a body can be kept."""
    return free_room() >= BLOCK


def free_room() -> int:
    """Return the bytes of the disk that spools may take."""
    return shutil.disk_usage(state_folder("spool")).free - LEFT_FREE

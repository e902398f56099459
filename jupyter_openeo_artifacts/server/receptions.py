"""Which uploads are being received now, and which were left alone for too long."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.server.reception import Reception

LEAST_RATE, _SLOW_SECONDS = 1000, 60.0
"""Bytes a second, over a minute, that a sender has to bring while others wait for its place."""


class Receptions:
    """At most one reception for each job; all methods run on the loop.

    Parameters
    ----------
    at_once
        How many jobs receive at a time; further ones wait before their first byte is read.
    lifetime
        Seconds without a byte after which an upload is given up.
    stalled
        Seconds without a byte after which a connection is hung up; its upload may go on by another.
    """

    def __init__(self, *, at_once: int, lifetime: float, stalled: float = 120.0) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._lifetime = lifetime
        self._stalled = stalled
        self._waiting = 0
        self._looked: dict[Reception, tuple[float, int]] = {}
        self._open: dict[str, Reception] = {}
        self._left: dict[str, float] = {}

    async def make_way(self, job: str) -> None:
        """Stop the reception that the job has, if any.

        A browser that comes back after a cut starts a new request, while the server may not know
        for minutes that the old one is dead (a zombie); the one who can prove to be alive wins.
        """
        while (other := self._open.pop(job, None)) is not None:
            await other.stop()

    async def take_place(self) -> None:
        """Wait for one of the places; `leave` gives it back."""
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1

    def begin(self, job: str, reception: Reception) -> None:
        """Note the job's reception; nothing may be awaited since `make_way`."""
        self._open[job] = reception

    def leave(self, job: str, reception: Reception | None) -> None:
        """Give a place back, and forget the reception if it is still the job's."""
        self._places.release()
        if reception is not None and self._open.get(job) is reception:
            del self._open[job]
        self.touch(job)

    async def flush(self, job: str) -> None:
        """Have what the job's reception took put on the disk, so that its offset is exact."""
        reception = self._open.get(job)
        if reception is not None:
            await reception.flush()

    def touch(self, job: str) -> float:
        """Let the job's time start again; return its end as Unix time."""
        self._left[job] = time.time()
        return self.expires(job)

    def expires(self, job: str) -> float:
        """Return the Unix time at which the upload is given up if no more bytes come."""
        return self._left.setdefault(job, time.time()) + self._lifetime

    def expired(self, receiving: set[str]) -> list[str]:
        """Return those of the jobs that are receiving whose time is over."""
        self._left = {job: since for job, since in self._left.items() if job in receiving}
        now = time.time()
        return [job for job in receiving - set(self._open) if self.expires(job) < now]

    async def hang_up_stalled(self) -> None:
        """Stop receptions that bring nothing any more, or too little while others wait."""
        now = asyncio.get_running_loop().time()
        for job, reception in list(self._open.items()):
            if now - reception.last_byte > self._stalled or self._is_too_slow(reception, now):
                await self.make_way(job)
        present = set(self._open.values())
        self._looked = {each: seen for each, seen in self._looked.items() if each in present}

    def _is_too_slow(self, reception: Reception, now: float) -> bool:
        """Tell whether it holds a place that others wait for with less than the least rate."""
        since, taken = self._looked.setdefault(reception, (now, reception.taken))
        if now - since < _SLOW_SECONDS:
            return False
        self._looked[reception] = (now, reception.taken)
        rate = (reception.taken - taken) / (now - since)
        return self._waiting > 0 and rate < LEAST_RATE

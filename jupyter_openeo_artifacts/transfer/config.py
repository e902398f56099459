"""How an upload goes about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from jupyter_openeo_artifacts.transfer.part_plan import MIB, MIN_PART
from jupyter_openeo_artifacts.transfer.retry import RetryPolicy

_SHARED = 8  # parts of all uploads: more threads wait for the same buffers and line


@dataclass(frozen=True)
class TransferConfig:
    """The knobs; the defaults are right for a notebook server.

    Parameters
    ----------
    part_size
        Bytes of a part, at least 5 MiB; more where a file would need more than 10 000 parts.
        A file of one part goes in one request.
    in_flight
        Parts sent at once; each holds one buffer of a part's size.
    buffer_bytes
        Bound on all buffers together: fewer parts are in flight when they are large. One part
        always is.
    retry
        How long failing requests are tried again.
    cleanup_patience
        Seconds, in place of its `patience`, for removing what a failed or cancelled upload left.
    grace
        Seconds that a failed or cancelled upload waits for its clean-up before it raises; the
        clean-up then goes on in the background.
    watch_every
        Seconds between two looks at whether the file has changed.
    """

    part_size: int = 8 * MIB
    in_flight: int = 4
    buffer_bytes: int = 64 * MIB
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    cleanup_patience: float = 15.0
    grace: float = 1.5
    watch_every: float = 1.0

    def __post_init__(self) -> None:
        if self.part_size < MIN_PART:
            raise ValueError(f"part_size must be at least {MIN_PART} bytes")
        if self.in_flight < 1:
            raise ValueError("in_flight must be at least 1")

    def parts_at_once(self, part_size: int, count: int, uploads: int = 1) -> int:
        """Return how many of `count` parts of `part_size` bytes to have in flight.

        Parameters
        ----------
        uploads
            How many there are at a time: they share `_SHARED`, and each has one at least.
        """
        share = max(1, _SHARED // uploads)
        return max(1, min(self.in_flight, share, self.buffer_bytes // part_size, count))

"""What an upload is given: its parts, how it goes about it, and who hears how it goes.

The limits are Amazon's (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html); other
storages have taken them over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.s3.exceptions import StorageRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError


MIB = 1024**2

MIN_PART = 5 * MIB
"""Of every part but the last, in bytes."""

MAX_PART = 5 * 1024 * MIB

MAX_PARTS = 10_000

MAX_OBJECT = 5 * 1024**2 * MIB


@dataclass(frozen=True)
class Part:
    """One part: its number from 1, its first byte, its length in bytes."""

    number: int
    offset: int
    length: int


@dataclass(frozen=True)
class PartPlan:
    """A file of `size` bytes in parts of `part_size`, the last one as long as what is left."""

    size: int
    part_size: int

    @classmethod
    def for_size(cls, size: int, part_size: int) -> PartPlan:
        """Plan with parts of `part_size`, or the next whole MiB with which the limits are kept.

        Raises
        ------
        StorageRefused
            No storage that keeps to the limits takes an object of this size.
        """
        if size > MAX_OBJECT:
            raise StorageRefused(
                f"A file of {size / 1024**4:.1f} TiB is larger than the 5 TiB S3 can store.",
                todo="Split the file.",
            )
        needed = -(-size // MAX_PARTS)
        if needed > part_size:
            part_size = -(-needed // MIB) * MIB
        return cls(size, min(max(part_size, MIN_PART), MAX_PART))

    @property
    def count(self) -> int:
        """How many parts; one for an empty file."""
        return max(1, -(-self.size // self.part_size))

    def __iter__(self) -> Iterator[Part]:
        for index in range(self.count):
            offset = index * self.part_size
            yield Part(index + 1, offset, min(self.part_size, self.size - offset))


_SHARED = 8  # parts of all uploads: more threads wait for the same buffers and line


@dataclass(frozen=True)
class RetryPolicy:
    """How long failing requests are tried again; all in seconds.

    Parameters
    ----------
    patience
        Without any success after which they are given up.
    first_delay, longest_delay
        At most, before the second try; each later one may wait twice as long, up to the longest.
    report_after
        Of failing after which `UploadObserver.on_retrying` is told.
    """

    patience: float = 120.0
    first_delay: float = 0.25
    longest_delay: float = 5.0
    report_after: float = 2.0


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


class UploadObserver:
    """Hears how one upload goes, in the upload's threads; overridden where somebody wants to know.

    What `on_progress` and `on_verifying` raise ends the upload, and is raised by it.
    """

    def on_progress(self, stored: int) -> None:
        """Hear how many bytes storage has acknowledged in all.

        One call at a time, with growing numbers; they begin again where the upload has to, under
        another key.
        """

    def on_verifying(self) -> None:
        """Hear once that all bytes are sent, and that what was stored is being checked."""

    def on_retrying(self, problem: OpenEOArtifactsError | None) -> None:
        """Hear why nothing moves while it is tried again; None once it moves."""

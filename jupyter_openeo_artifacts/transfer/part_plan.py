"""How a file is cut into parts.

The limits are Amazon's (https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html); other
storages have taken them over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.s3.exceptions import StorageRefused

if TYPE_CHECKING:
    from collections.abc import Iterator


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

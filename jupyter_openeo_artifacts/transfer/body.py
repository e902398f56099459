"""The body of one request, which stops when the upload does."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.transfer.cancel import CancelToken


class Body(io.BytesIO):
    """A buffer whose reading raises once `stop` is cancelled.

    So a cancel does not wait until a slow line has taken the rest of the part. As a file the buffer
    is also not copied (botocore joins a `bytes` body to the headers; `BytesIO` shares the bytes it
    is made of), and goes with `Expect: 100-continue`: a storage that refuses does so before the
    bytes are sent.
    """

    def __init__(self, content: bytes, stop: CancelToken) -> None:
        super().__init__(content)
        self._stop = stop

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes; see `io.BytesIO.read`.

        Raises
        ------
        Cancelled
            `stop` was.
        """
        self._stop.raise_if_cancelled()
        return super().read(size)

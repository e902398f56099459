"""Compare an artifact in storage with what was uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.object_reader import fetch
from jupyter_openeo_artifacts.artifacts.presigned_probe import LinkReader, explain_page
from jupyter_openeo_artifacts.artifacts.uri import name_of
from jupyter_openeo_artifacts.artifacts.user_bucket import compare
from jupyter_openeo_artifacts.s3.exceptions import ObjectGone, StorageError
from jupyter_openeo_artifacts.s3.remote_object import bare_etag

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from jupyter_openeo_artifacts.artifacts.presigned_probe import LinkAnswer, LinkResponse
    from jupyter_openeo_artifacts.artifacts.uri import S3URI
    from jupyter_openeo_artifacts.artifacts.user_bucket import Objects


LINK_SECONDS = 300
_BLOCK = 16_384  # GDAL's first read, https://gdal.org/en/stable/user/virtual_file_systems.html
_OK, _PARTIAL, _MULTIPLE = 200, 206, 300

_NO_HEAD = (
    "Storage refuses HEAD of a link ({status}): links are signed for GET alone. Readers that ask by"
    " HEAD first (polars, for one) may fail; GDAL and requests.get read it by GET."
)

_NO_RANGE = (
    "Storage answers a request for a part with {what}: readers of parts (GDAL, pyarrow) fetch the"
    " whole file, or fail."
)

_ANOTHER = (
    "A {method} of the link gives another object than storage has told of: it was replaced"
    " meanwhile. Try again."
)


@dataclass(frozen=True, repr=False)
class Verification:
    """What was found of an artifact; `print` it for the notes.

    Attributes
    ----------
    there
        Whether the object is in storage; if not, nothing else is known, and no link was tried. None
        where a given link was refused in a way that does not tell.
    size
        In bytes; None where storage does not tell.
    etag
        Without quotes; the MD5 of the content for files that went in one request to most storages.
    stored_at
        When, by the storage's clock.
    get, head, range
        Whether a fresh presigned URL answers a GET, a HEAD, and a GET of the first bytes (206 with
        the right Content-Range). Mind that many storages refuse HEAD of a link.
    notes
        A sentence for each thing that a reader of the link will trip over, and where it is not what
        it should be.
    sha256
        Of the content in hex, as it was read back; empty where that was not asked for.
    same
        False where it is not what it should be: of another size, or its content read back has
        another SHA-256 than the expected one (where none is known: another MD5 than the ETag
        tells). True where it was read back and has the expected SHA-256. None where neither can be
        told.
    valid_until
        The end of the link that was given to be verified, as far as it is known: what it was signed
        for, or the end of its session; None for a storage URI.
    """

    uri: S3URI
    there: bool | None
    size: int | None = None
    etag: str = ""
    stored_at: datetime | None = None
    content_type: str = ""
    get: bool = False
    head: bool = False
    range: bool = False
    notes: tuple[str, ...] = ()
    sha256: str = ""
    same: bool | None = None
    valid_until: datetime | None = None

    def __repr__(self) -> str:
        told = {True: "there", False: "not there", None: "not known whether it is there"}
        words = [told[self.there]]
        if self.size is not None:
            words.append(f"{self.size:,} bytes")
        if self.same is not None:
            words.append("as it was staged" if self.same else "not as it was staged")
        if self.there or self.valid_until:
            words.append("link works" if self.get else "link does not work")
        if self.valid_until:
            words.append(f"valid until {self.valid_until:%Y-%m-%d %H:%M} UTC")
        return f"<{type(self).__name__} {name_of(self.uri.key)!r}: {', '.join(words)}>"

    def __str__(self) -> str:
        return "\n".join([repr(self).strip("<>").removeprefix("Verification "), *self.notes])


def verify(
    objects: Objects,
    uri: S3URI,
    link: Callable[[], str],
    expected: Expected,
    *,
    read_back: bool,
) -> Verification:
    """Look for the object, and try a link by a GET, a HEAD and a GET of the first bytes.

    No body is read but those of refusals, unless it is to be read back; that takes a mebibyte of
    memory.

    Parameters
    ----------
    link
        Makes a presigned URL for it.

    Raises
    ------
    StorageError, ArtifactChanged
        Storage does not say whether it is there, or does not give it whole.
    """
    try:
        known = objects.head(uri)
    except ObjectGone as error:
        return Verification(uri, there=False, notes=(f"{error.message} {error.todo}",))
    content = Comparison(expected, known.get("ContentLength"))
    if read_back:
        content.read_back(objects, uri)
    stored_at = known.get("LastModified")
    trial = _Trial(LinkReader(link(), public_only=objects.public_only), known)
    return Verification(
        uri,
        there=True,
        size=known.get("ContentLength"),
        etag=bare_etag(known),
        stored_at=stored_at and stored_at.astimezone(timezone.utc),
        content_type=known.get("ContentType", ""),
        get=trial.get(),
        head=trial.head(),
        range=trial.range(),
        notes=(*content.notes, *trial.notes),
        sha256=content.sha256,
        same=content.same,
    )


class _Trial:
    """Tries a link, and takes notes."""

    def __init__(self, reader: LinkReader, known: Mapping[str, Any]) -> None:
        self._reader = reader
        self._known = known
        self._size = known.get("ContentLength")
        self.notes: list[str] = []

    def get(self) -> bool:
        answer = self._ask("GET")
        if answer is None or not self._is_right(answer):
            return False
        encoding = answer.headers.get("content-encoding", "identity")
        if encoding != "identity":
            self.notes.append(f"It is stored as {encoding!r}, which readers may try to undo.")
        return True

    def head(self) -> bool:
        answer = self._ask("HEAD")
        if answer is None:
            return False
        if answer.status in (401, 403, 405):
            self.notes.append(_NO_HEAD.format(status=answer.status))
            return False
        return self._is_right(answer)

    def range(self) -> bool:
        if self._size == 0:
            self.notes.append("The file is empty: there is no part of it to ask for.")
            return False
        last = (_BLOCK if self._size is None else min(_BLOCK, self._size)) - 1
        answer = self._ask("GET", {"Range": f"bytes=0-{last}"})
        if answer is None or not self._is_of_object(answer):
            return False
        if answer.status == _PARTIAL and self._is_first_part(answer, last):
            return True
        if answer.status == _OK:
            self.notes.append(_NO_RANGE.format(what="status 200 in place of 206"))
        elif answer.status == _PARTIAL:
            self.notes.append(_NO_RANGE.format(what="another part"))
        else:
            self._note_refusal(answer)
        return False

    def _is_first_part(self, answer: LinkResponse, last: int) -> bool:
        found = answer.headers.get("content-range", "")
        if self._size is None:  # of a file that may be shorter than what was asked for
            return found.startswith("bytes 0-")
        return found == f"bytes 0-{last}/{self._size}"

    def _ask(self, method: str, headers: dict[str, str] | None = None) -> LinkResponse | None:
        try:
            return self._reader.ask(method, headers or {})
        except StorageError as error:
            self.notes.append(f"{error.message} {error.todo}")
            return None

    def _is_right(self, answer: LinkResponse) -> bool:
        if answer.status != _OK:
            self._note_refusal(answer)
            return False
        if not self._is_of_object(answer):
            return False
        told = answer.headers.get("content-length")
        if self._size is not None and told is not None and told != str(self._size):
            self.notes.append(
                f"A {answer.method} of the link tells {told} bytes; the file has {self._size}."
            )
            return False
        return True

    def _is_of_object(self, answer: LinkResponse) -> bool:
        """Take note of a success that is a page's, or another object's."""
        if answer.status not in (_OK, _PARTIAL):
            return True
        found = compare(self._known, answer.parsed)
        if found == "page":
            self._note(explain_page())
        elif found == "another":
            self.notes.append(_ANOTHER.format(method=answer.method))
        return found == "same"

    def _note_refusal(self, answer: LinkResponse) -> None:
        if answer.status < _MULTIPLE:
            self.notes.append(f"A {answer.method} of the link is answered by {answer.status}.")
            return
        self._note(answer.refusal())

    def _note(self, why: LinkAnswer) -> None:
        self.notes.append(f"{why.says} {why.todo}")


@dataclass(frozen=True)
class Expected:
    """What should be stored: `size` in bytes, `sha256` in hex, empty where it is not known."""

    size: int | None = None
    sha256: str = ""


class Comparison:
    """Compares, and takes notes.

    Parameters
    ----------
    size
        Of what is stored, in bytes; None where storage does not tell.

    Attributes
    ----------
    sha256
        Of what was read back, in hex; empty before.
    same
        Whether it is what was expected; None as long as neither is certain.
    notes
        Why it is not.
    """

    def __init__(self, expected: Expected, size: int | None) -> None:
        self.sha256: str = ""
        self.same: bool | None = None
        self.notes: list[str] = []
        self._expected = expected
        if size is not None and expected.size not in (None, size):
            self._refute(f"it has {size} bytes and should have {expected.size}")

    def read_back(self, objects: Objects, uri: S3URI) -> None:
        """Read all of the content, a mebibyte at a time, and compare it.

        Raises
        ------
        ObjectGone, StorageError, ArtifactChanged
            Storage does not give it whole.
        """
        wanted = self._expected.sha256.lower()
        found = fetch(objects, uri, _Nowhere(), "read the artifact back", expected=wanted)
        self.sha256 = found.sha256
        if wanted and self.sha256 != wanted:
            self._refute(f"its SHA-256 is {self.sha256} and should be {wanted}")
        elif not wanted and found.agrees is False:
            self._refute("storage gives other bytes than those that it says to have")
        elif wanted and self.same is None:
            self.same = True

    def _refute(self, why: str) -> None:
        self.same = False
        self.notes.append(f"It is not the file that was staged: {why}. Stage that file again.")


class _Nowhere:
    """What takes the bytes and keeps none."""

    def write(self, block: bytes) -> None:
        pass

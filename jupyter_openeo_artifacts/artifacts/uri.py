"""Storage URIs, object keys, and the names and days in them."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import threading
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timezone
from functools import lru_cache
from typing import Any

from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactNameInvalid, StorageURIInvalid

_DAY = re.compile(r"[^/]+/(\d{4})/(\d\d)/(\d\d)/")
_UNIQUE = re.compile(r"[0-9a-f]{10}")

MAX_KEY_BYTES = 1024  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
MAX_NAME_BYTES = 255  # most stores keep a segment as a file name, and readers save it as one
_NAMES_TOGETHER = 1000
_MAX_NAMES_BYTES = MAX_KEY_BYTES - 100  # of a name with folders: what is before it takes 63


def user_prefix(subject: str) -> str:
    """Return sha1 of the subject as the STS answers it: the prefix providers' policies allow."""
    return hashlib.sha1(subject.encode(), usedforsecurity=False).hexdigest()


def todays_folder(subject: str, now: datetime | None = None) -> str:
    """Return `<user>/<UTC year/month/day>/`, under which providers' policies let today's be put."""
    return _folder_of(subject, (now or datetime.now(timezone.utc)).astimezone(timezone.utc).date())


@lru_cache(maxsize=16)
def _folder_of(subject: str, day: date) -> str:
    return f"{user_prefix(subject)}/{day:%Y/%m/%d}/"


def artifact_key(subject: str, name: str, now: datetime | None = None) -> str:
    """Return a key that no other upload has: `<user>/<UTC year/month/day>/<unique>/<name>`.

    Files of different names that one process stages lie together: a file finds what belongs to it
    (the parts of a Shapefile), and a storage makes one folder for them
    (docs/decisions/037-names-together.md).

    Raises
    ------
    ArtifactNameInvalid
        See `checked_name`.
    """
    return f"{todays_folder(subject, now)}{_SEGMENTS.segment_for(checked_name(name))}/{name}"


class _UniqueSegments:
    """The segments of this process's keys: random ones, and in each a name once."""

    def __init__(self) -> None:
        self.reset_after_fork()

    def reset_after_fork(self) -> None:
        """Have no segment: after a fork the one that there is belongs to the parent."""
        self._lock = threading.Lock()
        self._segment = ""
        self._names: set[str] = set()

    def segment_for(self, name: str) -> str:
        """Return a segment in which no other upload has that name."""
        if "/" in name:  # its folder may be another one's file, which not every storage can have
            return secrets.token_hex(5)
        with self._lock:
            if not self._segment or name in self._names or len(self._names) >= _NAMES_TOGETHER:
                self._segment, self._names = secrets.token_hex(5), set()
            self._names.add(name)
            return self._segment


_SEGMENTS = _UniqueSegments()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_SEGMENTS.reset_after_fork)


def day_of(key: str) -> datetime | None:
    """Return the beginning of the UTC day that is in `key`, None where there is none."""
    found = _DAY.match(key)
    try:
        return found and datetime(int(found[1]), int(found[2]), int(found[3]), tzinfo=timezone.utc)
    except ValueError:
        return None


def name_of(key: str) -> str:
    """Return the name of the artifact at `key`; upstream's keys have no unique segment."""
    found = _DAY.match(key)
    rest = key[found.end() :] if found else key.partition("/")[2]
    unique, _, name = rest.partition("/")
    return name if found and name and _UNIQUE.fullmatch(unique) else rest


def checked_name(name: str) -> str:
    """Return `name` if it can be stored, read by URL and written in a cell without surprises.

    Slashes are allowed inside (a name may have folders), `.` and `..` as a whole segment are not:
    URL libraries fold them away and would ask for another key.

    Raises
    ------
    ArtifactNameInvalid
        It cannot; nothing has been sent.
    """
    trouble = _trouble(name)
    if trouble:
        raise ArtifactNameInvalid(
            f"This name cannot be used for an artifact: {trouble}.",
            todo="Rename the file, or give the artifact another name.",
        )
    return name


def _trouble(name: str) -> str:
    try:
        encoded = name.encode()
    except UnicodeEncodeError:
        return "it contains characters that are not valid Unicode"
    if not name.strip():
        return "it is empty"
    if not name.isprintable() and any(map(_is_control, name)):
        return "it contains a line break or another control character"
    segments = name.split("/")
    if not {"", ".", ".."}.isdisjoint(segments):
        return "between its slashes something is empty, '.' or '..'"
    longest = max(map(len, encoded.split(b"/")))
    for length, most in ((longest, MAX_NAME_BYTES), (len(encoded), _MAX_NAMES_BYTES)):
        if length > most:
            return f"it is too long ({length} bytes; at most {most} are possible)"
    return ""


def _is_control(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Zl", "Zp")


_SCHEME = "s3://"
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}")


@dataclass(frozen=True)
class S3URI:
    """`s3://<bucket>/<key>`; the key is taken as it stands, nothing is decoded or normalised."""

    bucket: str
    key: str

    @classmethod
    def from_str(cls, uri: str) -> S3URI:
        """Read an URI as `str()` writes it.

        Raises
        ------
        StorageURIInvalid
            It has not this form (a `ValueError`, as upstream raises).
        """
        bucket, slash, key = uri.removeprefix(_SCHEME).partition("/")
        if not uri.startswith(_SCHEME) or not slash:
            raise _invalid()
        return cls._checked(bucket, key)

    @classmethod
    def from_any(cls, uri: Any) -> S3URI:
        """Take one of ours, one of upstream's (read by attribute) or the text.

        Raises
        ------
        StorageURIInvalid
            It is none of these.
        """
        bucket, key = getattr(uri, "bucket", None), getattr(uri, "key", None)
        if isinstance(bucket, str) and isinstance(key, str):
            return cls._checked(bucket, key)
        return cls.from_str(str(uri))

    @classmethod
    def _checked(cls, bucket: str, key: str) -> S3URI:
        try:
            length = len(key.encode())
        except UnicodeEncodeError as error:
            raise _invalid() from error
        if not _BUCKET.fullmatch(bucket) or not 0 < length <= MAX_KEY_BYTES:
            raise _invalid()
        return cls(bucket, key)

    def to_string(self) -> str:
        """Return `s3://<bucket>/<key>`."""
        return f"{_SCHEME}{self.bucket}/{self.key}"

    def __str__(self) -> str:
        return self.to_string()


def _invalid() -> StorageURIInvalid:
    return StorageURIInvalid(
        "This is not a storage URI of the form s3://<bucket>/<key>.",
        todo="Copy it again from the panel, or use what upload_file returned.",
    )


_WEB = re.compile(r"https?://", re.IGNORECASE)
_SIGNATURE = re.compile(r"x-amz-(signature|credential|security-token)", re.IGNORECASE)


def is_link(given: Any) -> bool:
    """Tell whether somebody gave a web address where a name or a storage URI may be, too."""
    return isinstance(given, str) and _WEB.match(given.strip()) is not None


def may_be_secret(given: str) -> bool:
    """Tell whether a text must not be repeated, since it may be a link or a part of one."""
    return is_link(given) or _SIGNATURE.search(given) is not None

"""Reading and writing the headers of tus 1.0 (https://tus.io/protocols/resumable-upload)."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.server.exceptions import NotAnUpload, TusVersionUnknown
from jupyter_openeo_artifacts.service.exceptions import RequestInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping


VERSION = "1.0.0"


EXTENSIONS = ("creation", "termination", "expiration")


CONTENT_TYPE = "application/offset+octet-stream"


_NUMBER = re.compile("[0-9]{1,19}")


_KEY = re.compile("[!-+.-~-]+")  # printable ASCII but comma


_TODO = "Update the browser tab or the program that sent it; it does not speak tus 1.0 as agreed."


def check_version(headers: Mapping[str, str]) -> None:
    """Raise `TusVersionUnknown` unless the client speaks our version."""
    if headers.get("Tus-Resumable") != VERSION:
        raise TusVersionUnknown(f"Uploads speak tus {VERSION} here.", todo=_TODO)


def check_content_type(headers: Mapping[str, str]) -> None:
    """Raise `NotAnUpload` unless the body is a piece of an upload."""
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise NotAnUpload(f"The body's Content-Type is not {CONTENT_TYPE}.", todo=_TODO)


def check_plain(headers: Mapping[str, str]) -> None:
    """Raise `RequestInvalid` for what would be taken for something that it is not.

    An upload put together of others (the extension `concatenation`) is not offered; and the bytes
    of a PATCH are stored as they come, so an encoding would end up in the file.
    """
    if "Upload-Concat" in headers:
        raise RequestInvalid("Uploads are not put together of others here.", todo=_TODO)
    if headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise RequestInvalid(
            "The bytes of an upload are taken without Content-Encoding.", todo=_TODO
        )


def number(headers: Mapping[str, str], name: str) -> int:
    """Return a header that is a count of bytes.

    Raises
    ------
    RequestInvalid
        It is missing, or no whole number from 0.
    """
    value = headers.get(name, "").strip()
    if not _NUMBER.fullmatch(value):
        raise RequestInvalid(f"The header {name} is missing or no number of bytes.", todo=_TODO)
    return int(value)


def metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what is in `Upload-Metadata`: pairs of key and base64, joined by commas.

    Raises
    ------
    RequestInvalid
        It is not of that form, or a value is not UTF-8.
    """
    found: dict[str, str] = {}
    text = headers.get("Upload-Metadata", "").strip()
    for pair in text.split(",") if text else []:
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise RequestInvalid("Upload-Metadata is not of the form of tus 1.0.", todo=_TODO)
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError) as error:
            raise RequestInvalid(
                f"In Upload-Metadata, the value of {key!r} is not base64 of UTF-8.", todo=_TODO
            ) from error
    return found


def http_date(at: float) -> str:
    """Return a Unix time as `Upload-Expires` wants it (RFC 9110 §5.6.7)."""
    return format_datetime(datetime.fromtimestamp(at, timezone.utc), usegmt=True)

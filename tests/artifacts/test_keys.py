"""Names and keys."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta, timezone

import pytest

from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactNameInvalid
from jupyter_openeo_artifacts.artifacts.keys import artifact_key, checked_name

EVIL_BUT_FINE = [
    "fields 2026.parquet",
    "quote'\".zip",
    "emoji 😀.tif",
    "<img src=x onerror=alert(1)>.tif",
    "a#b?c=d%20.tif",
    "folder/inside/file.tif",
    ".hidden",
    "..a",
    "x" * 255,
]


@pytest.mark.parametrize("name", EVIL_BUT_FINE)
def test_names_that_can_be_stored_stay_as_they_are(name: str) -> None:
    assert checked_name(name) == name


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("a\nb", "line break"),
        ("a\0b", "control"),
        ("a\x7fb", "control"),
        ("a\u2028b", "line break"),
        ("../x", "between its slashes"),
        ("a/../b", "between its slashes"),
        ("./a", "between its slashes"),
        ("/a", "between its slashes"),
        ("a//b", "between its slashes"),
        ("a/", "between its slashes"),
        ("\ud800", "Unicode"),
        ("x" * 300, "too long"),
        ("ü" * 128, "too long"),
        ("/".join(["abcdefgh"] * 150), "1349 bytes; at most 924"),
    ],
)
def test_names_that_would_surprise_are_refused(name: str, why: str) -> None:
    with pytest.raises(ArtifactNameInvalid, match=why) as caught:
        checked_name(name)
    assert caught.value.code == "name_invalid"
    assert caught.value.who == "you"
    assert caught.value.todo


def test_the_key_has_the_prefix_that_policies_are_written_on() -> None:
    # Given
    late = datetime(2026, 11, 22, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    # When
    key = artifact_key("https://issuer:alice", "a.tif", late)
    # Then
    user, year, month, day, unique, name = key.split("/")
    assert user == hashlib.sha1(b"https://issuer:alice").hexdigest()
    assert (year, month, day, name) == ("2026", "11", "23", "a.tif")
    assert len(unique) == 10


def test_no_two_uploads_share_a_key() -> None:
    now = datetime.now(timezone.utc)
    assert len({artifact_key("alice", "a.tif", now) for _ in range(1000)}) == 1000

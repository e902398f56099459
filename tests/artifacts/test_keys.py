"""Names and keys."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactNameInvalid
from jupyter_openeo_artifacts.artifacts.uri import artifact_key, checked_name

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


def test_files_of_different_names_lie_together() -> None:
    # Given
    now = datetime.now(timezone.utc)
    artifact_key("alice", "fields.shp", now)
    # When: what is there begins a folder anew
    keys = [artifact_key("alice", name, now) for name in ("fields.shp", "fields.dbf", "fields.shx")]
    again = artifact_key("alice", "fields.dbf", now)
    # Then
    assert len({key.rpartition("/")[0] for key in keys}) == 1
    assert again not in keys


def test_a_folder_of_a_name_is_nobodys_file() -> None:
    now = datetime.now(timezone.utc)
    file, inside = artifact_key("alice", "data", now), artifact_key("alice", "data/a.tif", now)
    assert not inside.startswith(f"{file}/")


def test_a_folder_holds_so_many_files() -> None:
    now = datetime.now(timezone.utc)
    keys = [artifact_key("alice", f"{number}.tif", now) for number in range(3000)]
    folders = Counter(key.rpartition("/")[0] for key in keys)
    assert max(folders.values()) == 1000


def test_threads_share_no_key() -> None:
    now = datetime.now(timezone.utc)
    names = ["a.tif", "b.tif"] * 500
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda name: artifact_key("alice", name, now), names))
    assert len(set(keys)) == len(keys)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_shares_no_key_with_its_parent() -> None:
    # Given
    now = datetime.now(timezone.utc)
    artifact_key("alice", "a.tif", now)
    reading, writing = os.pipe()
    # When
    child = os.fork()
    if not child:
        os.write(writing, artifact_key("alice", "b.tif", now).encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(reading, 1024).decode()
    os.close(reading)
    os.close(writing)
    # Then
    assert told != artifact_key("alice", "b.tif", now)

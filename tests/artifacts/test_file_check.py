"""A look at a file before it goes."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.artifacts.exceptions import FileMissing
from jupyter_openeo_artifacts.artifacts.local_file import advice_on, readable_file

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper


def zipped(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
        made.comment = b"c" * 1000
    return held.getvalue()


def geojson(*features: object, kind: str = "FeatureCollection") -> bytes:
    return json.dumps({"type": kind, "features": list(features)}).encode()


LARGE = geojson(*[{"type": "Feature", "properties": {"text": "x" * 1000}}] * 3000)
PARQUET = b"PAR1" + b"x" * 100 + b"PAR1"
FINE = [
    ("a.parquet", PARQUET),
    ("a.PARQUET", PARQUET),
    ("a.parquet", b"PARE" + b"x" * 100 + b"PARE"),
    ("a.zip", zipped(a=b"1", b=b"2")),
    ("a.geojson", geojson({"type": "Feature"})),
    ("a.geojson", b"\xef\xbb\xbf" + geojson({"type": "Feature"})),
    ("a.geojson", b'{"type": "Point", "coordinates": [1, 2]}'),
    ("a.geojson", LARGE),
    ("a.geojson", b"\xef\xbb\xbf \n" + LARGE + b"\r\n\n"),
    ("a.geojson", LARGE + b" " * 10_000),
    ("a.geojson", LARGE.decode().encode("utf-16")),
    ("a.dbf", b"x"),
    ("shp", b"x"),
    ("a.shp.zip", zipped(a=b"1")),
    ("a.csv", b""),
    ("a.json", b"{"),
    ("", b""),
]
WRONG = [
    ("fields.shp", b"x" * 100, "into one zip"),
    ("FIELDS.SHP", b"", "into one zip"),
    ("a.parquet", PARQUET[:-1], "no whole Parquet"),
    ("a.parquet", PARQUET[1:], "no whole Parquet"),
    ("a.parquet", b"PAR1", "no whole Parquet"),
    ("a.geoparquet", b"", "no whole Parquet"),
    ("a.zip", zipped(a=b"1" * 5000)[:-1010], "no whole zip"),
    ("a.zip", zipped(a=b"1", b=b"2")[40:], "no whole zip"),
    ("a.zip", b"", "no whole zip"),
    ("a.zip", b"PK" + b"x" * 70_000, "no whole zip"),
    ("a.zip", zipped(), "holds no files"),
    ("a.geojson", geojson(), "holds no features"),
    ("a.geojson", b'{"type": "FeatureCollection"}', "holds no features"),
    ("a.geojson", geojson({"type": "Feature"})[:-3], "no whole GeoJSON"),
    ("a.geojson", b"[]", "no whole GeoJSON"),
    ("a.geojson", b"", "no whole GeoJSON"),
    ("a.geojson", b"[" * 100_000, "no whole GeoJSON"),
    ("a.geojson", LARGE[:-1], "no whole GeoJSON"),
    ("a.geojson", LARGE[:2_000_000], "no whole GeoJSON"),
    ("a.geojson", b"[" + LARGE + b"]", "no whole GeoJSON"),
    ("a.geojson", b"PK" + bytes(3_000_000), "no whole GeoJSON"),
]


def said_of(name: str, content: bytes) -> str:
    return advice_on(name, len(content), lambda at, length: content[at : at + length])


@pytest.mark.parametrize("name", ["a.geojson", "a.parquet", "a.zip"])
@pytest.mark.parametrize("size", [1_048_576, 1_048_577, 16_777_216, 10**12])
def test_no_look_takes_long_whatever_the_size(name: str, size: int) -> None:
    # Given: JSON is parsed in one go, in which no other thread of the server runs
    asked = []

    def read(_offset: int, length: int) -> bytes:
        asked.append(length)
        return b" " * length

    # When
    advice_on(name, size, read)
    # Then
    assert sum(asked) <= 1_048_576


@pytest.mark.parametrize(("name", "content"), FINE)
def test_what_readers_can_use_is_passed_without_a_word(name: str, content: bytes) -> None:
    assert not said_of(name, content)


@pytest.mark.parametrize(("name", "content", "words"), WRONG)
def test_what_no_reader_can_use_is_said(name: str, content: bytes, words: str) -> None:
    assert words in said_of(name, content)
    assert repr(name) in said_of(name, content)


def test_a_large_file_costs_a_few_small_reads() -> None:
    # Given
    asked: list[tuple[int, int]] = []

    def read(offset: int, length: int) -> bytes:
        asked.append((offset, length))
        return b"PAR1"[:length]

    # When / Then
    for name in ("a.parquet", "a.zip", "a.geojson", "a.tif"):
        advice_on(name, 10**12, read)
    assert sum(length for _, length in asked) < 100_000


@pytest.mark.parametrize("target", ["nothing", "link.csv"], ids=["nowhere", "itself"])
def test_a_link_that_leads_nowhere_is_said_to(tmp_path: Path, target: str) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / target)
    with pytest.raises(FileMissing, match=r"'link\.csv' in .* is a link that leads nowhere"):
        readable_file(tmp_path / "link.csv")


def test_the_helper_says_it_before_the_first_byte(
    helper: S3STSArtifactHelper, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    (tmp_path / "fields.shp").write_bytes(b"x")
    sent: list[bool] = []
    helper.client.meta.events.register(
        "before-send.s3.PutObject", lambda **_: sent.append("into one zip" in caplog.text) and None
    )
    # When
    with caplog.at_level(logging.WARNING):
        uri = helper.upload_file(tmp_path / "fields.shp")
    # Then: it is advice, and the file is there
    assert sent == [True]
    assert helper.verify(uri).there

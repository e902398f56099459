"""The files of the demo's folder are what they say."""

from __future__ import annotations

import io
import struct
import zipfile

import geopandas
import nbformat
import pyarrow.parquet
import pytest

from jupyter_openeo_artifacts.demo.example_folder import FILES, NOTEBOOK, lay_out


@pytest.fixture
def folder(tmp_path):
    lay_out(tmp_path, "http://127.0.0.1:4321")
    return tmp_path


def test_all_are_laid_out_and_small(folder):
    found = {file.name: file.stat().st_size for file in folder.iterdir()}
    assert set(found) == {*FILES, NOTEBOOK}
    assert 0 < max(found.values()) < 500_000


def test_what_a_person_changed_is_not_touched(folder):
    # Given
    (folder / NOTEBOOK).write_text("mine")

    # When
    lay_out(folder, "http://127.0.0.1:1")

    # Then
    assert (folder / NOTEBOOK).read_text() == "mine"


def test_the_notebook_points_at_the_backend(folder):
    # When
    notebook = nbformat.read(folder / NOTEBOOK, as_version=4)

    # Then
    nbformat.validate(notebook)
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    assert 'openeo.connect("http://127.0.0.1:4321")' in code
    assert "backend.invalid" not in code


def test_the_geoparquet_has_parcels_and_says_where(folder):
    # When
    frame = geopandas.read_parquet(folder / "fields.parquet")

    # Then
    assert len(frame) == 48
    assert frame.crs == "EPSG:4326"
    assert frame.is_valid.all()
    assert frame["hectares"].between(1, 1000).all()
    assert b"geo" in pyarrow.parquet.read_schema(folder / "fields.parquet").metadata


def test_the_zip_holds_a_shapefile(folder):
    with zipfile.ZipFile(folder / "fields_shapefile.zip") as archive:
        assert archive.testzip() is None
        assert {name.rpartition(".")[2] for name in archive.namelist()} >= {"shp", "shx", "dbf"}


def test_the_geotiff_is_cloud_optimised_and_has_a_place(folder):
    # When its first directory is read, by the TIFF 6.0 and GeoTIFF 1.1 layout
    content = (folder / "elevation.tif").read_bytes()
    order, magic, offset = struct.unpack_from("<2sHI", content)
    assert (order, magic) == (b"II", 42)
    count = struct.unpack_from("<H", content, offset)[0]
    tags = {}
    for number in range(count):
        tag, _, _, value = struct.unpack_from("<HHII", content, offset + 2 + 12 * number)
        tags[tag] = value

    # Then
    width, height, tile_width = 256, 257, 322
    pixel_scale, tie_point, geo_keys = 33550, 33922, 34735
    assert (tags[width], tags[height], tags[tile_width]) == (256, 256, 128)
    assert {pixel_scale, tie_point, geo_keys} <= set(tags)
    assert b"LAYOUT=IFDS_BEFORE_DATA" in content[:512]


def test_the_onnx_model_names_its_input_and_crops(folder):
    # When its protocol buffer is walked: field 7 of ModelProto is the graph
    content = (folder / "crop_type.onnx").read_bytes()
    fields = dict(_fields(io.BytesIO(content)))

    # Then
    ir_version, producer, graph = 1, 2, 7
    assert fields[ir_version] == 8
    assert fields[producer] == b"openeo-demo"
    for name in (b"ndvi", b"probabilities", b"Gemm", b"Softmax"):
        assert name in fields[graph]
    assert b"winter wheat" in content


def _fields(stream):
    """Yield number and value of each field of a protocol buffer message."""
    while head := _varint(stream):
        number, kind = head >> 3, head & 7
        value = _varint(stream)
        yield number, stream.read(value) if kind == 2 else value


def _varint(stream):
    value = shift = 0
    while byte := stream.read(1):
        value |= (byte[0] & 0x7F) << shift
        shift += 7
        if byte[0] < 0x80:
            break
    return value

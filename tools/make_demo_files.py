#!/usr/bin/env python3
"""Make the demo's example files: `python tools/make_demo_files.py`.

Needs geopandas, pyarrow, rasterio and onnx, which the package itself does not; the files are
small and kept in the tree. The same numbers come out each time.
"""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import onnx
import rasterio
from onnx import TensorProto, helper
from rasterio.transform import from_bounds
from shapely.geometry import Polygon, box

FOLDER = Path(__file__).parent.parent / "jupyter_openeo_artifacts" / "demo" / "files"
WEST, SOUTH, EAST, NORTH = 5.60, 51.94, 5.72, 52.02  # degrees; farmland and a hill near Wageningen
CROPS = ("grassland", "maize", "potato", "sugar beet", "winter wheat")
MONTHS = 12
SIZE = 256  # pixels


def fields(random: np.random.Generator) -> geopandas.GeoDataFrame:
    """Return invented parcels: a grid with crooked corners and roads between."""
    columns, rows = 8, 6
    xs, ys = np.linspace(WEST, EAST, columns + 1), np.linspace(SOUTH, NORTH, rows + 1)
    corners = np.stack(np.meshgrid(xs, ys), axis=-1)
    step = np.array([xs[1] - xs[0], ys[1] - ys[0]])
    corners[1:-1, 1:-1] += random.uniform(-0.25, 0.25, (rows - 1, columns - 1, 2)) * step
    road = step.min() * 0.04
    parcels = [
        Polygon([corners[j, i], corners[j, i + 1], corners[j + 1, i + 1], corners[j + 1, i]])
        .buffer(-road, join_style="mitre")
        .intersection(box(WEST, SOUTH, EAST, NORTH))
        for j in range(rows)
        for i in range(columns)
    ]
    frame = geopandas.GeoDataFrame(
        {
            "field": [f"F{number:03d}" for number in range(1, len(parcels) + 1)],
            "crop": random.choice(CROPS, len(parcels)),
        },
        geometry=parcels,
        crs="EPSG:4326",
    )
    frame["hectares"] = (frame.to_crs("EPSG:28992").area / 1e4).round(2)
    return frame[["field", "crop", "hectares", "geometry"]]


def elevation(random: np.random.Generator) -> np.ndarray:
    """Return an invented relief in metres: a moraine above a flood plain."""
    y, x = np.mgrid[0 : 1 : SIZE * 1j, 0 : 1 : SIZE * 1j]
    relief = 8 + 45 * np.exp(-(((x - 0.75) / 0.22) ** 2 + ((y - 0.3) / 0.3) ** 2))
    for octave in range(2, 7):
        waves = 2**octave
        phase = random.uniform(0, 2 * np.pi, 2)
        relief += 12 / waves * np.sin(waves * x * 2 + phase[0]) * np.cos(waves * y * 2 + phase[1])
    return relief.astype("float32").round(2)


def write_elevation(path: Path, metres: np.ndarray) -> None:
    """Write a cloud-optimised GeoTIFF."""
    with rasterio.open(
        path,
        "w",
        driver="COG",
        width=SIZE,
        height=SIZE,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=from_bounds(WEST, SOUTH, EAST, NORTH, SIZE, SIZE),
        nodata=-9999.0,
        compress="DEFLATE",
        predictor=3,
        blocksize=128,
    ) as dataset:
        dataset.write(metres, 1)
        dataset.set_band_description(1, "elevation above sea level, metres")


def crop_model(random: np.random.Generator) -> onnx.ModelProto:
    """Return a softmax regression from twelve monthly NDVI values to a crop, trained here."""
    month = np.arange(MONTHS)
    peaks = np.array([[6.0, 4.5, 0.35, 0.40], [7.5, 1.6, 0.10, 0.75], [6.3, 1.4, 0.12, 0.70]])
    peaks = np.vstack([peaks, [[7.2, 2.6, 0.12, 0.72], [4.6, 1.8, 0.25, 0.60]]])
    labels = random.integers(0, len(CROPS), 2000)
    centre, width, low, rise = peaks[labels].T[:, :, None]
    ndvi = low + rise * np.exp(-(((month - centre) / width) ** 2))
    ndvi += random.normal(0, 0.05, ndvi.shape)
    weights, bias = np.zeros((MONTHS, len(CROPS))), np.zeros(len(CROPS))
    wanted = np.eye(len(CROPS))[labels]
    for _ in range(3000):
        scores = ndvi @ weights + bias
        chances = np.exp(scores - scores.max(1, keepdims=True))
        error = chances / chances.sum(1, keepdims=True) - wanted
        weights -= 2.0 * ndvi.T @ error / len(ndvi)
        bias -= 2.0 * error.mean(0)
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["ndvi", "weights", "bias"], ["scores"]),
            helper.make_node("Softmax", ["scores"], ["probabilities"], axis=1),
        ],
        "crop_type",
        [helper.make_tensor_value_info("ndvi", TensorProto.FLOAT, ["fields", MONTHS])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["fields", len(CROPS)])],
        [
            onnx.numpy_helper.from_array(weights.astype("float32"), "weights"),
            onnx.numpy_helper.from_array(bias.astype("float32"), "bias"),
        ],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], producer_name="openeo-demo"
    )
    model.ir_version = 8
    helper.set_model_props(model, {"crops": ",".join(CROPS)})
    onnx.checker.check_model(model)
    return model


def write_shapefile(path: Path, frame: geopandas.GeoDataFrame) -> None:
    """Write a zipped Shapefile whose bytes do not depend on the hour."""
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path, "w") as archive:
        frame.to_file(Path(folder) / "fields.shp")
        for part in sorted(Path(folder).iterdir()):
            entry = zipfile.ZipInfo(part.name, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, part.read_bytes())


def main() -> None:
    """Write all files."""
    random = np.random.default_rng(20260101)
    parcels = fields(random)
    parcels.to_parquet(FOLDER / "fields.parquet", write_covering_bbox=True)
    write_shapefile(FOLDER / "fields_shapefile.zip", parcels)
    write_elevation(FOLDER / "elevation.tif", elevation(random))
    onnx.save(crop_model(random), FOLDER / "crop_type.onnx")


if __name__ == "__main__":
    main()

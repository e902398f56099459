"""What is stored is what the file holds, whatever its size."""

from __future__ import annotations

import os
from hashlib import sha256

import pytest

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.support.uploads import Observer
from tests.transfer.seaweed import BUCKET, PART
from tests.transfer.uploading import ON_BOTH

pytestmark = ON_BOTH


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 3 * PART + 12_345])
def test_any_size_arrives_whole(storage, config, key, tmp_path, size) -> None:
    # Given
    content = os.urandom(size)
    path = tmp_path / "field.tif"
    path.write_bytes(content)
    told: list[int] = []
    verifying: list[bool] = []
    source = FileSource.from_path(path)
    # When
    stored = upload_object(
        storage.client,
        bucket=BUCKET,
        key=key,
        source=source,
        content_type="image/tiff",
        metadata={"origin": "test"},
        observer=Observer(told.append, lambda: verifying.append(True)),
        cancel=CancelToken(),
        config=config,
    )
    source.close()
    # Then
    answer = storage.client.get_object(Bucket=BUCKET, Key=key)
    assert sha256(answer["Body"].read()).hexdigest() == sha256(content).hexdigest()
    assert answer["ContentType"] == "image/tiff"
    assert answer["Metadata"]["origin"] == "test"
    assert stored.sha256 == sha256(content).hexdigest()
    assert (stored.key, stored.size, stored.verified) == (key, size, "etag")
    assert stored.parts == max(1, -(-size // PART))
    assert stored.etag == answer["ETag"].strip('"')
    assert told == sorted(told)
    assert told[-1] == size
    assert verifying == [True]
    assert storage.leftovers(key) == [f"object {key}"]

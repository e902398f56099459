"""The bytes of one file to one stored object; knows an S3 client, nothing of openEO or Jupyter.

Importing this package loads no boto3; a name is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.transfer.cancel import CancelToken
    from jupyter_openeo_artifacts.transfer.config import TransferConfig
    from jupyter_openeo_artifacts.transfer.source import FileSource, Source
    from jupyter_openeo_artifacts.transfer.speed import SpeedMeter
    from jupyter_openeo_artifacts.transfer.spool import Spool
    from jupyter_openeo_artifacts.transfer.stored import StoredObject
    from jupyter_openeo_artifacts.transfer.upload import upload_object

__all__ = [
    "CancelToken",
    "FileSource",
    "Source",
    "SpeedMeter",
    "Spool",
    "StoredObject",
    "TransferConfig",
    "upload_object",
]

_HOMES = {
    "CancelToken": "cancel",
    "FileSource": "source",
    "Source": "source",
    "SpeedMeter": "speed",
    "Spool": "spool",
    "StoredObject": "stored",
    "TransferConfig": "config",
    "upload_object": "upload",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Reading as little as possible of XML that anybody may have sent."""

from __future__ import annotations

from io import BytesIO
from xml.etree import ElementTree as ET


def root_of(body: bytes) -> str:
    """Return the name of the root element without its namespace; empty where there is none."""
    try:
        for _, element in ET.iterparse(BytesIO(body), events=["start"]):  # noqa: S314  its first
            return str(element.tag).rpartition("}")[2]
    except ET.ParseError:
        pass
    return ""

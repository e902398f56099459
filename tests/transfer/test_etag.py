"""What an ETag proves, and where it proves nothing."""

from __future__ import annotations

from hashlib import md5

import pytest

from jupyter_openeo_artifacts.s3.remote_object import agrees, bare_etag, composite_md5, content_md5

RIGHT = content_md5(b"abc")
OTHER = content_md5(b"abd")
COMPOSITE = f"{md5(bytes.fromhex(RIGHT + OTHER)).hexdigest()}-2"


@pytest.mark.parametrize(
    ("answer", "expected", "verdict"),
    [
        ({"ETag": f'"{RIGHT}"'}, RIGHT, True),
        ({"ETag": RIGHT.upper()}, RIGHT, True),
        ({"ETag": f'W/"{RIGHT}"'}, RIGHT, True),
        ({"ETag": f'"{OTHER}"'}, RIGHT, False),
        ({"ETag": f'"{COMPOSITE}"'}, COMPOSITE, True),
        ({"ETag": f'"{RIGHT}-2"'}, COMPOSITE, False),
        # Not MD5s of what was sent:
        ({"ETag": f'"{RIGHT}-3"'}, COMPOSITE, None),
        ({"ETag": f'"{OTHER}"'}, COMPOSITE, None),
        ({"ETag": '"0x8DB1"'}, RIGHT, None),
        ({"ETag": '""'}, RIGHT, None),
        ({}, RIGHT, None),
        ({"ETag": f'"{OTHER}"'}, None, None),
        ({"ETag": f'"{OTHER}"', "ServerSideEncryption": "aws:kms"}, RIGHT, None),
        ({"ETag": f'"{OTHER}"', "ServerSideEncryption": "aws:kms:dsse"}, RIGHT, None),
        ({"ETag": f'"{OTHER}"', "SSECustomerAlgorithm": "AES256"}, RIGHT, None),
        ({"ETag": f'"{OTHER}"', "ServerSideEncryption": "AES256"}, RIGHT, False),
    ],
)
def test_an_etag_is_judged_only_where_it_is_an_md5(answer, expected, verdict) -> None:
    assert agrees(answer, expected) is verdict


def test_the_composite_is_the_md5_of_the_parts_md5s() -> None:
    assert composite_md5([RIGHT, OTHER]) == COMPOSITE
    assert bare_etag({"ETag": f'"{COMPOSITE}"'}) == COMPOSITE

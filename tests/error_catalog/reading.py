"""Asking a server as our layers do, and what they then say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import requests

from jupyter_openeo_artifacts.artifacts import presigned_probe as link_answers
from jupyter_openeo_artifacts.error_catalog import ROWS, find
from jupyter_openeo_artifacts.error_catalog.response import ProviderAnswer
from jupyter_openeo_artifacts.s3.error_mapping import ERRORS as S3_ERRORS
from jupyter_openeo_artifacts.s3.error_mapping import S3Refusal
from tests.error_catalog.products import SECRET

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from jupyter_openeo_artifacts.error_catalog.rule import ErrorRule
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

SIGNS = {(row.service, sign.name): row for row in ROWS for sign in row.signs}


def row_of(service: str, sign: str) -> ErrorRule:
    """Return the row that a sign belongs to."""
    return SIGNS[service, sign]


def read_s3(error: ClientError, sign: str) -> OpenEOArtifactsError:
    """See that the table knows storage's answer by `sign`; return what is said of it."""
    heard = ProviderAnswer.from_boto(error.response, error.operation_name)
    assert find("s3", heard).sign.name == sign, error
    told = S3Refusal.of(error).error(action="store the file", host="s3.example.org")
    row = row_of("s3", sign)
    assert type(told) is S3_ERRORS[row.meaning]
    see_words(told.message, told.todo, row)
    assert told.message.startswith("Could not store the file: s3.example.org says that ")
    assert told.who == row.who
    return told


def read_link(url: str, sign: str, method: str = "GET", **more: Any) -> link_answers.LinkAnswer:
    """Read a link as a backend does; see that the table knows the answer by `sign`."""
    answer = requests.request(method, url, allow_redirects=False, timeout=10, **more)
    assert answer.status_code >= 300
    heard = ProviderAnswer.from_http(answer.status_code, answer.content, answer.headers, method)
    assert find("link", heard).sign.name == sign, answer.text
    told = link_answers.explain(
        answer.status_code, answer.content, headers=answer.headers, method=method
    )
    row = row_of("link", sign)
    assert (told.meaning, told.who) == (row.meaning, row.who)
    see_words(told.says, told.todo, row)
    return told


def see_words(says: str, todo: str, row: ErrorRule) -> None:
    """See that a person is told in two sentences, and nothing that a server has repeated."""
    text = f"{says} {todo}"
    assert says.endswith(".")
    assert todo.endswith(".")
    assert not re.search(r"[{}]", text)
    assert row.todo in todo
    assert SECRET not in text
    assert "X-Amz" not in text or "X-Amz" in row.says
    assert "://" not in text

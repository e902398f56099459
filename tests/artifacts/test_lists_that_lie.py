"""Lists that contradict themselves are not taken for whole ones, and what is left out is None."""

from __future__ import annotations

from datetime import datetime, timezone
from itertools import count, islice
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.artifacts import user_bucket as listing
from jupyter_openeo_artifacts.artifacts.exceptions import ListNotWhole
from tests.transfer.line import Fault, Line

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

LIST = rb"GET .*list-type"


def fields(told: dict[str, Any]) -> str:
    return "".join(f"<{name}>{value}</{name}>" for name, value in told.items())


def page(*rows: str, **told: Any) -> bytes:
    """Return a page of a list."""
    return answer(f"<ListBucketResult>{fields(told)}{''.join(rows)}</ListBucketResult>")


def answer(text: str) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {len(text)}"
    return f"{head}\r\nConnection: close\r\n\r\n{text}".encode()


def row(key: str, **told: Any) -> str:
    return f"<Contents><Key>{key}</Key>{fields(told)}</Contents>"


@pytest.fixture
def prefix(provider: LocalProvider) -> str:
    return f"{provider.users['alice'].prefix}/2026/01/01/0123456789"


@pytest.mark.parametrize(
    "tokens",
    [["t1", "t1"], ["t1", "t2", "t1"], [None], [""]],
    ids=["the same again", "in a circle", "none", "empty"],
)
def test_a_list_that_does_not_lead_on_is_not_whole(
    helper: S3STSArtifactHelper, prefix: str, line: Line, tokens: list[str | None]
) -> None:
    # Given
    for number, token in enumerate(tokens):
        more = {} if token is None else {"NextContinuationToken": token}
        said = page(row(f"{prefix}/{number}"), IsTruncated="true", **more)
        line.add(Fault("answer", LIST, answer=said))
    # When
    found = helper.list()
    # Then: what was told is yielded, and then that it is not all
    names = [each.name for each in islice(found, len(tokens))]
    assert names == [str(number) for number in range(len(tokens))]
    with pytest.raises(ListNotWhole, match="more follows") as caught:
        next(found)
    assert caught.value.who == "provider"


def test_a_list_that_begins_anew_is_not_whole(
    helper: S3STSArtifactHelper, prefix: str, line: Line
) -> None:
    # Given: a storage that does not look at the token
    for token in ("t1", "t2"):
        said = page(row(f"{prefix}/a"), IsTruncated="true", NextContinuationToken=token)
        line.add(Fault("answer", LIST, answer=said))
    # When
    found = helper.list()
    # Then
    assert next(found).name == "a"
    with pytest.raises(ListNotWhole, match="starts again in its middle"):
        next(found)


@pytest.mark.parametrize("empty", [True, False], ids=["of empty pages", "of ever new ones"])
def test_a_list_without_an_end_is_said(
    helper: S3STSArtifactHelper,
    prefix: str,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
    *,
    empty: bool,
) -> None:
    # Given
    monkeypatch.setattr(listing, "MOST_PAGES", 30)
    monkeypatch.setattr(listing, "MOST_EMPTY", 20)
    before = line.count(LIST)
    for number in count():
        rows = [] if empty else [row(f"{prefix}/{number}")]
        said = page(*rows, IsTruncated="true", NextContinuationToken=f"t{number}")
        line.add(Fault("answer", LIST, answer=said))
        if number > 40:
            break
    # When / Then
    with pytest.raises(ListNotWhole, match="no end"):
        list(helper.list())
    assert line.count(LIST) - before == (21 if empty else 30)


@pytest.mark.parametrize(
    ("told", "size", "stored_at"),
    [
        ({}, None, None),
        ({"Size": "7"}, 7, None),
        ({"LastModified": "yesterday"}, None, None),
        ({"LastModified": ""}, None, None),
        (
            {"LastModified": "2026-01-01T00:00:00.000Z", "Size": 0},
            0,
            datetime(2026, 1, 1, tzinfo=timezone.utc),
        ),
    ],
    ids=["nothing", "a size", "no date", "an empty date", "all"],
)
def test_what_is_left_out_is_none(
    helper: S3STSArtifactHelper,
    prefix: str,
    line: Line,
    *,
    told: dict[str, Any],
    size: int | None,
    stored_at: datetime | None,
) -> None:
    line.add(Fault("answer", LIST, answer=page(row(f"{prefix}/a", **told), IsTruncated="false")))
    (found,) = helper.list()
    assert (found.name, found.size, found.stored_at, found.etag) == ("a", size, stored_at, "")


@pytest.mark.parametrize(
    "rows", [row("k", Size="large"), "<Contents><Size>1</Size></Contents>"], ids=["size", "no key"]
)
def test_a_list_that_cannot_be_read_is_not_whole(
    helper: S3STSArtifactHelper, line: Line, rows: str
) -> None:
    line.add(Fault("answer", LIST, answer=page(rows, IsTruncated="false")))
    with pytest.raises(ListNotWhole):
        list(helper.list())


def test_a_page_in_xhtml_is_no_empty_list(helper: S3STSArtifactHelper, line: Line) -> None:
    before = line.count(LIST)
    line.add(Fault("answer", LIST, answer=answer("<html><body>log in</body></html>")))
    next(helper.list(), None)  # of its first page alone, however much others have staged
    assert line.count(LIST) - before == 2, "it is asked again"


def test_a_look_at_an_object_gets_along_without_a_date(
    helper: S3STSArtifactHelper, prefix: str, line: Line
) -> None:
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nLast-Modified: soon\r\n"
        b'x-amz-request-id: R1\r\nETag: "e"\r\nConnection: close\r\n\r\n'
    )
    line.add(Fault("answer", rb"HEAD ", answer=head))
    assert helper.verify(f"s3://{helper.config.bucket}/{prefix}/a").stored_at is None

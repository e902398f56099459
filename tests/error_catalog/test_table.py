"""The table as a whole: nothing in it is untested, unsaid, or told otherwise elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from jupyter_openeo_artifacts.artifacts import presigned_probe as link_answers
from jupyter_openeo_artifacts.artifacts import sts_errors as sts_answers
from jupyter_openeo_artifacts.auth import oauth_client as refusal
from jupyter_openeo_artifacts.error_catalog import ROWS, find
from jupyter_openeo_artifacts.error_catalog.response import ProviderAnswer
from jupyter_openeo_artifacts.s3 import error_mapping as s3_answers
from tests.error_catalog import cases, real

ROOT = Path(__file__).parents[2]
ERRORS = {"s3": s3_answers.ERRORS, "sts": sts_answers.ERRORS, "oidc": refusal.ERRORS}
SIGNS = [(row.service, sign.name) for row in ROWS for sign in row.signs]
STUBBED = {(case.service, case.sign) for case in [*cases.S3, *cases.STS, *cases.OIDC, *cases.LINK]}


def test_every_sign_is_met_by_a_real_server_or_to_the_letter() -> None:
    assert set(SIGNS) == STUBBED | real.SHOWN


def test_a_sign_stands_once_and_so_does_a_meaning() -> None:
    assert [sign for sign, times in Counter(SIGNS).items() if times > 1] == []
    meanings = Counter((row.service, row.meaning) for row in ROWS)
    assert [meaning for meaning, times in meanings.items() if times > 1] == []


@pytest.mark.parametrize("service", ERRORS)
def test_every_meaning_has_an_exception_of_the_same_move(service: str) -> None:
    rows = {row.meaning: row for row in ROWS if row.service == service}
    assert set(rows) == set(ERRORS[service])
    moves = {meaning: kind.who for meaning, kind in ERRORS[service].items()}
    assert moves == {meaning: row.who for meaning, row in rows.items()}


@pytest.mark.parametrize("service", ["s3", "sts", "oidc", "link"])
@pytest.mark.parametrize("status", [0, 300, 418, 499, 500, 599])
def test_every_service_has_a_row_for_the_unheard(service, status) -> None:
    assert find(service, ProviderAnswer(code="Unheard", status=status, message="of")).row.todo


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.service}-{row.meaning}")
def test_a_row_is_fit_for_people(row) -> None:
    text = f"{row.says} {row.todo}"
    assert row.todo.endswith(".")
    assert row.todo[0].isupper()
    assert len(text) < 250
    assert not re.search(r"://|\?\w|AKIA|X-Amz|exception|traceback", text, re.IGNORECASE)
    assert all(sign.by for sign in row.signs)
    assert row.service == "s3" or row.says[0].isupper() or row.says.startswith("{at}")


def test_the_page_on_troubleshooting_says_the_same() -> None:
    printed = subprocess.run(
        [sys.executable, ROOT / "tools" / "answers_table.py"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout
    page = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
    assert printed.strip() in page, "run tools/answers_table.py --write"


def test_an_answer_that_tells_no_time_leaves_the_clock_open() -> None:
    assert ProviderAnswer().skew == "wrong"
    for date in ("nonsense", "Mon, 01 Jan 2020 99999999999999999999:00:00 GMT"):
        assert ProviderAnswer.from_http(403, "", {"Date": date}, "GET").skew == "wrong"


def test_no_entity_of_an_answer_is_expanded() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "NoSuchKey">]><Error><Code>&a;</Code></Error>'
    heard = ProviderAnswer.from_http(403, bomb, {}, "GET")
    assert heard.code == "NotXML"
    assert "NoSuchKey" not in repr(heard)


@pytest.mark.parametrize(
    ("log", "meaning"),
    [
        # requests, as openEO drivers use it
        (
            (
                "requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: "
                "https://s3.example.org/b/k?X-Amz-Signature=c0ffee"
            ),
            "refused",
        ),
        ("503 Server Error: Service Unavailable for url: https://x/", "busy"),
        # GDAL, rasterio
        ("RasterioIOError: HTTP response code: 404", "gone"),
        ("urllib.error.HTTPError: HTTP Error 416: Requested Range Not Satisfiable", "range"),
        ("aiohttp.ClientResponseError: status=403, message='Forbidden'", "refused"),
        # storage's answer inside a log
        (
            (
                'load_url failed: b\'<?xml version="1.0"?>\\n<Error><Code>AccessDenied</Code>'
                "<Message>Request has expired</Message></Error>'"
            ),
            "expired",
        ),
        (
            (
                "GeoJSON: <Error><Code>AuthorizationHeaderMalformed</Code><Message>Session"
                " credentials are expired</Message><RequestId>REQ42</RequestId></Error>"
            ),
            "session_expired",
        ),
        # readers that do not look
        ("pyarrow.lib.ArrowInvalid: Parquet magic bytes not found in footer.", "misread"),
        ("json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)", "misread"),
    ],
)
def test_a_jobs_log_tells_what_became_of_a_link(log: str, meaning: str) -> None:
    told = link_answers.explain_log(log)
    assert told
    assert told.meaning == meaning
    assert "c0ffee" not in f"{told.says} {told.todo}"


def test_a_log_that_speaks_of_something_else_tells_nothing() -> None:
    assert link_answers.explain_log("Process load_collection took 403 seconds.") is None


@pytest.mark.parametrize(
    "code",
    ["FwoGZXIvYXdzEB/canary==", "canary" * 11, "A code", "<b>canary</b>", "canary-1"],
)
def test_what_is_no_code_is_not_taken_for_one(code: str) -> None:
    # Given
    body = f"<Error><Code>{escape(code)}</Code><RequestId>{escape(code)} x</RequestId></Error>"
    by_boto = {"Error": {"Code": code}, "ResponseMetadata": {"RequestId": f"{code} x"}}
    # When
    heard = [
        ProviderAnswer.from_http(403, body, {}, "PutObject"),
        ProviderAnswer.from_boto(by_boto, "PutObject"),
    ]
    # Then
    for one in heard:
        assert "canary" not in one.code
        assert " " not in one.code
        assert one.request_id is None


def test_a_code_is_taken_as_it_is() -> None:
    by_boto = {"Error": {"Code": "InvalidAMIID.NotFound"}, "ResponseMetadata": {"RequestId": "a-1"}}
    heard = ProviderAnswer.from_boto(by_boto)
    assert (heard.code, heard.request_id) == ("InvalidAMIID.NotFound", "a-1")

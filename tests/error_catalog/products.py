"""Error answers byte for byte as each product writes them; where from, beside each."""

from __future__ import annotations

from html import escape
from http import HTTPStatus

SECRET = "canary-SECRET"
"""In every message: what a server repeats of a request must not get to a person."""


def aws(code: str, message: str, more: str = "") -> str:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses"""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)} {SECRET}</Message>{more}"
        "<RequestId>REQ42</RequestId><HostId>CRaDrKRM91F3Ea6WY8n+2BLxPeuJ=</HostId></Error>"
    )


def fakes3pp(code: str, message: str) -> str:
    """VITObelgium/fakes3pp, aws/service/s3/s3-errors.go: S3ErrorResponse."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>"
        "<RequestId>REQ42</RequestId><HostId></HostId></Error>"
    )


def minio(code: str, message: str) -> str:
    """minio/minio, cmd/api-errors.go: APIErrorResponse; SeaweedFS's is the same but for order."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message><Key>{SECRET}</Key>"
        f"<BucketName>b</BucketName><Resource>/b/{SECRET}</Resource><RequestId>REQ42</RequestId>"
        "<HostId>3L137</HostId></Error>"
    )


def ceph(code: str) -> str:
    """Ceph 16, as test_ceph.py finds it: there is no message."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code>'
        f"<Message></Message><BucketName>{SECRET}</BucketName><RequestId>REQ42</RequestId>"
        "<HostId>1000-default-default</HostId></Error>"
    )


def aws_sts(code: str, message: str) -> str:
    """aws/aws-sdk-js#198; https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html."""
    return (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">\n  <Error>\n'
        f"    <Type>Sender</Type>\n    <Code>{code}</Code>\n"
        f"    <Message>{escape(message)} {SECRET}</Message>\n"
        "  </Error>\n  <RequestId>REQ42</RequestId>\n</ErrorResponse>\n"
    )


def fakes3pp_sts(code: str, message: str) -> str:
    """fakes3pp, aws/service/sts/sts-errors.go: STSErrorResponse; MinIO's is the same."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type></Type>'
        f"<Code>{code}</Code><Message>{escape(message)}</Message></Error>"
        "<RequestId>REQ42</RequestId></ErrorResponse>"
    )


def page(status: int) -> str:
    """Return a page of nginx: src/http/ngx_http_special_response.c."""
    title = f"{status} {HTTPStatus(status).phrase}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
    )

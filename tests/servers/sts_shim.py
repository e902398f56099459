"""A front for an STS: lets openeo.extra.artifacts in, and writes down what everybody asks.

Upstream puts a ':' in RoleSessionName, which every STS but a lenient one refuses; the request has
no signature, so the name can be mended on its way.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import requests

from tests.servers.openeo_stub import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.openeo_stub import Route

LONGEST = 43_200
_XML = {"Content-Type": "text/xml"}
# The words of AWS, https://repost.aws/knowledge-center/iam-role-chaining-limit
_TOO_LONG = b"""<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error>
<Type>Sender</Type><Code>ValidationError</Code><Message>The requested DurationSeconds exceeds the
MaxSessionDuration set for this role.</Message></Error><RequestId>REQ42</RequestId></ErrorResponse>
"""


@dataclass
class StsShim:
    """Where it answers, and the forms that it was sent, as they were sent."""

    address: str = ""
    longest: int = LONGEST
    """Seconds that the role allows."""
    asked: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def sts_shim(sts: str) -> Iterator[StsShim]:
    """Forward AssumeRoleWithWebIdentity to `sts`, with a name for the session that it takes."""
    shim = StsShim()

    def answer(method: str, path: str, authorization: str, body: bytes) -> Route:
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        shim.asked.append(form)
        if int(form["DurationSeconds"]) > shim.longest:
            return 400, _XML, _TOO_LONG
        name = re.sub(r"[^\w+=,.@-]", "-", form["RoleSessionName"])[:64]
        given = requests.post(sts, data=form | {"RoleSessionName": name}, timeout=10)
        return given.status_code, _XML, given.content

    with serving(answer) as shim.address:
        yield shim

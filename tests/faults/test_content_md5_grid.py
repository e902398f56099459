"""Each part's request is bound to its bytes: by a signed SHA-256, or by the MD5 that ETags are."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from hashlib import md5, sha256
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.s3 import fast_put as lean_put
from jupyter_openeo_artifacts.s3 import optional_headers as binding
from tests.faults.answer import refusal
from tests.faults.case import ALL_SIZES, PART, Case
from tests.faults.content import UNSIGNED
from tests.faults.effects import Do, Garble, Say
from tests.faults.ours import AT_ONCE, run_ours
from tests.faults.policy import Policy
from tests.faults.rig import MANY, Rig

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.effects import Scene

pytestmark = pytest.mark.usefixtures("fast")
LATE = range(AT_ONCE + 2, 14)
"""Parts that are begun when one at least has been answered."""


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "REFUSE_MD5", set())


class Sent:
    """An upload of thirteen parts, and the headers of each."""

    def __init__(self, folder: Path, policy: Policy, **about: Any) -> None:
        folder.mkdir(exist_ok=True)
        self.headers: list[tuple[int, dict[str, str]]] = []
        case = replace(Case("binding", self._listen, policy=policy), **about)
        with Rig(case, ALL_SIZES["12 parts+7"], "file", folder, PART, AT_ONCE) as rig:
            self.outcome = run_ours(rig)
            content = rig.path.read_bytes()
            self._statuses = [seen.status for seen in rig.stub.seen]
        self.parts = [content[at : at + PART] for at in range(0, len(content), PART)]

    def _listen(self, rig: Rig) -> None:
        def hear(scene: Scene) -> None:
            self.headers.append((scene.request.part, scene.request.headers))

        rig.fault("UploadPart", Do(hear), MANY)

    def count(self, *statuses: int) -> int:
        return sum(status in statuses for status in self._statuses)

    def late(self, name: str) -> set[str | None]:
        return {headers.get(name) for part, headers in self.headers if part in LATE}


def test_later_parts_are_bound_by_their_md5(tmp_path: Path) -> None:
    sent = Sent(tmp_path, Policy())
    assert sent.outcome.verdict == "stored"
    assert sent.late("x-amz-content-sha256") == {UNSIGNED}
    assert sent.late("content-md5") == {
        b64encode(md5(sent.parts[part - 1], usedforsecurity=False).digest()).decode()
        for part in LATE
    }
    for part, headers in sent.headers:
        by_md5 = "content-md5" in headers
        assert by_md5 is (headers["x-amz-content-sha256"] == UNSIGNED), part
        assert by_md5 is (";content-md5;" in headers["authorization"].replace("=", ";")), part


def test_the_first_part_is_bound_by_its_sha256(tmp_path: Path) -> None:
    sent = Sent(tmp_path, Policy())
    first = [headers for part, headers in sent.headers if part == 1]
    assert [UNSIGNED in headers.values() for headers in first] == [False]


@pytest.mark.parametrize("etags", ["kms", "opaque"])
def test_where_etags_are_no_md5s_the_sha256_stays(tmp_path: Path, etags: Any) -> None:
    sent = Sent(tmp_path, Policy(etags=etags))
    assert sent.outcome.verdict == "stored"
    assert not any(UNSIGNED in headers.values() for _, headers in sent.headers)


def test_where_others_may_change_what_is_sent_both_are_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lean_put, "is_private", lambda _: False)
    sent = Sent(tmp_path, Policy())
    assert sent.outcome.verdict == "stored"
    assert not any(UNSIGNED in headers.values() for _, headers in sent.headers)
    assert None not in sent.late("content-md5")


def test_with_checksums_that_follow_the_body_nothing_else_is_asked(tmp_path: Path) -> None:
    sent = Sent(tmp_path, Policy(), tls=True, trailers=True)
    assert sent.outcome.verdict == "stored"
    assert sent.late("content-md5") == {None}
    assert UNSIGNED not in sent.late("x-amz-content-sha256")


@pytest.mark.parametrize("bodies", ["signed", "without Content-MD5"])
def test_a_storage_that_does_not_take_it_gets_the_sha256(tmp_path: Path, bodies: Any) -> None:
    sent = Sent(tmp_path, Policy(bodies=bodies))
    assert sent.outcome.verdict == "stored"
    assert not sent.outcome.wrong
    assert 1 <= sent.count(403, 501) <= AT_ONCE  # those under way when the first one was refused


def test_one_that_is_busy_for_it_is_not_asked_for_long(tmp_path: Path) -> None:
    sent = Sent(tmp_path, Policy(bodies="busy"))
    assert sent.outcome.verdict == "stored"
    assert 3 <= sent.count(500) <= 2 + AT_ONCE


def test_who_does_not_know_it_is_not_asked_by_the_next_upload(tmp_path: Path) -> None:
    class Second(Sent):
        def _listen(self, rig: Rig) -> None:
            binding.REFUSE_MD5.add(f"127.0.0.1:{rig.stub.port}")
            super()._listen(rig)

    # Given
    Sent(tmp_path / "1", Policy(bodies="without Content-MD5"))
    assert len(binding.REFUSE_MD5) == 1
    # When
    sent = Second(tmp_path / "2", Policy(bodies="without Content-MD5"))
    # Then
    assert sent.outcome.verdict == "stored"
    assert sent.count(501) == 0
    assert sent.late("content-md5") == {None}


def test_a_refusal_of_something_else_changes_nothing(tmp_path: Path) -> None:
    # Given: what a storage may say of a session that is over
    class Ended(Sent):
        def _listen(self, rig: Rig) -> None:
            rig.fault("UploadPart", Say(refusal(403, "AccessDenied")), 2, part=7)
            rig.when("UploadPart", rig.credentials.renew_expired, part=1)
            super()._listen(rig)

    # When
    sent = Ended(tmp_path, Policy())
    # Then
    last = [headers for part, headers in sent.headers if part == 12]
    assert sent.count(403) == 2
    assert all("content-md5" in headers for headers in last)


@pytest.mark.parametrize("bodies", ["any", "past Content-MD5"])
def test_what_is_changed_on_the_way_is_sent_again(tmp_path: Path, bodies: Any) -> None:
    # Given
    class Late(Sent):
        def _listen(self, rig: Rig) -> None:
            rig.fault("UploadPart", Garble(), 1, part=9)
            super()._listen(rig)

    # When
    sent = Late(tmp_path, Policy(bodies=bodies))
    # Then
    assert sent.outcome.verdict == "stored"
    assert PART <= sent.outcome.again < 2 * PART
    assert sent.count(400) == (1 if bodies == "any" else 0)  # else the ETag has told
    again = [headers["x-amz-content-sha256"] for part, headers in sent.headers if part == 9]
    assert again == [sha256(sent.parts[8]).hexdigest()]

"""Each part's request is bound to its bytes: by a signed SHA-256, or by the MD5 that ETags are."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import replace
from hashlib import md5
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.artifacts import lean_put
from jupyter_openeo_artifacts.transfer import binding
from tests.faults.case import ALL_SIZES, PART, Case
from tests.faults.content import UNSIGNED
from tests.faults.effects import Do, Garble
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
    monkeypatch.setattr(binding, "_REFUSE_IT", set())


class Sent:
    """An upload of thirteen parts, and the headers of each."""

    def __init__(self, folder: Path, policy: Policy, **about: Any) -> None:
        self.headers: list[tuple[int, dict[str, str]]] = []
        case = replace(Case("binding", self._listen, policy=policy), **about)
        with Rig(case, ALL_SIZES["12 parts+7"], "file", folder, PART, AT_ONCE) as rig:
            self.outcome = run_ours(rig)
            content = rig.path.read_bytes()
            statuses = [seen.status for seen in rig.stub.seen]
        self.denied = statuses.count(403) + statuses.count(501)
        self.refused = statuses.count(400)
        self.parts = [content[at : at + PART] for at in range(0, len(content), PART)]

    def _listen(self, rig: Rig) -> None:
        def hear(scene: Scene) -> None:
            self.headers.append((scene.request.part, scene.request.headers))

        rig.fault("UploadPart", Do(hear), MANY)

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
    assert 1 <= sent.denied <= AT_ONCE  # those that were under way when the first was refused


def test_who_does_not_know_it_is_not_asked_by_the_next_upload(tmp_path: Path) -> None:
    policy = Policy(bodies="without Content-MD5")
    Sent(tmp_path, policy)
    assert len(binding._REFUSE_IT) == 1


def test_what_is_changed_on_the_way_is_refused_and_sent_again(tmp_path: Path) -> None:
    # Given
    class Late(Sent):
        def _listen(self, rig: Rig) -> None:
            rig.fault("UploadPart", Garble(), 1, part=9)
            super()._listen(rig)

    # When
    sent = Late(tmp_path, Policy())
    # Then
    assert sent.outcome.verdict == "stored"
    assert PART <= sent.outcome.again < 2 * PART
    assert sent.refused == 1

"""What a data folder keeps from one run of the local provider to the next; sessions that end."""

from __future__ import annotations

import stat
import time
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
import requests
from botocore.exceptions import ClientError

from jupyter_openeo_artifacts.demo import LocalProvider
from jupyter_openeo_artifacts.demo.exceptions import DataFolderUnusable, PortTaken
from jupyter_openeo_artifacts.demo.ports import listening_socket
from tests.servers.provider import CLIENT, TIMEOUT, assume_role, s3_client, tokens

SESSION_SECONDS = 4


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory):
    """What is known of a provider with short sessions that has ended."""
    # A long name, and one with spaces and letters that few programs expect.
    folder = tmp_path_factory.mktemp("kept") / ("a long name " * 10) / "Äther"
    with LocalProvider(folder, session_seconds=SESSION_SECONDS) as provider:
        where = {"Bucket": provider.bucket, "Key": f"{provider.users['alice'].prefix}/kept.txt"}
        begun = time.monotonic()
        s3 = s3_client(provider, "alice")
        s3.put_object(**where, Body=b"kept")
        url = s3.generate_presigned_url("get_object", Params=where, ExpiresIn=604_800)
        at_once = requests.get(url, timeout=TIMEOUT).status_code
        expires = assume_role(provider, tokens(provider)["access_token"], 900)["Credentials"]
        seconds_left = (expires["Expiration"] - datetime.now(timezone.utc)).total_seconds()
        time.sleep(max(0, begun + SESSION_SECONDS + 2 - time.monotonic()))
        with pytest.raises(ClientError) as refused:
            s3.put_object(**where, Body=b"too late")
        return SimpleNamespace(
            folder=folder,
            addresses=(provider.backend, provider.issuer, provider.s3),
            users=dict(provider.users),
            where=where,
            refresh_token=tokens(provider)["refresh_token"],
            url_at_once=at_once,
            url_too_late=requests.get(url, timeout=TIMEOUT).status_code,
            seconds_left=seconds_left,
            put_too_late=refused.value.response["ResponseMetadata"]["HTTPStatusCode"],
            ports=dict(provider.identity.ports),
        )


@pytest.fixture(scope="module")
def today(yesterday):
    """The same provider, started again."""
    with LocalProvider(yesterday.folder) as provider:
        yield provider


def test_a_session_is_no_longer_than_the_provider_allows(yesterday):
    # Given 900 s asked for: the least that STS takes
    assert yesterday.seconds_left <= SESSION_SECONDS


def test_a_session_really_ends_and_its_links_with_it(yesterday):
    # A link for seven days was signed within a session of some seconds.
    assert yesterday.url_at_once == 200
    assert yesterday.url_too_late == 403
    assert yesterday.put_too_late == 403


def test_a_taken_port_is_named(yesterday):
    # Given somebody else on one of its ports
    for name in ("issuer", "filer-grpc"):
        port = yesterday.ports[name]
        with listening_socket(port) as other:
            other.listen()

            # When, Then
            with pytest.raises(PortTaken, match=f"Port {port} "):
                LocalProvider(yesterday.folder).start()


def test_addresses_and_people_stay(yesterday, today):
    assert (today.backend, today.issuer, today.s3) == yesterday.addresses
    assert today.users == yesterday.users


def test_yesterdays_login_works(yesterday, today):
    # When
    asked = {
        "grant_type": "refresh_token",
        "client_id": CLIENT,
        "refresh_token": yesterday.refresh_token,
    }
    answer = requests.post(f"{today.issuer}/token", data=asked, timeout=TIMEOUT)

    # Then
    headers = {"Authorization": f"Bearer oidc/demo/{answer.json()['access_token']}"}
    me = requests.get(f"{today.backend}/me", headers=headers, timeout=TIMEOUT)
    assert me.json()["name"] == "Alice"


def test_yesterdays_file_is_there(yesterday, today):
    answer = s3_client(today, "alice").get_object(**yesterday.where)
    assert answer["Body"].read() == b"kept"


def test_nobody_else_may_read_what_is_kept(today):
    # Then the folder is shut, and so is every file with a secret in it
    assert stat.S_IMODE(today.data.stat().st_mode) == 0o700
    files = list(today.data.glob("*.json"))
    assert {file.name for file in files} >= {"provider.json", "storage-s3.json"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_second_provider_on_the_same_folder_is_refused(yesterday, today):
    with pytest.raises(PortTaken):
        LocalProvider(yesterday.folder).start()


@pytest.mark.parametrize("content", ["no json", '{"version": 99}', "[]"])
def test_a_folder_that_is_not_ours_is_left_alone(tmp_path, content):
    # Given
    (tmp_path / "provider.json").write_text(content)

    # When, Then
    with pytest.raises(DataFolderUnusable, match=r"provider\.json"):
        LocalProvider(tmp_path).start()
    assert (tmp_path / "provider.json").read_text() == content


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    # Given
    tmp_path.chmod(0o755)
    (tmp_path / "thesis.tex").write_text("")

    # When, Then
    with pytest.raises(DataFolderUnusable, match="holds other things"):
        LocalProvider(tmp_path).start()
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.tex"]
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    # Given a file where the folder should be
    (tmp_path / "taken").write_text("")

    # When, Then
    with pytest.raises(DataFolderUnusable, match="taken"):
        LocalProvider(tmp_path / "taken" / "data").start()


def test_ports_that_clash_are_tried_again(monkeypatch):
    # Given a first choice of ports of which one is taken meanwhile
    from jupyter_openeo_artifacts.demo import provider as module

    real, chosen = module.free_ports, []

    def choose(count):
        ports = real(count)
        if not chosen:
            blocker.listen()
            ports[0] = blocker.getsockname()[1]
        chosen.append(ports)
        return ports

    monkeypatch.setattr(module, "free_ports", choose)

    # When
    with listening_socket() as blocker, LocalProvider() as provider:
        # Then
        assert len(chosen) == 2
        assert provider.identity.ports["master"] == chosen[1][0]

"""Addresses as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_openeo_artifacts.errors import BackendAddressInvalid
from jupyter_openeo_artifacts.urls import host_of, is_loopback, may_lead, normalise


@pytest.mark.parametrize(
    ("typed", "used"),
    [
        ("openeo.example.org", "https://openeo.example.org"),
        ("  openeo.example.org/ \n", "https://openeo.example.org"),
        ("OpenEO.Example.ORG", "https://openeo.example.org"),
        ("HTTPS://openeo.example.org/Path/", "https://openeo.example.org/Path"),
        ("openeo.example.org:443", "https://openeo.example.org"),
        ("openeo.example.org:8443/openeo/1.2", "https://openeo.example.org:8443/openeo/1.2"),
        ("openeo.example.org.", "https://openeo.example.org"),
        ("https://openeo.example.org/.well-known/openeo", "https://openeo.example.org"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("оpeneo.example", "https://xn--peneo-iye.example"),  # noqa: RUF001  # a look-alike shows
        ("http://localhost:5000", "http://localhost:5000"),
        ("http://localhost:80", "http://localhost"),
        ("http://lab.localhost", "http://lab.localhost"),
        ("http://127.0.0.1:5000/", "http://127.0.0.1:5000"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://[::1]:5000", "http://[::1]:5000"),
        ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
        ("https://10.0.0.7/openeo", "https://10.0.0.7/openeo"),
        ("https://openeo.example.org/größe", "https://openeo.example.org/gr%C3%B6%C3%9Fe"),
    ],
)
def test_a_sensible_address_has_one_spelling(typed: str, used: str) -> None:
    assert normalise(typed) == used
    assert normalise(used) == used


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "empty"),
        (" \t\n", "empty"),
        ("http://openeo.example.org", "unencrypted"),
        ("http://127.0.0.1.example.org", "unencrypted"),
        ("http://localhost.example.org", "unencrypted"),
        ("http://[2001:db8::1]", "unencrypted"),
        ("ftp://openeo.example.org", "not a web address"),
        ("file:///etc/passwd", "not a web address"),
        ("javascript:alert(1)", "not a web address"),
        ("javascript://x/%0Aalert(1)", "not a web address"),
        ("mailto:somebody@example.org", "not a web address"),
        ("data:text/html,hello", "not a web address"),
        ("https://alice:geheim@openeo.example.org", "password"),
        ("https://openeo.example.org@evil.example", "password"),
        ("https://@evil.example", "password"),
        ("https://openeo.example.org#x", "# in it"),
        ("https://openeo.example.org/?server=x", "? or #"),
        ("https://openeo.example.org/#", "# in it"),
        ("https://openeo.example.org\\@evil.example", "backslash"),
        ("https://openeo.exa mple.org", "space"),
        ("https://openeo.example.org/a\nb", "line break"),
        ("https://openeo.example.org/\x00", "invisible"),
        ("https://openeo.example.org/\u202egro", "invisible"),
        ("https://open\u200beo.example.org", "invisible"),
        ("https://", "host name"),
        ("https:///openeo", "host name"),
        ("https://-a.example", "host name"),
        ("https://a..example", "host name"),
        ("https://" + "a" * 64 + ".example", "host name"),
        ("https://" + "a." * 130 + "example", "host name"),
        ("https://openeo.example.org:", "host or port"),
        ("https://openeo.example.org:0", "host or port"),
        ("https://openeo.example.org:70000", "host or port"),
        ("https://openeo.example.org:http", "host or port"),
        ("https://[::1", "host or port"),
        ("https://[fe80::1%25eth0]", "host or port"),
        ("http://127.1", "host name"),
        ("http://0x7f000001", "host name"),
        ("http://2130706433", "host name"),
        ("http://0177.0.0.1", "host name"),
        ("https://exa%6dple.org", "host name"),
        ("https://openeo.example.org/a/../b", "step in its path"),
        ("https://openeo.example.org/a/%2e%2E/b", "step in its path"),
        ("https://openeo.example.org／evil", "host or port"),  # noqa: RUF001  # a full-width slash
        ("x" * 2049, "longer than"),
    ],
)
def test_anything_else_is_refused_with_a_reason(typed: str, why: str) -> None:
    # When
    with pytest.raises(BackendAddressInvalid, match=r".") as refused:
        normalise(typed)
    # Then
    assert why in refused.value.message
    assert refused.value.todo
    assert "geheim" not in str(refused.value)


def test_http_for_other_machines_has_to_be_allowed() -> None:
    assert normalise("http://openeo:8080", allow_insecure=True) == "http://openeo:8080"


@given(st.text(max_size=60))
def test_no_text_at_all_breaks_it(typed: str) -> None:
    # Given / When
    try:
        used = normalise(typed)
    except BackendAddressInvalid:
        return
    # Then
    assert used.startswith("https://") or is_loopback(used.split("/")[2].split(":")[0].strip("[]"))
    assert used.isascii()
    assert normalise(used) == used


@pytest.mark.parametrize(
    ("source", "target", "follow"),
    [
        ("https://a.example", "https://b.example/x", True),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "http://127.0.0.1:8000", False),
        ("http://127.0.0.1:1", "http://localhost:2", True),
        ("http://127.0.0.1:1", "http://b.example", False),
        ("http://127.0.0.1:1", "https://b.example", True),
        ("http://a.example", "http://b.example", True),
        ("https://a.example", "https://u:p@b.example", False),
        ("https://a.example", "javascript:alert(1)", False),
        ("https://a.example", "https://b.example:x", False),
        ("https://a.example", "//b.example", False),
    ],
)
def test_a_secret_never_travels_less_safely_than_before(
    source: str, target: str, *, follow: bool
) -> None:
    assert may_lead(source, target) is follow


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://login.example:8443/realms/a", "login.example:8443"),
        ("http://[::1]:5000", "[::1]:5000"),
        ("https://name:geheim@login.example", "login.example"),
        ("https://оpeneo.example/x", "xn--peneo-iye.example"),  # noqa: RUF001
        ("https://f\x1bc goes to", "f%1Bc%20goes%20to"),
        ("https://x\u202ex.example", "x%E2%80%AEx.example"),
        ("https://x\ud800", "x%3F"),
    ],
)
def test_a_host_is_shown_in_visible_ascii(url: str, shown: str) -> None:
    assert host_of(url) == shown

"""Who asks, and how often he may: the limits of the pages, with a clock of their own."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request

from bot.web import security
from bot.web.security import Limit, client


def asked(remote: str, forwarded: str = "") -> str:
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: (remote, 1) if name == "peername" else default
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return client(make_mocked_request("GET", "/", headers=headers, transport=transport))


@pytest.mark.parametrize(
    ("remote", "forwarded", "who"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("8.8.8.8", "198.51.100.1", "8.8.8.8"),                      # no proxy of ours: what it says of itself does not count
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("127.0.0.1", "10.9.9.9, 203.0.113.7", "203.0.113.7"),       # the last one was added by the proxy
        ("172.18.0.1", "2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "", "2001:db8:1:2::/64"),
        ("127.0.0.1", "not an address", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_who_asks(remote: str, forwarded: str, who: str) -> None:
    assert asked(remote, forwarded) == who


def test_a_limit_counts_within_its_time() -> None:
    now = [0.0]
    limit = Limit(3, 60.0, lambda: now[0])
    for _ in range(3):
        assert not limit.reached("a")
        limit.count("a")
        now[0] += 10
    assert limit.reached("a")
    assert not limit.reached("b")
    now[0] = 60.0
    assert not limit.reached("a"), "the first one is a minute ago"
    limit.count("a")
    assert limit.reached("a")
    now[0] = 1_000.0
    assert not limit.reached("a")


def test_a_limit_holds_so_many_clients_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "MOST_CLIENTS", 10)
    limit = Limit(1, 60.0, lambda: 0.0)
    for number in range(100):
        limit.count(str(number))
    assert [limit.reached(str(number)) for number in (89, 90, 99)] == [False, True, True]

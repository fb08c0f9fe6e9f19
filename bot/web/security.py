"""What every page is guarded by: strict headers, requests from the site's own pages only, and limits on guesses and on writing.

`thidua_browser` is the pages' cookie: a random name of this browser, which links are bound to. It is HttpOnly and SameSite=Strict, so that
no other site can act with it and no script can read it.
"""

from __future__ import annotations

import ipaddress
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web

COOKIE = "thidua_browser"
SECURE_COOKIE = f"__Host-{COOKIE}"
"""Its name where the site speaks TLS: no other host of the domain, and nobody without TLS, can set one of this name."""

CHAT_COOKIE = "thidua_chat"
SECURE_CHAT_COOKIE = f"__Host-{CHAT_COOKIE}"
"""The session of the chat page in this browser."""

COOKIE_SECONDS = 3 * 86_400
"""As long as the longest link lives."""

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}

WRONG_TOKENS = 20
WRONG_SECONDS = 600.0
"""So many unknown tokens in so long, and a client is told for a while that it tries too often. Guessing 256 bits is hopeless anyway."""

WRITES = 120
WRITE_SECONDS = 60.0
CLIENT_WRITES = 600
MOST_CLIENTS = 10_000


class Limit:
    """At most ``most`` events of one key within ``seconds``. Holds at most `MOST_CLIENTS` keys, the oldest are forgotten."""

    def __init__(self, most: int, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._most = most
        self._now = now
        self._events: OrderedDict[str, deque[float]] = OrderedDict()

    def reached(self, key: str) -> bool:
        events = self._events.get(key)
        if events is None:
            return False
        while events and events[0] <= self._now() - self.seconds:
            events.popleft()
        if not events:
            del self._events[key]
        return len(events) >= self._most

    def count(self, key: str) -> None:
        self._events.setdefault(key, deque(maxlen=self._most)).append(self._now())
        self._events.move_to_end(key)
        if len(self._events) > MOST_CLIENTS:
            self._events.popitem(last=False)


def client(request: web.Request) -> str:
    """Who asks: the peer, or whom our proxy names where the peer is a machine of our own network. A whole /64 is one client."""
    peer = _address(request.remote or "")
    if peer is not None and (peer.is_loopback or peer.is_private):
        # The last one was added by the proxy in front of us; the ones before it are what the client says of itself.
        named = _address(request.headers.get("X-Forwarded-For", "").rsplit(",", 1)[-1].strip())
        peer = named or peer
    if isinstance(peer, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((peer, 64), strict=False))
    return str(peer)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def from_own_page(request: web.Request, public_url: str) -> bool:
    """Whether a request that changes something comes from a page of this very site.

    Browsers say so themselves (Sec-Fetch-Site); for older ones the Origin decides, and none at all is a no.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("Origin", ""))
    if origin.scheme not in ("http", "https") or not origin.netloc:
        return False
    own = urlsplit(public_url)
    return (origin.scheme, origin.netloc) == (own.scheme, own.netloc) or origin.netloc == request.headers.get("Host")


def browser(request: web.Request, *, secure: bool = False) -> str:
    """The secret of the browser that asks; "" for one that has none yet, or something that we never gave it.

    ``secure``: the site speaks TLS, so only what no other host can have set counts.
    """
    given = request.cookies.get(SECURE_COOKIE) or ("" if secure else request.cookies.get(COOKIE, ""))
    return given if len(given) == 43 and given.isascii() else ""


def chat_session(request: web.Request, *, secure: bool) -> str:
    """The secret of the browser's session of the chat page; "" for one that has none, or something that we never gave it."""
    given = request.cookies.get(SECURE_CHAT_COOKIE if secure else CHAT_COOKIE, "")
    return given if len(given) == 43 and given.isascii() else ""


def new_browser() -> str:
    return secrets.token_urlsafe(32)


def remember(response: web.StreamResponse, secret: str, public_url: str) -> None:
    """Give the browser its secret."""
    secure = public_url.startswith("https:")
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE, secret, max_age=COOKIE_SECONDS, httponly=True, samesite="Strict", secure=secure, path="/"
    )


def harden(response: web.StreamResponse) -> None:
    """Put the strict headers on an answer; what a page has set itself (the type of a file) stays."""
    if not response.prepared:
        response.headers.update({name: value for name, value in HEADERS.items() if name not in response.headers})

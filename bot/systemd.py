"""Telling systemd how we are (sd_notify): READY, STOPPING, and the beat of its watchdog. Without systemd nothing happens."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Mapping


def notify(state: str, environ: Mapping[str, str] = os.environ) -> None:
    """Send a state such as ``READY=1``. A service manager that does not listen is no reason to stop."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out:
        out.setblocking(False)
        try:
            out.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError:
            return


async def beat(environ: Mapping[str, str] = os.environ) -> None:
    """Beat at twice the pace that the watchdog asks for, as long as the event loop runs. Ends at once where none is set."""
    given, process = environ.get("WATCHDOG_USEC", ""), environ.get("WATCHDOG_PID", "")
    if not given.isdecimal() or int(given) == 0 or process not in ("", str(os.getpid())):
        return
    while True:
        notify("WATCHDOG=1", environ)
        await asyncio.sleep(int(given) / 2_000_000)

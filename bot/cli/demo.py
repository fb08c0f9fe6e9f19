"""`thidua demo`: the sample cluster in a phone-like page on loopback; no token, no network, a temporary database."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
import tempfile
import webbrowser
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.cli.parser import Subparsers
from bot.language import Language
from bot.settings import Settings
from handlers.kit.message import m

START = datetime(2026, 11, 23, 8, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
HIGHEST_PORT = 65535
TOKENS = ("THIDUA_TELEGRAM_TOKEN", "THIDUA_ZALO_TOKEN")


def add(subparsers: Subparsers) -> None:
    """``--port`` (8080) and ``--no-browser``."""
    parser = subparsers.add_parser("demo")
    parser.add_argument("--port", type=int, default=8080, help=m("the port on this machine (8080)"))
    parser.add_argument("--no-browser", action="store_true", help=m("only print the address"))


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Serve until Ctrl-C or SIGTERM. Exit status 2 when a token is set (real officers must never meet the sample) or the port is taken."""
    from bot import lock

    language = Language.load(settings.language)
    if not 0 <= args.port <= HIGHEST_PORT:
        print(language.text(m("--port: from 0 to {most}", most=str(HIGHEST_PORT))), file=sys.stderr)
        return 2
    token = next((name for name in TOKENS if os.environ.get(name)), None)
    if token is not None:
        refused = m("{name} is set: the demo does not run beside a real bot. Please unset it first.", name=token)
        print(language.text(refused), file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="thidua-demo-") as folder:
        path = Path(folder) / "demo.sqlite3"
        with lock.hold(path):    # nobody else knows the folder; a `restore` onto the sample is refused all the same
            return asyncio.run(_serve(path, args.port, not args.no_browser, language))


async def _serve(path: Path, port: int, browser: bool, language: Language) -> int:
    from aiohttp import web

    from bot.demo.world import open_demo

    try:
        listening = socket.create_server(("127.0.0.1", port))
    except OSError:
        print(language.text(m("Port {port} is taken. Choose another: thidua demo --port {other}", port=str(port), other=str(port + 1))),
              file=sys.stderr)  # fmt: skip
        return 2
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    demo = await open_demo(path, START, language, address=address)
    runner = web.AppRunner(demo.server.app(), shutdown_timeout=2)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    print(language.text(m("The demo runs at {address} (Ctrl-C ends it).", address=f"{address}/")), flush=True)
    if browser:
        webbrowser.open(address)
    ended = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, ended.set)
    await ended.wait()
    await runner.cleanup()
    await demo.application.stop()
    return 0

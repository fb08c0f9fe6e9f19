"""The program itself: its Python, its packages, its catalogues, and the terminal it writes to."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bot.doctor.context import Context
from bot.doctor.finding import Finding, Group, fine, note, serious, unknown, warning
from bot.language import CATALOGUES
from bot.settings import LANGUAGES
from handlers.kit.message import m

PINS = Path(__file__).resolve().parents[2] / "requirements.txt"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*python_full_version\s*<\s*'(\d+)\.(\d+)')?", re.MULTILINE)
OLDEST_PYTHON = (3, 11)


def python(context: Context) -> Iterable[Finding]:
    given = platform.python_version()
    if sys.version_info[:2] < OLDEST_PYTHON:
        yield serious(m("Python {version} is too old.", version=given), m("Install Python 3.11 or newer, then: make setup"))
    else:
        yield fine(m("Python {version}, {machine}.", version=given, machine=platform.machine()))


def packages(context: Context) -> Iterable[Finding]:
    """What is installed beside what was pinned and tested."""
    try:
        pinned = PINS.read_text(encoding="utf-8")
    except OSError:
        yield unknown(m("The pinned packages (requirements.txt) are not there to compare with."))
        return
    other = []
    for name, wanted, major, minor in PIN.findall(pinned):
        if major and sys.version_info[:2] >= (int(major), int(minor)):
            continue
        try:
            installed = version(name)
        except PackageNotFoundError:
            installed = "–"
        if _plain(installed) != _plain(wanted):
            other.append(f"{name} {installed} ({wanted})")
    if other:
        yield warning(
            m("Packages differ from the pinned ones that were tested: {packages}", packages=tuple(other[:8])),
            m("Install exactly those: make setup (after removing .venv), or pip install --require-hashes -r requirements.txt"),
        )
    else:
        yield fine(m("All packages are the pinned ones."))


def _plain(version: str) -> str:
    """1.002 is 1.2: packages may write a number with zeros that an index leaves out."""
    return re.sub(r"\b0+(?=\d)", "", version)


def catalogues(context: Context) -> Iterable[Finding]:
    """A wheel would not carry them."""
    missing = [code for code in LANGUAGES if not any((CATALOGUES / code).rglob("*.po"))]
    if missing:
        yield serious(m("Catalogues of texts are missing: {languages}", languages=tuple(missing)), m("Run the program from its checkout."))


def terminal(context: Context) -> Iterable[Finding]:
    """Vietnamese letters on this terminal; the bot itself does not depend on it."""
    if context.encoding.lower().replace("-", "").replace("_", "") not in ("utf8", "utf8sig"):
        yield note(
            m(
                "This terminal writes {encoding}, not UTF-8: Vietnamese letters may be lost here, not in the chat.",
                encoding=context.encoding,
            ),
            m("Run: export LANG=C.UTF-8"),
        )


GROUP = Group(m("Program"), (python, packages, catalogues, terminal))

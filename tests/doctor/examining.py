"""A context made by hand for one check, and what it says then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.doctor.asking import Answer
from bot.doctor.context import Context
from bot.doctor.finding import Finding
from bot.language import languages
from bot.settings import load
from tests.chat import ZONE
from tests.conftest import START

HOST = "api.telegram.org"
ME = Answer(200, {"username": "thidua_bot", "can_read_all_group_messages": False}, ok=True)


def context(tmp_path: Path, environ: Mapping[str, str] | None = None, **given: Any) -> Context:
    values = {"THIDUA_DATABASE": str(tmp_path / "cluster.sqlite3"), **(environ or {})}
    return Context(load(values), environ or {}, tmp_path / ".env", START, **given)


def said(findings: Iterator[Finding] | Any) -> list[tuple[str, str]]:
    """(level, English text) of each finding; every one has a text and every serious one a mend, in both languages."""
    found = list(findings)
    for each in found:
        for language in languages(ZONE).values():
            assert language.text(each.message)
            assert each.mend is None or language.text(each.mend)
        assert each.mend is not None or each.level in ("note", "fine", "unknown")
    return [(each.level, languages(ZONE)["en"].text(each.message)) for each in found]

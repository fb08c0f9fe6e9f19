"""What holds for every command, every message and every file, however many there will be."""

from __future__ import annotations

import re
import string
import unicodedata
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.cli import COMMANDS
from bot.language import CATALOGUES, languages
from bot.settings import NAMES
from handlers.kit.command import Command
from handlers.registry import registry
from handlers.rules.text import fold
from tests.chat import ZONE

ROOT = Path(__file__).resolve().parents[1]
FLOORS = ("bot", "handlers", "storage")
KEYWORDS = {"m": (1,), "mn": (1, 2), "mc": ((1, "c"), 2)}
ALL = registry().commands
LONGEST_FILE = 400
Key = tuple[str | None, str]


@cache
def extracted() -> set[Key]:
    """(context, msgid) of every message in the source."""
    return {
        (context, msgid if isinstance(msgid, str) else msgid[0])
        for floor in ("bot", "handlers")
        for _, _, msgid, _, context in extract_from_dir(ROOT / floor, keywords=KEYWORDS)
    }


@cache
def catalogue(code: str) -> dict[Key, list[tuple[tuple[str, ...], tuple[str, ...]]]]:
    """(ids, texts) of each entry; more than one where a message is translated twice."""
    entries: dict[Key, list[tuple[tuple[str, ...], tuple[str, ...]]]] = {}
    for path in sorted((CATALOGUES / code / "LC_MESSAGES").glob("*.po")):
        for entry in read_po(BytesIO(path.read_bytes()), locale=code):
            if entry.id:
                ids = (entry.id,) if isinstance(entry.id, str) else tuple(entry.id)
                texts = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
                entries.setdefault((entry.context, ids[0]), []).append((ids, texts))
    return entries


def test_every_message_has_a_vietnamese_text() -> None:
    assert sorted(key[1] for key in extracted() if not any(all(texts) for _, texts in catalogue("vi").get(key, []))) == []


def test_no_catalogue_holds_a_message_that_nothing_says() -> None:
    assert sorted(key[1] for code in ("vi", "en") for key in catalogue(code) if key not in extracted()) == []


def test_a_message_is_translated_once() -> None:
    assert sorted(key[1] for key, entries in catalogue("vi").items() if len(entries) > 1) == []


def test_translations_name_only_values_the_message_has() -> None:
    wrong = [
        ids[0]
        for entries in catalogue("vi").values()
        for ids, texts in entries
        for text in texts
        if not _names(text) <= {name for each in ids for name in _names(each)} | {"count"}
    ]
    assert wrong == []


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("words", ["!", "bạn ", "Bạn ", "quý khách", "anh/chị"])
def test_the_tone_is_official(words: str) -> None:
    said = [text for entries in catalogue("vi").values() for _, texts in entries for text in texts]
    assert [text for text in said if words in text] == []


def test_vietnamese_texts_are_composed_characters() -> None:
    texts = [path.read_text(encoding="utf-8") for path in CATALOGUES.rglob("*.po")]
    assert all(unicodedata.is_normalized("NFC", text) for text in texts)


@pytest.mark.parametrize("command", ALL, ids=lambda command: command.name)
def test_a_command_is_well_declared(command: Command) -> None:
    assert re.fullmatch(r"[a-z0-9]{1,32}", command.name)
    assert command.alias == "" or re.fullmatch(r"[a-z0-9]{1,32}", command.alias)
    assert 1 <= len(languages(ZONE)["vi"].text(command.summary)) <= 60


def test_no_phrase_leads_to_two_commands() -> None:
    leads: dict[str, set[str]] = {}
    for command in ALL:
        for language in languages(ZONE).values():
            for phrase in filter(None, language.text(command.words).split("|")):
                leads.setdefault(fold(phrase), set()).add(command.name)
    assert {phrase: names for phrase, names in leads.items() if len(names) > 1} == {}


def test_the_names_that_stay() -> None:
    names = {command.name: command.alias for command in ALL}
    contract = {
        "start": None, "trogiup": "help", "viec": None, "baocao": "report", "sua": "correct", "xephang": "ranking", "diem": "score",
        "sosanh": "compare", "han": "deadlines", "lich": "calendar", "nhacnho": "reminders", "tiendo": "progress", "nguoi": "people",
        "dulieu": None, "ngonngu": "language", "huy": "cancel", "thongbao": "broadcast",
    }  # fmt: skip
    assert {name: alias for name, alias in contract.items() if name not in names or (alias and names[name] != alias)} == {}


def test_files_hold_one_noun() -> None:
    long = {
        path.relative_to(ROOT).as_posix(): lines
        for floor in FLOORS
        for path in (ROOT / floor).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_there_is_one_clock() -> None:
    pattern = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|(?<!_)\btime\.time\(")
    sources = [path for floor in FLOORS for path in (ROOT / floor).rglob("*.py") if path.name != "clock.py"]
    assert [path.name for path in sources if pattern.search(path.read_text(encoding="utf-8"))] == []


def test_the_readme_names_every_setting_and_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"`{name}`" not in readme] == []
    assert [name for name in COMMANDS if f"thidua {name}" not in readme] == []
    assert [command.name for command in ALL if command.order is not None and f"/{command.name}" not in readme] == []


def test_a_transcript_uses_every_command() -> None:
    used = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests/transcripts").rglob("*.txt"))
    assert [command.name for command in ALL if command.order is not None and f"> /{command.name}" not in used] == []

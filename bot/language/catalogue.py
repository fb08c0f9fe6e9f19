"""Catalogues are gettext .po files, read as they are when the program starts: there is no build step to forget.

A new language is one folder ``locales/<code>/LC_MESSAGES``. English is the language of the msgids: its catalogue holds plurals and
exceptions only.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.language.format import Format
from bot.language.po import Key, translations
from handlers.kit.message import Message, Value

CATALOGUES = Path(__file__).resolve().parents[2] / "locales"


class Language:
    """One language: msgids to texts, values to the language's way of writing them."""

    def __init__(self, code: str, texts: dict[Key, tuple[str, ...]], zone: ZoneInfo) -> None:
        self.code = code
        self._texts = texts
        self._format = Format(code, zone)

    @classmethod
    def load(cls, code: str, zone: ZoneInfo | None = None) -> Language:
        """Read the catalogue of a language. Raises LookupError when there is none."""
        return _load(code, zone or ZoneInfo("Asia/Ho_Chi_Minh"))

    def text(self, message: Message) -> str:
        """The message in this language. A msgid without a translation is shown as it is, in English."""
        forms = self._texts.get((message.context, message.msgid))
        if message.plural is None or message.count is None:
            template = forms[0] if forms else message.msgid
        else:
            singular_plural = forms or (message.msgid, message.plural)
            template = singular_plural[min(self._plural(message.count), len(singular_plural) - 1)]
        if not message.values:
            return template
        return template.format_map(
            {name: value if type(value) is str else self.value(value) for name, value in message.values.items()}
        )

    def value(self, value: Value) -> str:
        """A value as the language writes it."""
        if isinstance(value, str):
            return value
        if isinstance(value, Message):
            return self.text(value)
        if isinstance(value, tuple):
            return ", ".join(self.value(each) for each in value)
        return self._format.value(value)

    def has(self, message: Message) -> bool:
        return (message.context, message.msgid) in self._texts

    def _plural(self, count: int) -> int:
        return 0 if self.code == "vi" or count == 1 else 1


@cache
def _load(code: str, zone: ZoneInfo) -> Language:
    folder = CATALOGUES / code / "LC_MESSAGES"
    if not folder.is_dir():
        raise LookupError(f"no catalogue for the language {code!r}")
    texts: dict[Key, tuple[str, ...]] = {}
    for path in sorted(folder.glob("*.po")):
        texts |= translations(path.read_text(encoding="utf-8"))
    return Language(code, texts, zone)


@cache
def languages(zone: ZoneInfo) -> dict[str, Language]:
    """Every language that has a catalogue, Vietnamese first."""
    codes = sorted((path.name for path in CATALOGUES.iterdir() if (path / "LC_MESSAGES").is_dir()), key=lambda code: code != "vi")
    return {code: _load(code, zone) for code in codes}

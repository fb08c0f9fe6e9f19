"""The reader of catalogues reads what Babel's reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bot.language import CATALOGUES
from bot.language.po import Key, translations


def by_babel(path: Path) -> dict[Key, tuple[str, ...]]:
    found: dict[Key, tuple[str, ...]] = {}
    with path.open("rb") as file:
        for entry in read_po(file):
            if not entry.id or entry.fuzzy:
                continue
            msgid = entry.id if isinstance(entry.id, str) else entry.id[0]
            forms = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ())
            if all(forms):
                found[(entry.context if isinstance(entry.context, str) else None, msgid)] = tuple(map(str, forms))
    return found


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*/LC_MESSAGES/*.po")), ids=lambda path: path.parts[-3])
def test_every_catalogue_is_read_as_babel_reads_it(path: Path) -> None:
    read = translations(path.read_text(encoding="utf-8"))
    assert read
    assert read == by_babel(path)


def test_what_is_odd_in_a_catalogue(tmp_path: Path) -> None:
    path = tmp_path / "odd.po"
    path.write_text(
        'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        '# a note\n#: file.py:3\nmsgctxt "a"\nmsgid "one \\"two\\"\\n"\n"three\\t\\\\"\nmsgstr ""\n"một"\n" hai"\n\n'
        'msgid "one"\nmsgid_plural "many"\nmsgstr[0] "một"\nmsgstr[1] "nhiều"\n\n'
        '#, fuzzy\nmsgid "guessed"\nmsgstr "đoán"\n\nmsgid "open"\nmsgstr ""\n\n#~ msgid "old"\n#~ msgstr "cũ"\n',
        encoding="utf-8",
    )
    read = translations(path.read_text(encoding="utf-8"))
    assert read == {("a", 'one "two"\nthree\t\\'): ("một hai",), (None, "one"): ("một", "nhiều")}
    assert read == by_babel(path)


def test_what_is_no_catalogue_is_refused() -> None:
    with pytest.raises(ValueError, match="not a line"):
        translations("<html>\n")

"""What is left of somebody whose data was erased: letters, menus and questions to and about them, under every name they ever had.

What was filed in a report stays, with the unit: its texts may name people, and are the unit's. Everything else forgets the names at once;
the freed bytes are overwritten (``secure_delete``), and the log is folded into the file by the hourly sweep.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storage.connection import Transaction

INSTEAD = "…"
"""Stands where a name was, in any language."""

_TEXTS = (
    ("outbox", "id", ("reply", "parts")),
    ("menus", "id", ("choices",)),
    ("dialogues", "owner", ("answers",)),
    ("topics", "owner", ("argument",)),
    ("broadcasts", "id", ("body", "file_name")),
    ("web_messages", "number", ("text", "buttons", "name")),
    ("attendances", "person_id", ("substitute",)),
    ("audit", "id", ("before", "after", "reason")),
)
"""Where names may stand: table, key, columns. `tests/storage/test_erasing.py` asks of every other text column why it is not here."""


def forget_traces(tx: Transaction, person_id: str, accounts: Sequence[tuple[str, str]]) -> None:
    """Drop what stands under their addresses (channel, address), also of before they joined; take their names out of what others are told.

    A letter to them that waits is sent while it answers them, and goes with `forget_the_erased`; reminders and broadcasts are for somebody
    who is here no more. Call it while the name still stands in ``people``.
    """
    names = names_of(tx, person_id, accounts)
    tx.execute("DELETE FROM outbox WHERE person_id = ? AND (state <> 'waiting' OR lane = 'broadcast')", (person_id,))
    for channel, address in accounts:
        tx.execute("DELETE FROM outbox WHERE channel = ? AND address = ? AND state <> 'waiting'", (channel, address))
        tx.execute("DELETE FROM menus WHERE channel = ? AND address = ?", (channel, address))
        tx.execute("DELETE FROM dialogues WHERE owner = ?", (f"{channel}:{address}",))
        for owner in (f"{channel}:{address}", f"person:{person_id}"):
            tx.execute("DELETE FROM topics WHERE owner = ? OR instr(owner, ?) = 1", (owner, f"group/{owner}/"))
        if channel == "web":
            tx.execute("UPDATE web_sessions SET name = '' WHERE address = ?", (address,))
    for name in sorted(names, key=len, reverse=True):
        _forget_name(tx, person_id, name)


def names_of(tx: Transaction, person_id: str, accounts: Sequence[tuple[str, str]]) -> frozenset[str]:
    """Every name the person ever had here: the present one, those before a correction, those typed at the door of the chat page."""
    found = [row[0] for row in tx.execute("SELECT name FROM people WHERE id = ?", (person_id,))]
    for row in tx.execute(
        "SELECT before, after FROM audit WHERE subject = ? AND action = 'person.rename'", (f"person:{person_id}",)
    ).fetchall():
        found += [each.partition(" · ")[0] for each in row if each]
    for channel, address in accounts:
        if channel == "web":
            found += [row[0] for row in tx.execute("SELECT name FROM web_sessions WHERE address = ?", (address,))]
    return frozenset(name.strip() for name in found if name.strip())


def forget_the_erased(tx: Transaction, now: int) -> None:
    """The last letters to those who were erased, once they have left."""
    erased = "SELECT id FROM people WHERE erased_at IS NOT NULL AND erased_at <= ?"
    tx.execute(f"DELETE FROM outbox WHERE person_id IN ({erased}) AND state <> 'waiting'", (now,))      # noqa: S608


def _forget_name(tx: Transaction, person_id: str, name: str) -> None:
    """A name of several words is taken out of every text. One of a single word may be part of another word or name ("An" of "An toàn"),
    so only where it stands as a value of its own, and from the chat page's messages that came of such a letter."""
    if tx.execute("SELECT 1 FROM people WHERE name = ? AND id <> ?", (name, person_id)).fetchone() is not None:
        return    # somebody else has the same name: what bears it may be theirs
    written = json.dumps(name, ensure_ascii=False)
    if " " not in name:
        _forget_messages_of(tx, written)
    taken = _Name(name, written, _longer_names(tx, person_id, name))
    for table, key, columns in _TEXTS:
        for column in columns:
            _take_out(tx, person_id, table, key, column, taken)


@dataclass(frozen=True, slots=True)
class _Name:
    """``written``: as JSON writes it, with its quotes; ``longer``: names of others of which it is a part."""

    plain: str
    written: str
    longer: tuple[str, ...]

    def taker(self) -> Callable[[str], str]:
        if " " not in self.plain:
            blank = json.dumps(INSTEAD, ensure_ascii=False)
            return lambda text: INSTEAD if text == self.plain else text.replace(self.written, blank)
        forms = {self.plain, self.written[1:-1]}
        kept = "".join(f"{re.escape(each)}|" for each in sorted(self.longer, key=len, reverse=True))
        found = re.compile(rf"(?<!\w)(?:({kept.rstrip('|') or '(?!)'})|{'|'.join(map(re.escape, forms))})(?!\w)")
        return lambda text: found.sub(lambda match: match[1] or INSTEAD, text)


def _longer_names(tx: Transaction, person_id: str, name: str) -> tuple[str, ...]:
    rows = tx.execute("SELECT DISTINCT name FROM people WHERE id <> ? AND instr(name, ?) > 0 AND name <> ?", (person_id, name, name))
    return tuple(row[0] for row in rows)


def _take_out(tx: Transaction, person_id: str, table: str, key: str, column: str, name: _Name) -> None:
    own, mark = ("person_id IS NOT :person AND", ", scrubbed = 1") if table == "outbox" else ("", "")     # their last answer still goes out
    rows = tx.execute(
        f"SELECT {key}, {column} FROM {table} WHERE {own} (instr({column}, :plain) > 0 OR instr({column}, :written) > 0)",  # noqa: S608
        {"person": person_id, "plain": name.plain, "written": name.written[1:-1]},
    ).fetchall()
    take = name.taker()
    for row_key, text in rows:
        left = take(text)
        if left != text:
            tx.execute(f"UPDATE {table} SET {column} = ?{mark} WHERE {key} = ? AND {column} = ?", (left, row_key, text))  # noqa: S608


def _forget_messages_of(tx: Transaction, written: str) -> None:
    """Messages on chat pages that came of a letter with this value: of their text alone the word cannot be told from others."""
    letters = tx.execute("SELECT id FROM outbox WHERE channel = 'web' AND instr(reply, ?) > 0", (written,)).fetchall()
    for (letter_id,) in letters:
        tx.execute("DELETE FROM web_messages WHERE key LIKE ?", (f"letter:{letter_id}:%",))

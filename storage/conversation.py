"""Where a conversation stands: the open dialogue, the menus that can still be answered, the topic of the last question."""

from __future__ import annotations

from dataclasses import dataclass

from storage.connection import Snapshot, Transaction
from storage.errors import Conflict


@dataclass(frozen=True, slots=True)
class Open:
    """An open dialogue as stored; ``answers`` is JSON text."""

    name: str
    version: int
    revision: int
    step: str
    answers: str


@dataclass(frozen=True, slots=True)
class Menu:
    """Choices that were shown; ``choices`` is JSON text, ``dialogue`` is NAME/REVISION of the dialogue whose question they answer."""

    id: str
    channel: str
    address: str
    choices: str
    dialogue: str | None
    expires_at: int
    created_at: int = 0


def dialogue(read: Snapshot, owner: str) -> Open | None:
    """The owner's dialogue; one that has ended has an empty name, and only its revision matters."""
    row = read.execute("SELECT name, version, revision, step, answers FROM dialogues WHERE owner = ?", (owner,)).fetchone()
    return None if row is None else Open(*row)


def menu(read: Snapshot, menu_id: str) -> Menu | None:
    row = read.execute(
        "SELECT id, channel, address, choices, dialogue, expires_at, created_at FROM menus WHERE id = ?", (menu_id,)
    ).fetchone()
    return None if row is None else Menu(*row)


def latest_menu(read: Snapshot, channel: str, address: str, dialogue: str | None = None) -> Menu | None:
    """The menu a typed number refers to: the last one shown at this address (of one ``dialogue``, where that is asked for).

    What a letter offers that has not gone out yet was seen by nobody: its menu counts from when it is sent (`storage.outbox.settle`).
    """
    row = read.execute(
        "SELECT id, channel, address, choices, dialogue, expires_at, created_at FROM menus WHERE channel = ?1 AND address = ?2"
        " AND (?3 IS NULL OR dialogue = ?3) AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.channel = ?1 AND o.address = ?2"
        " AND o.state = 'waiting' AND o.lane = 'broadcast' AND o.menu_id = menus.id) ORDER BY number DESC LIMIT 1",
        (channel, address, dialogue),
    ).fetchone()
    return None if row is None else Menu(*row)


def topic(read: Snapshot, owner: str, since: int) -> tuple[str, str] | None:
    """The command and argument of the last question asked after ``since``."""
    row = read.execute("SELECT command, argument FROM topics WHERE owner = ? AND at >= ?", (owner, since)).fetchone()
    return None if row is None else (row[0], row[1])


def save_dialogue(
    tx: Transaction, owner: str, expected_revision: int, revision: int, name: str, version: int, step: str, answers: str, now: int
) -> None:
    """Keep the owner's dialogue under ``revision``. Raises Conflict when it has moved on since it was read."""
    if expected_revision:
        done = tx.execute(
            "UPDATE dialogues SET name = ?, version = ?, revision = ?, step = ?, answers = ?, updated_at = ?"
            " WHERE owner = ? AND revision = ?",
            (name, version, revision, step, answers, now, owner, expected_revision),
        )
    else:
        done = tx.execute(
            "INSERT OR IGNORE INTO dialogues (owner, name, version, revision, step, answers, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
            (owner, name, version, revision, step, answers, now),
        )
    if done.rowcount != 1:
        raise Conflict(f"the dialogue of {owner} has moved on")


def end_dialogue(tx: Transaction, owner: str, expected_revision: int) -> None:
    """Close the owner's dialogue. Raises Conflict when it has moved on since it was read."""
    done = tx.execute(
        "UPDATE dialogues SET name = '', step = '', answers = '{}', revision = revision + 1 WHERE owner = ? AND revision = ?",
        (owner, expected_revision),
    )
    if done.rowcount != 1:
        raise Conflict(f"the dialogue of {owner} has moved on")


def save_menu(tx: Transaction, shown: Menu, now: int) -> None:
    """Keep what the choices of an answer mean. At one address only the newest hundred are kept."""
    tx.execute(
        "INSERT INTO menus (id, channel, address, choices, dialogue, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (shown.id, shown.channel, shown.address, shown.choices, shown.dialogue, now, shown.expires_at),
    )


def save_topic(tx: Transaction, owner: str, command: str, argument: str, now: int) -> None:
    tx.execute("INSERT OR REPLACE INTO topics (owner, command, argument, at) VALUES (?, ?, ?, ?)", (owner, command, argument, now))


def drop_old_menus(tx: Transaction, now: int) -> None:
    tx.execute("DELETE FROM menus WHERE expires_at < ?", (now,))

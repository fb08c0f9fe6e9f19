"""Numbered migrations: each file is applied once, in order, in one transaction with its record in ``user_version``."""

from __future__ import annotations

import sqlite3
from importlib.resources import files

from storage.errors import StorageError


def numbered() -> list[tuple[int, str]]:
    """The migrations as (number, SQL), ascending; the number is the beginning of the file's name."""
    found = [
        (int(entry.name.split("_", 1)[0]), entry.read_text(encoding="utf-8"))
        for entry in files(__name__).iterdir()
        if entry.name.endswith(".sql")
    ]
    return sorted(found)


def migrate(connection: sqlite3.Connection) -> int:
    """Bring the database to the newest schema and return its number.

    Raises StorageError when the file is of a newer program, so that an old one never writes into it.
    """
    migrations = numbered()
    newest = migrations[-1][0]
    current = version(connection)
    if current > newest:
        raise StorageError(f"the database is of schema {current}, this program knows {newest}: use the newer program")
    for number, script in migrations:
        if number > current:
            connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
    return newest


def version(connection: sqlite3.Connection) -> int:
    """The number of the last migration applied (0: an empty file)."""
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number

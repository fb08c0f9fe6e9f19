"""Databases as released programs left them: a schema of then, filled with rows of a constructed cluster (released/NNNN.sql)."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from storage.migrations import _apply, numbered

ROWS = Path(__file__).parent / "released"


def build(path: Path, schema: int, *, filled: bool = True) -> None:
    """A database of that schema at ``path``: each version's own rows were put in while it was the newest."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for number, script in numbered():
            if number > schema:
                break
            _apply(connection, number, script)
            rows = ROWS / f"{number:04}.sql"
            if filled and rows.exists():
                connection.executescript(f"BEGIN;\n{rows.read_text(encoding='utf-8')}\nCOMMIT;")
    finally:
        connection.close()


def rows_of(connection: sqlite3.Connection) -> dict[str, list[dict[str, object]]]:
    """Every row of every table, by column name."""
    held: dict[str, list[dict[str, object]]] = {}
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    for table in tables:
        cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608
        names = [column[0] for column in cursor.description]
        held[table] = [dict(zip(names, row, strict=True)) for row in cursor]
    return held

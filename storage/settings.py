"""What the instance remembers about itself: minted secrets, switches of the secretary."""

from __future__ import annotations

from storage.connection import Snapshot, Transaction


def get(read: Snapshot, name: str) -> str | None:
    row = read.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def put(tx: Transaction, name: str, value: str) -> None:
    tx.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, value))


def mint(tx: Transaction, name: str, value: str) -> str:
    """Keep the value unless there is one already; what is kept."""
    tx.execute("INSERT OR IGNORE INTO settings (name, value) VALUES (?, ?)", (name, value))
    return str(tx.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()[0])


def beginning(read: Snapshot, prefix: str) -> dict[str, str]:
    """Everything whose name begins with the prefix, by the rest of the name."""
    rows = read.execute(
        "SELECT substr(name, length(:prefix) + 1), value FROM settings WHERE substr(name, 1, length(:prefix)) = :prefix",
        {"prefix": prefix},
    )
    return {str(rest): str(value) for rest, value in rows}


def forget(tx: Transaction, name: str) -> None:
    tx.execute("DELETE FROM settings WHERE name = ?", (name,))

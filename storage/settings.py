"""What the instance remembers about itself: minted secrets, switches of the secretary."""

from __future__ import annotations

from storage.connection import Snapshot, Transaction


def get(read: Snapshot, name: str) -> str | None:
    row = read.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def put(tx: Transaction, name: str, value: str) -> None:
    tx.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, value))

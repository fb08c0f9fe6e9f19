"""What a platform keeps of the files that were uploaded to it: its own id of a content, good for the account that uploaded it."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from storage.connection import Snapshot, Transaction

KEEP_SECONDS = 30 * 86_400
"""Then it is uploaded once more: nobody promises that an id is good for ever."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What was uploaded: a content by its hash, as a picture or as a file under a name, to an account of a channel."""

    channel: str
    account: str
    kind: str
    sha256: str
    name: str


_THIS = "channel = ? AND account = ? AND kind = ? AND sha256 = ? AND name = ?"


def known(read: Snapshot, upload: Upload) -> str:
    """The platform's id of it; "" where there is none."""
    row = read.execute(f"SELECT remote_id FROM uploads WHERE {_THIS}", astuple(upload)).fetchone()  # noqa: S608
    return "" if row is None else str(row[0])


def save(tx: Transaction, upload: Upload, remote_id: str, now: int) -> None:
    tx.execute(
        "INSERT OR REPLACE INTO uploads (channel, account, kind, sha256, name, remote_id, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*astuple(upload), remote_id, now),
    )


def forget(tx: Transaction, upload: Upload) -> None:
    """The platform does not know it any more."""
    tx.execute(f"DELETE FROM uploads WHERE {_THIS}", astuple(upload))  # noqa: S608


def drop_old(tx: Transaction, now: int) -> None:
    tx.execute("DELETE FROM uploads WHERE at < ?", (now - KEEP_SECONDS,))

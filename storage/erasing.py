"""What is left of somebody who had his data erased: letters to and about him, menus and questions at his addresses."""

from __future__ import annotations

import json
from collections.abc import Sequence

from storage.connection import Transaction


def forget_traces(tx: Transaction, person_id: str, name: str, accounts: Sequence[tuple[str, str]]) -> None:
    """Drop what stands under his addresses (channel, address), also of before he joined; blank what others were told of him by name.

    What waits is sent while it answers him, and goes with `forget_the_erased`; reminders and broadcasts are for somebody who is here no
    more. What others have not read yet is still for them to read. A name of one word is looked for as a whole value only: it may be
    part of another word.
    """
    tx.execute("DELETE FROM outbox WHERE person_id = ? AND (state <> 'waiting' OR lane = 'broadcast')", (person_id,))
    for channel, address in accounts:
        tx.execute("DELETE FROM outbox WHERE channel = ? AND address = ? AND state <> 'waiting'", (channel, address))
        tx.execute("DELETE FROM menus WHERE channel = ? AND address = ?", (channel, address))
        tx.execute("DELETE FROM dialogues WHERE owner = ?", (f"{channel}:{address}",))
        for owner in (f"{channel}:{address}", f"person:{person_id}"):
            tx.execute("DELETE FROM topics WHERE owner = ? OR instr(owner, ?) = 1", (owner, f"group/{owner}/"))
    name = name.strip()
    if name:
        written = json.dumps(name, ensure_ascii=False)
        sought = written[1:-1] if " " in name else written
        tx.execute("UPDATE outbox SET reply = '', parts = NULL WHERE state = 'sent' AND instr(reply, ?) > 0", (sought,))
    if " " in name:
        tx.execute("DELETE FROM web_messages WHERE author = 'bot' AND instr(text, ?) > 0", (name,))


def forget_the_erased(tx: Transaction, now: int) -> None:
    """The last letters to those who were erased, once they have left."""
    erased = "SELECT id FROM people WHERE erased_at IS NOT NULL AND erased_at <= ?"
    tx.execute(f"DELETE FROM outbox WHERE person_id IN ({erased}) AND state <> 'waiting'", (now,))      # noqa: S608

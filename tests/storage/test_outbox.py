"""The outbox's statements: each finds its rows by an index, however many letters wait."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from importlib.resources import files

import pytest

from storage import outbox, people
from storage.connection import Snapshot, Transaction

STATEMENTS: tuple[tuple[Callable[[sqlite3.Connection], object], str], ...] = (
    (lambda file: outbox.waiting(Snapshot(file), "test", "reply", 5, 7, 10), "outbox_waiting (channel=? AND lane=? AND id>?)"),
    (lambda file: outbox.letters(Snapshot(file), "test", [1, 2]), "INTEGER PRIMARY KEY (rowid=?)"),
    (lambda file: outbox.leave_address(Transaction(file), "test", "a", 5, ("test",)), "outbox_by_address (channel=? AND address=?)"),
    (lambda file: outbox.leave_channel(Transaction(file), "test", 5, ("test",), ()), "outbox_waiting (channel=? AND lane=?)"),
    (lambda file: people.move_address(Transaction(file), "test", "a", "b"), "outbox_by_address (channel=? AND address=?)"),
)


@pytest.mark.parametrize(("run", "index"), STATEMENTS)
def test_a_backlog_is_not_searched_through(run: Callable[[sqlite3.Connection], object], index: str) -> None:
    file = sqlite3.connect(":memory:", isolation_level=None)
    file.executescript(files("storage").joinpath("schema.sql").read_text(encoding="utf-8"))
    seen: list[str] = []
    file.set_trace_callback(seen.append)
    run(file)
    file.set_trace_callback(None)
    plans = [row[3] for statement in seen for row in file.execute(f"EXPLAIN QUERY PLAN {statement}")]
    file.close()
    ours = [plan for plan in plans if " outbox " in f"{plan} "]
    assert ours
    assert all(index in plan for plan in ours), plans

"""What must hold after a drill, read from the database and from the platform's log: a list of sentences about what does not."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot import understood
from tests.consistency import problems
from tests.drill.cluster import YEAR
from tests.drill.load import Officer, Step, content
from tests.drill.platform import Death, Delivery, Platform

NOT_STORED = "Hệ thống tạm thời không ghi được"
"""What is said past the outbox while nothing can be written; it answers nothing."""

HERE = "channel IN ('telegram', 'zalo')"
"""The channels of the drills."""


@dataclass(slots=True)
class Answers:
    """What one chat got, against its plan: ``answered`` steps in their order, the places in the log of each, and what is wrong."""

    answered: int = 0
    places: dict[int, list[int]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def doubles(self) -> int:
        return sum(len(each) - 1 for each in self.places.values())


def answers(steps: Sequence[Step], taken: Iterable[tuple[int, str]]) -> Answers:
    """Lay the texts that arrived (each with its place in the log) against the plan: every answer once or again at once, in order."""
    found = Answers()
    for place, text in taken:
        if text.startswith(NOT_STORED):
            continue
        if found.answered < len(steps) and steps[found.answered].answered_by(text):
            found.places[found.answered] = [place]
            found.answered += 1
        elif found.answered and steps[found.answered - 1].answered_by(text):
            found.places[found.answered - 1].append(place)
        else:
            found.wrong.append(f"after {found.answered} of {len(steps)} answers came {text[:120]!r}")
    return found


def read(path: Path, query: str, *values: object) -> list[tuple[object, ...]]:
    """Rows of a database that may be in use, or that a dead process left behind."""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        return connection.execute(query, values).fetchall()
    finally:
        connection.close()


def idle(path: Path) -> bool:
    """Every stored update is decided, and every letter has left."""
    ((left,),) = read(
        path,
        "SELECT (SELECT COUNT(*) FROM inbox WHERE state = 'waiting')"     # noqa: S608
        f" + (SELECT COUNT(*) FROM outbox WHERE state = 'waiting' AND {HERE})",
    )
    return left == 0


def all_decided(path: Path, updates: int) -> bool:
    """Whether every one of so many updates is stored and decided."""
    return all_stored(path, updates) and not undecided(path)


def all_stored(path: Path, updates: int) -> bool:
    """Whether every one of so many updates of Telegram is stored."""
    return len(keys(path, "telegram")) == updates


def undecided(path: Path) -> set[int]:
    """The chats whose updates are stored and wait to be decided."""
    rows = read(path, "SELECT payload FROM inbox WHERE state = 'waiting' AND channel = 'telegram'")
    return {int(kept.address) for (payload,) in rows if (kept := understood.read(str(payload))) is not None}


def unnoted(path: Path) -> frozenset[tuple[int, int]]:
    """Letters that wait, as (chat, place among all letters to the chat)."""
    rows = read(
        path,
        "SELECT address, place FROM (SELECT address, state, ROW_NUMBER() OVER (PARTITION BY address ORDER BY id) - 1 AS place"     # noqa: S608
        f" FROM outbox WHERE {HERE}) WHERE state = 'waiting'",
    )
    return frozenset((int(str(address)), int(str(place))) for address, place in rows)


def keys(path: Path, channel: str) -> set[str]:
    """The keys of all updates of the channel that were ever stored."""
    return {str(key) for (key,) in read(path, "SELECT key FROM inbox WHERE channel = ?", channel)}


def effects(path: Path, officers: Iterable[Officer], updates: int, now: int) -> Iterator[str]:
    """Every update took effect exactly once: one row, one letter, and the figures, revisions and audit rows of the plan."""
    yield from problems(path, now=now)
    states = Counter(str(state) for (state,) in read(path, "SELECT state FROM inbox"))
    if states != {"done": updates}:
        yield f"of {updates} updates there are {dict(states)}"
    letters = Counter(str(state) for (state,) in read(path, f"SELECT state FROM outbox WHERE {HERE}"))     # noqa: S608
    if letters != {"sent": updates}:
        yield f"for {updates} updates there are letters {dict(letters)}"
    for officer in officers:
        for filed in officer.filed:
            unit = officer.seat.unit_id
            yield from report(path, unit, filed.form, filed.period, filed.values, filed.revisions)
            wanted = [(filed.file, hashlib.sha256(content(filed.file)).hexdigest())] if filed.file else []
            query = (
                "SELECT e.name, e.sha256 FROM evidence e JOIN reports r ON (r.id, r.revision) = (e.report_id, e.revision)"
                " WHERE r.unit_id = ? AND r.form = ? AND r.period = ?"
            )
            if (kept := read(path, query, unit, filed.form, filed.period)) != wanted:
                yield f"{unit} {filed.form} {filed.period} has the files {kept}, not {wanted}"


def report(path: Path, unit: str, form: str, period: str, values: dict[str, str], revisions: int) -> Iterator[str]:
    """The unit's report was filed once, stands at this revision with these values, and each revision left one audit row."""
    name = f"{unit} {form} {period}"
    which = "unit_id = ? AND year = ? AND form = ? AND period = ?"
    rows = read(path, f"SELECT id, revision FROM reports WHERE {which}", unit, YEAR, form, period)     # noqa: S608
    if len(rows) != 1:
        yield f"{name} was filed {len(rows)} times"
        return
    ((ident, revision),) = rows
    if revision != revisions:
        yield f"{name} stands at revision {revision}, not {revisions}"
    figures = "SELECT item_id, value FROM report_items WHERE report_id = ? AND revision = ? AND value IS NOT NULL"
    items = read(path, figures, ident, revision)
    stored = {str(item).partition(".")[2]: str(value) for item, value in items}
    if stored != values:
        yield f"{name} holds {stored}, not {values}"
    audited = Counter(str(each) for (each,) in read(path, "SELECT action FROM audit WHERE subject = ?", f"report:{ident}"))
    expected = Counter({"report.file": 1, "report.correct": revisions - 1})
    if +expected != Counter({action: count for action, count in audited.items() if action in expected}):
        yield f"{name} was audited as {dict(audited)}"


def replies(platform: Platform, officers: Iterable[Officer]) -> tuple[int, int, list[str]]:
    """Answers, doubles, and what is wrong: every message answered in order by its own answer, doubles only in the documented window."""
    total = doubles = 0
    wrong: list[str] = []
    places: dict[int, list[tuple[int, str]]] = {}
    for place, each in enumerate(platform.log):
        if isinstance(each, Delivery):
            places.setdefault(each.chat, []).append((place, each.text))
    for officer in officers:
        chat = officer.seat.chat
        found = answers(officer.steps, places.pop(chat, []))
        wrong += [f"chat {chat}: {each}" for each in found.wrong]
        if found.answered != len(officer.steps):
            wrong.append(f"chat {chat} got {found.answered} of {len(officer.steps)} answers")
        total += found.answered
        doubles += found.doubles
        for step, at in found.places.items():
            wrong += [
                f"chat {chat} got answer {step} twice, at {first} and {again} of the log, and nothing explains it"
                for first, again in itertools.pairwise(at)
                if not _explained(platform, chat, step, first, again)
            ]
    wrong += [f"chat {chat} wrote nothing and got {texts[0][1][:80]!r}" for chat, texts in places.items()]
    return total, doubles, wrong


def _explained(platform: Platform, chat: int, step: int, first: int, again: int) -> bool:
    """Between the platform taking it and our noting it the process died, or the answer was broken on its way."""
    taken = platform.log[first]
    if isinstance(taken, Delivery) and taken.broken:
        return True
    return any(isinstance(each, Death) and (chat, step) in each.unnoted for each in platform.log[first:again])

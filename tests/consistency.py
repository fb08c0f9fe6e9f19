"""What must hold in every database at rest, whatever was said, tapped, killed and restarted: a list of sentences about what does not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from handlers.kit.wire import decode, decode_choices
from handlers.scores import standing
from storage import files
from storage.connection import Snapshot, Transaction
from tests.chat import ZONE

KEPT_SCORES = (
    "SELECT year, unit_id, criterion_id, points, missing, basis FROM scores ORDER BY 1, 2, 3",
    "SELECT year, unit_id, base, bonus, penalty, total, late_reports, missing, reported, verified, exclusion, rank_key FROM totals"
    " ORDER BY 1, 2",
    "SELECT year, unit_id, group_id, points FROM group_points ORDER BY 1, 2, 3",
    "SELECT year, criterion_id, numerator, denominator FROM leaders ORDER BY 1, 2",
)


def problems(path: Path, *, now: int | None = None) -> list[str]:
    """What is wrong with the database at ``path``; empty when nothing is. ``now``: also compare the kept scores with a fresh count.

    An inbox row that failed is a problem here: a turn met a defect. Nothing is changed.
    """
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        found = [f"{name}: {each}" for name, check in CHECKS.items() for each in check(connection)]
        found += [f"the file {sha256[:8]} is missing" for sha256 in _missing_files(connection, path)]
    finally:
        connection.close()
    return found + ([] if now is None else list(_stale_scores(path, now)))


def _integrity(read: sqlite3.Connection) -> Iterator[str]:
    for (verdict,) in read.execute("PRAGMA integrity_check"):
        if verdict != "ok":
            yield verdict
    for row in read.execute("PRAGMA foreign_key_check"):
        yield f"row {row[1]} of {row[0]} points nowhere"


def _inbox(read: sqlite3.Connection) -> Iterator[str]:
    for update, state in read.execute("SELECT id, state FROM inbox WHERE state <> 'done'"):
        yield f"update {update} is {state}"
    for (update,) in read.execute("SELECT id FROM inbox WHERE state = 'done' AND payload IS NOT NULL"):
        yield f"update {update} is done and its payload still kept"


def _revisions(read: sqlite3.Connection) -> Iterator[str]:
    for report, newest, count, highest in read.execute(
        "SELECT p.id, p.revision, COUNT(r.revision), MAX(r.revision)"
        " FROM reports p LEFT JOIN revisions r ON r.report_id = p.id GROUP BY p.id"
    ):
        if not newest == count == highest:
            yield f"report {report} says revision {newest}, has {count}, the highest is {highest}"
    for (report,) in read.execute(
        "SELECT subject FROM audit WHERE action = 'report.file' GROUP BY subject, at, after HAVING COUNT(*) > 1"
        # Corrected, corrected back and corrected again is three corrections, also within a second; the same one twice running is not.
        " UNION SELECT subject FROM (SELECT subject, before, after, LAG(before) OVER item AS was, LAG(after) OVER item AS became FROM audit"
        " WHERE action = 'report.correct' WINDOW item AS (PARTITION BY subject, substr(after, 1, instr(after, '=')) ORDER BY id))"
        " WHERE before = was AND after = became AND before <> after"
    ):
        yield f"{report} was audited twice"


def _duties(read: sqlite3.Connection) -> Iterator[str]:
    for duty, status, done_at in read.execute("SELECT id, status, done_at FROM duties"):
        if (status == "done") != (done_at is not None):
            yield f"duty {duty} is {status}, done at {done_at}"
    for (duty,) in read.execute(
        "SELECT p.duty_id FROM reports p JOIN duties d ON d.id = p.duty_id WHERE p.review <> 'withdrawn' AND d.status = 'open'"
    ):
        yield f"duty {duty} is open beside its report"


def _drafts(read: sqlite3.Connection) -> Iterator[str]:
    for duty, content in read.execute("SELECT duty_id, content FROM drafts"):
        if not isinstance(json.loads(content), dict):
            yield f"the draft of {duty} is no object"
    for report, person, content, review in read.execute(
        "SELECT c.report_id, c.person_id, c.content, r.review FROM corrections c JOIN reports r ON r.id = c.report_id"
    ):
        if not isinstance(json.loads(content), dict):
            yield f"the correction of {report} by {person} is no object"
        if review == "withdrawn":
            yield f"{report} was withdrawn and is still being corrected by {person}"


def _letters(read: sqlite3.Connection) -> Iterator[str]:
    for letter, reply, state in read.execute("SELECT id, reply, state FROM outbox"):
        if reply:
            decode(reply)
        elif state == "waiting":
            yield f"letter {letter} waits and says nothing"
    for menu, choices in read.execute("SELECT id, choices FROM menus"):
        if not decode_choices(choices):
            yield f"menu {menu} offers nothing"


def _dialogues(read: sqlite3.Connection) -> Iterator[str]:
    for owner, name, step, answers in read.execute("SELECT owner, name, step, answers FROM dialogues"):
        if not isinstance(json.loads(answers), dict) or (name and not step):
            yield f"the dialogue of {owner} ({name}) cannot go on"


def _posts(read: sqlite3.Connection) -> Iterator[str]:
    for (post,) in read.execute(
        "SELECT o.id FROM posts o JOIN people p ON p.id = o.person_id WHERE p.erased_at IS NOT NULL AND o.valid_to IS NULL"
    ):
        yield f"post {post} of somebody erased is in force"


def _broadcasts(read: sqlite3.Connection) -> Iterator[str]:
    for broadcast, person in read.execute(
        "SELECT broadcast_id, person_id FROM outbox WHERE broadcast_id IS NOT NULL AND state = 'sent' GROUP BY 1, 2 HAVING COUNT(*) > 1"
    ):
        yield f"{person} got broadcast {broadcast} twice"
    for broadcast, state in read.execute(
        "SELECT id, state FROM broadcasts b WHERE state NOT IN ('sending')"
        " AND EXISTS (SELECT 1 FROM outbox o WHERE o.broadcast_id = b.id AND o.state = 'waiting')"
    ):
        yield f"letters of broadcast {broadcast} wait though it is {state}"


CHECKS: dict[str, Callable[[sqlite3.Connection], Iterator[str]]] = {
    "integrity": _integrity, "inbox": _inbox, "revisions": _revisions, "duties": _duties, "drafts": _drafts, "letters": _letters,
    "dialogues": _dialogues, "posts": _posts, "broadcasts": _broadcasts,
}  # fmt: skip


def _missing_files(read: sqlite3.Connection, path: Path) -> list[str]:
    folder = path.with_name(path.name + ".files")
    return [sha256 for (sha256,) in read.execute("SELECT sha256 FROM files") if not files.content_path(folder, sha256).exists()]


def _stale_scores(path: Path, now: int) -> Iterator[str]:
    """The kept scores against a fresh count on a copy in memory."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    source = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        source.backup(copy)
        kept = [copy.execute(query).fetchall() for query in KEPT_SCORES]
        for (year,) in copy.execute("SELECT year FROM years").fetchall():
            for each in standing.rescore_all(Snapshot(copy), year, now, zone=ZONE):
                each.apply(Transaction(copy))
        for query, before in zip(KEPT_SCORES, kept, strict=True):
            after = copy.execute(query).fetchall()
            for row in sorted(set(before) ^ set(after), key=repr)[:4]:
                yield f"scores: {row} is {'kept only' if row in before else 'what a fresh count gives'}"
    finally:
        source.close()
        copy.close()

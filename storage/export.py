"""Everything as tables: one file a concept. Headers only ever grow, at their end; no secret leaves the database here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from storage.broadcast_recipients import RECIPIENTS
from storage.connection import Snapshot

Cell = str | int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of the export: its name without extension, its columns, and the statement that gives its rows.

    Columns that end in ``_at`` are UTC epoch seconds in the rows. ``points``: columns in ten-thousandths of a point.
    """

    name: str
    columns: tuple[str, ...]
    statement: str
    points: tuple[str, ...] = ()


SHEETS = (
    Sheet(
        "units",
        ("unit_id", "name", "short_code", "aliases", "communes", "valid_from", "valid_to", "note", "columns"),
        "SELECT id, name, short_code, aliases, communes, valid_from, valid_to, note, columns FROM units ORDER BY sort_key, id",
    ),
    Sheet("successions", ("from_unit_id", "to_unit_id"), "SELECT from_id, to_id FROM successions ORDER BY from_id, to_id"),
    Sheet("years", ("year", "closed_at"), "SELECT year, closed_at FROM years ORDER BY year"),
    Sheet("memberships", ("year", "unit_id", "role"), "SELECT year, unit_id, role FROM memberships ORDER BY year, unit_id"),
    Sheet(
        "movements",
        ("movement_id", "name", "aliases", "year_from", "year_to", "launched_by", "launched_on", "closed_on", "predecessor",
         "plan_document", "columns"),
        "SELECT id, name, aliases, year_from, year_to, launched_by, launched_on, closed_on, predecessor, plan_document, columns"
        " FROM movements ORDER BY position, id",
    ),
    Sheet(
        "indicators",
        ("item_id", "movement_id", "code", "name", "unit", "kind", "direction", "decimals", "low", "high", "rule", "max_ref"),
        "SELECT movement_id || '.' || code, movement_id, code, name, unit, kind, direction, decimals, low, high, rule, max_ref"
        " FROM indicators ORDER BY movement_id, position",
    ),
    Sheet("narrative_parts", ("number", "title"), "SELECT number, title FROM narrative_parts ORDER BY number"),
    Sheet(
        "scoring_tables",
        ("year", "version", "name", "max_total", "decimals", "bonus_cap", "ranking", "extras"),
        "SELECT year, version, name, max_total, decimals, bonus_cap, ranking, extras FROM scoring_tables ORDER BY year",
    ),
    Sheet(
        "criterion_groups", ("year", "group_id", "name", "max"),
        "SELECT year, id, name, max FROM criterion_groups ORDER BY year, position",
    ),
    Sheet(
        "criteria",
        ("year", "criterion_id", "group_id", "name", "max", "unit", "rule", "direction", "details"),
        "SELECT year, id, group_id, name, max, unit, rule, direction, details FROM criteria ORDER BY year, position",
    ),
    Sheet(
        "adjustment_items",
        ("year", "item_id", "kind", "name", "per_item", "cap", "exclusion", "extras"),
        "SELECT year, id, kind, name, per_item, cap, exclusion, extras FROM adjustment_items ORDER BY year, position",
    ),
    Sheet(
        "targets",
        ("year", "unit_id", "item_id", "plan"),
        "SELECT year, unit_id, item_id, plan FROM targets ORDER BY year, unit_id, item_id",
    ),
    Sheet("calendars", ("year", "quiet", "extras"), "SELECT year, quiet, extras FROM calendar_years ORDER BY year"),
    Sheet(
        "events",
        ("event_id", "calendar_year", "of_year", "period", "day", "time", "kind", "title", "who", "form", "done_by", "place", "opens",
         "remind", "overdue", "extras"),
        "SELECT id, calendar_year, of_year, period, day, time, kind, title, who, form, done_by, place, opens, remind, overdue, extras"
        " FROM events ORDER BY day, id",
    ),
    Sheet("holidays", ("day", "name", "calendar_year"), "SELECT day, name, calendar_year FROM holidays ORDER BY day"),
    Sheet("forms", ("form", "name", "asks"), "SELECT id, name, asks FROM forms ORDER BY id"),
    Sheet(
        "duties",
        ("duty_id", "event_id", "unit_id", "year", "form", "period", "due_at", "effective_at", "opens_at", "status", "done_at", "done_by"),
        "SELECT id, event_id, unit_id, year, form, period, due, effective, opens, status, done_at, done_by FROM duties"
        " ORDER BY effective, id",
    ),
    Sheet(
        "reports",
        ("unit_id", "year", "form", "period", "item_id", "revision", "value", "person", "filed_at", "reason", "kind", "note", "days_late",
         "review"),
        "SELECT r.unit_id, r.year, r.form, r.period, i.item_id, v.revision, i.value, v.filed_by, v.filed_at, v.reason, v.kind, i.note,"
        " v.days_late, r.review FROM reports r JOIN revisions v ON v.report_id = r.id"
        " LEFT JOIN report_items i ON i.report_id = v.report_id AND i.revision = v.revision"
        " ORDER BY r.year, r.form, r.period, r.unit_id, v.revision, i.item_id",
    ),
    Sheet(
        "evidence",
        ("unit_id", "year", "form", "period", "revision", "item_id", "name", "sha256"),
        "SELECT r.unit_id, r.year, r.form, r.period, e.revision, e.item_id, e.name, e.sha256 FROM evidence e"
        " JOIN reports r ON r.id = e.report_id ORDER BY r.year, r.form, r.period, r.unit_id, e.revision, e.item_id, e.name",
    ),
    Sheet(
        "values",
        ("year", "unit_id", "criterion_id", "basis", "plan", "actual", "events", "changed_at"),
        "SELECT year, unit_id, criterion_id, basis, plan, actual, events, at FROM criterion_values"
        " ORDER BY year, unit_id, criterion_id, basis",
    ),
    Sheet(
        "adjustments",
        ("year", "unit_id", "item_id", "basis", "count", "from", "to", "reason"),
        "SELECT year, unit_id, item_id, basis, count, valid_from, valid_to, reason FROM adjustments ORDER BY year, unit_id, item_id, basis",
    ),
    Sheet(
        "scores",
        ("year", "unit_id", "criterion_id", "points", "missing", "basis"),
        "SELECT year, unit_id, criterion_id, points, missing, basis FROM scores ORDER BY year, unit_id, criterion_id",
        points=("points",),
    ),
    Sheet(
        "totals",
        ("year", "unit_id", "base", "bonus", "penalty", "total", "late_reports", "missing", "reported", "verified",
         "exclusion", "updated_at"),
        "SELECT year, unit_id, base, bonus, penalty, total, late_reports, missing, reported, verified, exclusion, updated_at FROM totals"
        " ORDER BY year, rank_key DESC, unit_id",
        points=("base", "bonus", "penalty", "total"),
    ),
    Sheet(
        "snapshots",
        ("snapshot", "year", "table_version", "final", "published_at", "published_by", "unit_id", "rank", "base", "bonus", "penalty",
         "total", "late_reports", "missing", "exclusion"),
        "SELECT s.id, s.year, s.table_version, s.final, s.published_at, s.published_by, t.unit_id, t.rank, t.base, t.bonus, t.penalty,"
        " t.total, t.late_reports, t.missing, t.exclusion FROM snapshots s JOIN snapshot_totals t ON t.snapshot_id = s.id"
        " ORDER BY s.id, t.rank IS NULL, t.rank, t.unit_id",
        points=("base", "bonus", "penalty", "total"),
    ),
    Sheet(
        "snapshot_points",
        ("snapshot", "unit_id", "criterion_id", "points", "missing"),
        "SELECT snapshot_id, unit_id, criterion_id, points, missing FROM snapshot_points ORDER BY snapshot_id, unit_id, criterion_id",
        points=("points",),
    ),
    Sheet(
        "people",
        ("person", "name", "title", "language", "consent_at", "reminders", "created_at", "erased_at"),
        "SELECT id, name, title, language, consent_at, reminders, created_at, erased_at FROM people ORDER BY id",
    ),
    Sheet(
        "posts",
        ("person", "unit_id", "role", "valid_from", "valid_to"),
        "SELECT person_id, unit_id, role, valid_from, valid_to FROM posts ORDER BY person_id, valid_from, id",
    ),
    Sheet(
        "attendances",
        ("event_id", "unit_id", "answer", "substitute", "person", "answered_at"),
        "SELECT event_id, unit_id, answer, substitute, person_id, at FROM attendances ORDER BY event_id, unit_id",
    ),
    Sheet(
        "broadcasts",
        ("broadcast", "person", "confirmed_at", "audience", "text", "file", "send_at", "state", "rounds", "counts"),
        "SELECT id, created_by, created_at, audience, body, file_name, send_at, state, round, counts FROM broadcasts"
        " ORDER BY created_at, id",
    ),
    Sheet("broadcast_recipients", ("broadcast", "unit_id", "person", "role", "state", "round"), RECIPIENTS),
    Sheet(
        "audit",
        ("at", "person", "action", "subject", "unit_id", "year", "before", "after", "reason"),
        "SELECT at, person_id, action, subject, unit_id, year, before, after, reason FROM audit ORDER BY at, id",
    ),
)
"""Every concept that belongs to the cluster. What passes (inbox, outbox, dialogues, menus), addresses and codes are not exported."""


def rows(read: Snapshot, sheet: Sheet) -> Iterator[tuple[Cell, ...]]:
    """The rows of one sheet, in a fixed order."""
    yield from read.execute(sheet.statement)


def cell_kinds(sheet: Sheet) -> Iterable[str]:
    """What each column holds: ``instant``, ``points`` or ``plain``."""
    return ("instant" if name == "at" or name.endswith("_at") else "points" if name in sheet.points else "plain" for name in sheet.columns)

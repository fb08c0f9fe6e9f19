"""What a confirmed report changes: the revision, the duty, the draft, changed plans, and the scores that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from handlers.kit.turn import Turn
from handlers.reporting.draft import Attachment, Entry, Sheet, dumps
from handlers.reporting.items import FILES, PLAN
from handlers.reporting.paper import Paper
from handlers.rules.deadline import days_late
from handlers.rules.periods import ORDER
from handlers.rules.scoring import Entry as Scored
from handlers.rules.table import Criterion
from handlers.scores import standing
from storage import corrections, duties, reports, scoring_tables, standings, targets
from storage.connection import Effect, Snapshot, effect
from storage.duties import Duty
from storage.reports import Draft, Evidence, Item, Report

Changes = dict[str, Scored | None]


@dataclass(frozen=True, slots=True)
class Place:
    """A unit's place after the turn: rank (None: not ranked), among how many, total in stored points."""

    rank: int | None
    count: int
    total: int


def report_items(paper: Paper, sheet: Sheet) -> tuple[Item, ...]:
    """Everything that a revision holds: all figures asked (a gap as not yet known), the texts given, changed plans, the files."""
    found = []
    for item in paper.items:
        entry = sheet.entries.get(item.id, Entry(None, skipped=True))
        if item.numeric:
            found.append(Item(item.id, entry.value, entry.note))
        elif item.kind == "text" and entry.value:
            found.append(Item(item.id, entry.value))
    known = {item.item_id for item in found}
    for item_id, entry in sheet.entries.items():
        if item_id.endswith(PLAN) and item_id not in known and entry.value is not None:
            found.append(Item(item_id, entry.value, entry.note))
    papers = [file for file in sheet.files if file.item_id in ("", FILES)]
    found.extend(Item(f"file:{number}", file.name) for number, file in enumerate(papers, start=1))
    return tuple(found)


def evidence_of(sheet: Sheet) -> tuple[Evidence, ...]:
    """The files; the signed papers as file:1, file:2 … like their items."""
    papers = [file for file in sheet.files if file.item_id in ("", FILES)]
    return tuple(
        Evidence(file.sha256, file.name, f"file:{papers.index(file) + 1}" if file in papers else file.item_id) for file in sheet.files
    )


def sheet_of(items: Mapping[str, Item], evidence: tuple[Evidence, ...]) -> Sheet:
    """The sheet of a filed revision, to be corrected."""
    entries = {item.item_id: Entry(item.value, note=item.note) for item in items.values() if not item.item_id.startswith("file:")}
    files = tuple(Attachment(each.sha256, each.name, FILES if each.item_id.startswith("file:") else each.item_id) for each in evidence)
    if any(each.item_id == FILES for each in files):
        entries[FILES] = Entry("")
    return Sheet(entries, files)


def file_effects(turn: Turn, duty: Duty, paper: Paper, sheet: Sheet, draft: Draft | None) -> tuple[Effect, ...]:
    """Everything that confirming a draft changes, in order. Overtaken by a colleague, the writer raises Conflict and keeps nothing."""
    if duty.form is None:
        raise ValueError(f"duty {duty.id} has no form")
    by, late = turn.person.id, days_late(duty.effective, turn.now, turn.zone)
    before = reports.find(turn.read, duty.unit_id, duty.year, duty.form, duty.period)
    report_id = before.id if before is not None else draft.report_id if draft is not None else turn.mint()
    return (
        effect(reports.drop_draft, duty.id) if draft is None else effect(reports.take_draft, duty.id, draft.revision),
        effect(
            reports.file, report_id, duty.unit_id, duty.year, duty.form, duty.period, duty.id,
            0 if before is None else before.revision, "filing", report_items(paper, sheet), evidence_of(sheet), by, turn.now, late,
        ),
        effect(duties.complete, duty.id, by, turn.now),
        *score_effects(turn, paper, sheet, late={duty.id: late}, report_id=report_id),
        *plan_effects(turn, paper, sheet),
    )  # fmt: skip


def correct_effects(turn: Turn, report: Report, paper: Paper, sheet: Sheet, reason: str) -> tuple[Effect, ...]:
    """A further revision of a filed report with all its items; how late the first filing was stays."""
    first = reports.revisions(turn.read, report.id)
    late = first[-1].days_late if first else 0
    return (
        effect(
            reports.file, report.id, report.unit_id, report.year, report.form, report.period, report.duty_id, report.revision,
            "correction", report_items(paper, sheet), evidence_of(sheet), turn.person.id, turn.now, late, reason,
        ),
        *score_effects(turn, paper, sheet, report_id=report.id),
        *plan_effects(turn, paper, sheet, reason),
    )  # fmt: skip


def withdraw_effects(turn: Turn, report: Report, paper: Paper, reason: str, to: Duty | None = None) -> tuple[Effect, ...]:
    """Take a report back, its duty owed again and its figures the draft; ``to``: file it under that duty instead (a move)."""
    by = turn.person.id
    effects = [effect(reports.withdraw, report.id, report.revision, by, turn.now, reason), effect(corrections.drop, report.id)]
    gone: dict[str, int | None] = {}
    duty = None if report.duty_id is None else duties.duty(turn.read, report.duty_id)
    if duty is not None and duty.status == "done":
        effects.append(effect(duties.reopen, duty.id, by, turn.now, reason))
        gone[duty.id] = None
    if to is None or to.form is None:
        sheet = _fallback(turn.read, paper, report)
        effects += score_effects(turn, paper, sheet, late=gone)
        return (*effects, *_kept_as_draft(turn, report, duty))
    given = reports.items(turn.read, report.id, report.revision)
    files = reports.evidence(turn.read, report.id, report.revision)
    late = days_late(to.effective, turn.now, turn.zone)
    there = reports.find(turn.read, to.unit_id, to.year, to.form, to.period)
    effects.append(
        effect(
            reports.file, turn.mint() if there is None else there.id, to.unit_id, to.year, to.form, to.period, to.id,
            0 if there is None else there.revision, "move", tuple(given.values()), files, by, turn.now, late, reason,
        )
    )  # fmt: skip
    effects.append(effect(duties.complete, to.id, by, turn.now))
    effects.append(effect(reports.drop_draft, to.id))
    if to.year == report.year:
        effects += score_effects(turn, paper, sheet_of(given, files), late={**gone, to.id: late})
        return tuple(effects)
    effects += score_effects(turn, paper, _fallback(turn.read, paper, report), late=gone)
    return tuple(effects)


def _kept_as_draft(turn: Turn, report: Report, duty: Duty | None) -> tuple[Effect, ...]:
    """What the withdrawn report said, as the draft of its duty: what was confirmed in it stays so, its gaps are asked for again.

    A draft that is there already stays.
    """
    if duty is None or duty.status != "done" or reports.draft(turn.read, duty.id) is not None:
        return ()
    filed = sheet_of(reports.items(turn.read, report.id, report.revision), reports.evidence(turn.read, report.id, report.revision))
    entries = {item_id: replace(entry, kept=True) for item_id, entry in filed.entries.items() if entry.value is not None}
    content = dumps(Sheet(entries, filed.files))
    return (effect(reports.save_draft, Draft(duty.id, 1, report.id, content, turn.person.id, turn.now), 0),)


def _fallback(read: Snapshot, paper: Paper, report: Report) -> Sheet | None:
    """The unit's other standing report of the year with the same form, whose figures count once this one is withdrawn."""
    others = _of_same_form(read, paper, report.id)
    return None if not others else sheet_of(reports.items(read, others[-1].id, others[-1].revision), ())


def _of_same_form(read: Snapshot, paper: Paper, report_id: str) -> list[Report]:
    """The unit's other standing reports of that form and year, by period: the last one scores."""
    found = [
        each for each in reports.of_unit(read, paper.unit_id)
        if each.id != report_id and (each.year, each.form) == (paper.year, paper.form.id)
    ]  # fmt: skip
    return sorted(found, key=lambda each: ORDER.index(each.period))


def score_effects(
    turn: Turn, paper: Paper, sheet: Sheet | None, late: Mapping[str, int | None] | None = None, report_id: str = ""
) -> tuple[Effect, ...]:
    """Scores that follow from the sheet (None: from nothing, its criteria lose their value) and from a filing made or taken back.

    ``report_id``: whose sheet it is. Where a report of a later period stands (final figures over the estimate), that one scores.
    """
    later = [each for each in _of_same_form(turn.read, paper, report_id) if ORDER.index(each.period) > ORDER.index(paper.period)]
    outdone = bool(report_id) and bool(later)
    changed = scored_entries(turn.read, paper, sheet) if paper.scored and not outdone else {}
    if sheet is not None and not paper.scored:
        changed = _replanned(turn.read, paper, sheet)
    if not changed and not late:
        return ()
    lateness = {paper.unit_id: dict(late)} if late else {}
    return standing.rescore(
        turn.read, paper.year, {paper.unit_id: changed}, "self", turn.now, late=lateness, by=turn.person.id, zone=turn.zone
    )


def scored_entries(read: Snapshot, paper: Paper, sheet: Sheet | None) -> Changes:
    """criterion id -> what its score is computed from; None where nothing was reported."""
    table = standing.load_table(read, paper.year)
    if table is None:
        return {}
    asked = {item.criterion for item in paper.items if item.criterion and item.kind != "plan"}
    return {each.id: None if sheet is None else _scored(each, sheet) for each in table.criteria if each.id in asked}


def _replanned(read: Snapshot, paper: Paper, sheet: Sheet) -> Changes:
    """criterion id -> the unit's own value with a newly registered plan, where the value was measured against the target."""
    changed: Changes = {}
    for stored in scoring_tables.values(read, paper.year, paper.unit_id) if any(item.kind == "plan" for item in paper.items) else ():
        plan = sheet.value(stored.criterion_id + PLAN)
        if stored.basis == "self" and stored.plan is None and plan is not None:
            actual = None if stored.actual is None else Decimal(stored.actual)
            changed[stored.criterion_id] = Scored(Decimal(plan), actual, stored.events)
    return changed


def _scored(criterion: Criterion, sheet: Sheet) -> Scored | None:
    if criterion.rule == "deduction":
        counts = {event.code: sheet.value(f"{criterion.id}:{event.code}") for event in criterion.asked_events}
        if any(value is None for value in counts.values()):
            return None
        return Scored(events={code: int(Decimal(value)) for code, value in counts.items() if value is not None})
    value, plan = sheet.value(criterion.id), sheet.value(criterion.id + PLAN)
    if value is None and plan is None:
        return None
    return Scored(plan=None if plan is None else Decimal(plan), actual=None if value is None else Decimal(value))


def plan_effects(turn: Turn, paper: Paper, sheet: Sheet, reason: str | None = None) -> tuple[Effect, ...]:
    """Plan figures that were registered or changed become the unit's targets, each change with its reason."""
    given = {item_id.removesuffix(PLAN): entry for item_id, entry in sheet.entries.items() if item_id.endswith(PLAN)}
    stand = targets.of_unit(turn.read, paper.year, paper.unit_id) if given else {}
    effects = []
    for target, entry in given.items():
        if entry.value is None or stand.get(target) == entry.value:
            continue
        why = entry.note or reason
        effects.append(effect(targets.save, paper.year, paper.unit_id, target, entry.value, turn.person.id, turn.now, why))
    return tuple(effects)


def place_after(read: Snapshot, year: int, unit_id: str, effects: tuple[Effect, ...]) -> Place | None:
    """Where the unit stands once the effects are written; None in a year without scores."""
    totals = standings.totals_of_year(read, year)
    for each in effects:
        if each.function is standings.save_scores:
            totals |= {scored.total.unit_id: scored.total for scored in each.args[1]}
        elif each.function is standings.shift_scores:       # a new best unit moves the others too
            totals |= {shift.total.unit_id: shift.total for shift in each.args[1]}
    own = totals.get(unit_id)
    if own is None:
        return None
    key = own.rank_key
    above = sum(1 for each in totals.values() if key is not None and each.rank_key is not None and each.rank_key > key)
    return Place(None if key is None else above + 1, len(totals), own.total)

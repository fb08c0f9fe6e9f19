"""What a correction changes: the filed figures with the changes over them, from → to, and keeping it until it is confirmed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from handlers.kit.message import Message, Value, m
from handlers.kit.reply import Fields
from handlers.kit.turn import Turn
from handlers.reporting.draft import Sheet, dumps
from handlers.reporting.filed import Filed
from handlers.reporting.items import PLAN, ReportItem
from handlers.reporting.paper import label, shown
from handlers.rules.text import clip, fold
from storage import corrections
from storage.connection import Effect, effect
from storage.corrections import Begun

SHORTEST_REASON = 3
TEXT_SHOWN = 60
NO_REASON = frozenset(("bo qua", "khong", "khong co", "khong ly do", "none", "skip", "ko", "k"))


@dataclass(frozen=True, slots=True)
class Change:
    """An item with its filed and its new value."""

    item: ReportItem
    before: str | None
    after: str | None


def reason_of(text: str) -> str | None:
    """The reason given, or None for a text that is none."""
    said = " ".join(text.split())
    return None if len(said) < SHORTEST_REASON or fold(said) in NO_REASON or not any(each.isalpha() for each in said) else said


def whole(filed: Filed) -> Sheet:
    """What the report will say: the filed figures with the changes over them."""
    sheet = filed.sheet
    for item_id, entry in filed.changes.entries.items():
        sheet = sheet.put(item_id, entry)
    for file in filed.changes.files:
        sheet = sheet.attach(file)
    return sheet


def changed(filed: Filed, sheet: Sheet) -> Sheet:
    """The part of the sheet that differs from what is filed."""
    entries = {
        item_id: entry for item_id, entry in sheet.entries.items()
        if item_id not in filed.sheet.entries or filed.sheet.value(item_id) != entry.value
    }  # fmt: skip
    return Sheet(entries, tuple(file for file in sheet.files if file not in filed.sheet.files))


def anything(filed: Filed, sheet: Sheet) -> bool:
    """Whether the sheet changes anything."""
    changes = changed(filed, sheet)
    return bool(changes.entries or changes.files)


def listed(filed: Filed, sheet: Sheet) -> tuple[Change, ...]:
    """The items that change."""
    found = []
    for item_id, entry in changed(filed, sheet).entries.items():
        item = filed.paper.item(item_id)
        if item is not None and item.kind != "file":
            found.append(Change(item, filed.sheet.value(item_id), entry.value))
    return tuple(found)


def lines(filed: Filed, sheet: Sheet) -> tuple[Fields, ...]:
    """from → to of every change, and the files that are added."""
    rows: list[tuple[Message, Value]] = [(label(each.item, 40), arrow(each)) for each in listed(filed, sheet)]
    added = tuple(file.name for file in changed(filed, sheet).files)
    if added:
        rows.append((m("Files added"), added))
    return (Fields(tuple(rows)),) if rows else ()


def arrow(change: Change) -> Message:
    return m("{before} → {after}", before=_short(change.item, change.before), after=_short(change.item, change.after))


def _short(item: ReportItem, value: str | None) -> Value:
    if value is None and item.id.endswith(PLAN) and item.plan is not None:
        return shown(item, f"{item.plan:f}")
    read = shown(item, value)
    return clip(read, TEXT_SHOWN) if isinstance(read, str) else read


# Keeping it ---------------------------------------------------------------------------------------------------------------------


def keep(turn: Turn, filed: Filed, sheet: Sheet, reason: str) -> tuple[Filed, tuple[Effect, ...]]:
    """The report as it is being corrected from now on, and the effects that keep it so; none where nothing was changed."""
    content, before = dumps(changed(filed, sheet)), filed.begun
    if before is None and content == dumps(Sheet()) and not reason:
        return filed, ()
    if before is not None and (content, reason) == (before.content, before.reason):
        return filed, ()
    given = Begun(filed.report.id, turn.person.id, filed.revision + 1, content, reason, turn.now)
    return replace(filed, begun=given), (effect(corrections.save, given),)


def give_up(filed: Filed) -> tuple[Effect, ...]:
    """Forget what was begun: it was confirmed, or is not wanted."""
    begun = filed.begun
    return () if begun is None else (effect(corrections.take, begun.report_id, begun.person_id, begun.revision),)


def stamp(filed: Filed) -> str:
    """A mark of exactly what would be confirmed: the figures it starts from and all that changes."""
    content = dumps(changed(filed, whole(filed)))
    return hashlib.sha256(f"{filed.report.id} {filed.report.revision} {content}".encode()).hexdigest()[:24]

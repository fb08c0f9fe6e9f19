"""What has been entered so far: typed entries, texts and files, and their JSON in the drafts table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from handlers.kit.turn import Json


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer. ``value``: decimal text or a text; None: not known yet, or (``skipped``) passed over for now.

    ``note``: the reason of a changed plan. ``kept``: confirmed in spite of a doubt.
    """

    value: str | None
    skipped: bool = False
    note: str | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file kept as evidence; ``item_id`` empty: of the report as a whole."""

    sha256: str
    name: str
    item_id: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Entries by item id, and files in the order they came."""

    entries: Mapping[str, Entry] = field(default_factory=lambda: MappingProxyType({}))
    files: tuple[Attachment, ...] = ()

    def value(self, item_id: str) -> str | None:
        entry = self.entries.get(item_id)
        return None if entry is None else entry.value

    def put(self, item_id: str, entry: Entry) -> Sheet:
        return replace(self, entries=MappingProxyType({**self.entries, item_id: entry}))

    def without(self, item_id: str) -> Sheet:
        """As if nothing had been entered for the item."""
        return replace(self, entries=MappingProxyType({name: kept for name, kept in self.entries.items() if name != item_id}))

    def attach(self, file: Attachment) -> Sheet:
        """With the file; the same content for the same item is kept once."""
        if any((each.sha256, each.item_id) == (file.sha256, file.item_id) for each in self.files):
            return self
        return replace(self, files=(*self.files, file))


def to_json(sheet: Sheet) -> dict[str, Json]:
    entries: dict[str, Json] = {
        item_id: [entry.value, entry.skipped, entry.note, entry.kept] for item_id, entry in sheet.entries.items()
    }
    return {"entries": entries, "files": [[each.sha256, each.name, each.item_id] for each in sheet.files]}


def from_json(raw: Json) -> Sheet:
    """The sheet that `to_json` wrote; an empty one for anything else."""
    if not isinstance(raw, dict):
        return Sheet()
    entries: dict[str, Entry] = {}
    kept = raw.get("entries")
    for item_id, parts in kept.items() if isinstance(kept, dict) else ():
        if isinstance(parts, list) and len(parts) == 4:
            value, skipped, note, confirmed = parts
            entries[item_id] = Entry(
                value if isinstance(value, str) else None, skipped is True, note if isinstance(note, str) else None, confirmed is True
            )
    files = raw.get("files")
    attachments = tuple(
        Attachment(*(str(part) for part in parts)) for parts in (files if isinstance(files, list) else ()) if isinstance(parts, list)
    )
    return Sheet(MappingProxyType(entries), attachments)


def dumps(sheet: Sheet) -> str:
    return json.dumps(to_json(sheet), ensure_ascii=False, separators=(",", ":"))


def loads(text: str) -> Sheet:
    return from_json(json.loads(text))

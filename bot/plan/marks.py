"""Notes to oneself in what officers will read: "(day off from 2026, unverified)" behind a holiday's name."""

from __future__ import annotations

import re

from bot.plan.content import CALENDAR, CalendarPart
from bot.plan.findings import Findings
from handlers.kit.message import m

_NOTE = re.compile(
    r"[(\[][^()\[\]]*\b(?:unverified|constructed|assumed|sourced|own|tbc|tbd|todo|fixme|day off|re-check|to be checked|not sure"
    r"|giả định|chưa kiểm chứng|cần kiểm tra|chưa chắc)\b[^()\[\]]*[)\]]",
    re.IGNORECASE,
)


def note_in(text: str) -> str:
    """The note that stands in the text; "" where there is none."""
    found = _NOTE.search(text)
    return "" if found is None else found[0]


def point_out(part: CalendarPart, findings: Findings) -> None:
    """Warn of notes in names, titles and places of the calendar: there a comment of the file is the place for them."""
    texts = [(f"holiday {day}", name) for day, name in part.holidays.items()]
    texts += [(event.id, text) for event in part.events for text in (event.title, event.place or "")]
    texts += [(f"form {form.id}", form.name) for form in part.forms or ()]
    told: set[tuple[int, str]] = set()
    for key, text in texts:
        note, line = note_in(text), part.lines.get(key, 0)
        if note and (line, note) not in told:
            told.add((line, note))
            findings.warn(CALENDAR, line, m("“{text}”: officers read {note}; a note belongs into a comment (#)", text=text, note=note))

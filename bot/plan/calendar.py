"""calendar.yaml: the events of a cycle with their reminders, the holidays, the forms and what each asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from bot.plan import values
from bot.plan.content import CALENDAR, CalendarPart
from bot.plan.document import Mapped, Reader, compact, load
from bot.plan.findings import Findings
from bot.plan.sources import read_text
from bot.plan.values import BadValue
from handlers.kit.message import m
from storage.calendar import Event, Form

KINDS = ("conference", "deadline", "legal", "ceremony")
PERIODS = ("Q1", "H1", "M9", "year", "year-estimate", "year-final")
WHO = ("member", "lead", "deputy", "all")
ASKS = ("targets", "movements", "criteria", "narrative", "files")
LONGEST_HOLIDAY = 31    # days


def read(path: Path, findings: Findings) -> CalendarPart | None:
    """The calendar, or None when it cannot be read or has no year."""
    text = read_text(path, CALENDAR, findings)
    document = None if text is None else load(text, CALENDAR, findings)
    return None if document is None else _Calendar(document, findings).part()


class _Calendar:
    def __init__(self, document: Mapped, findings: Findings) -> None:
        self.reader = Reader(document, CALENDAR, findings)
        self.findings = findings
        self.lines: dict[str, int] = {"year": self.reader.line("year")}

    def part(self) -> CalendarPart | None:
        year = self.reader.parsed("year", values.year, required=True)
        if year is None:
            return None
        quiet, hours = self._hours()
        forms = self._forms()
        events = tuple(self._events(year, None if forms is None else {each.id for each in forms}))
        holidays = dict(self._holidays(year))
        extras = self.reader.rest() | ({"working_hours": hours} if hours else {})
        return CalendarPart(year, quiet, events, holidays, forms, compact(extras), self.lines)

    def _hours(self) -> tuple[tuple[str, ...], dict[str, Any]]:
        node = self.reader.mapping("working_hours")
        if node is None:
            return (), {}
        reader = Reader(node, CALENDAR, self.findings, "working_hours")
        spans = []
        for text in reader.texts("quiet"):
            try:
                first, dash, last = text.partition("-")
                if not dash:
                    raise BadValue(m("{text} is not a time of day; write it like 08:00", text=text[:40]))
                spans.append(f"{values.hour(first.strip())}-{values.hour(last.strip())}")
            except BadValue as error:
                reader.error("quiet", error.message)
        return tuple(spans), reader.rest()

    def _forms(self) -> tuple[Form, ...] | None:
        names, asks = self.reader.mapping("forms"), self.reader.mapping("asks")
        if names is None:
            return None
        wanted = Reader(asks, CALENDAR, self.findings, "asks") if asks is not None else None
        forms = []
        reader = Reader(names, CALENDAR, self.findings, "forms")
        for form_id in names.items:
            name = reader.required(form_id)
            asked = wanted.texts(form_id) if wanted is not None else ()
            for each in asked:
                if wanted is not None and each not in ASKS:
                    wanted.error(form_id, m("{key}: {value} is not one of {allowed}", key=form_id, value=each, allowed=ASKS))
            try:
                values.identifier(form_id)
            except BadValue as error:
                reader.error(form_id, error.message)
            if name is not None:
                self.lines[f"form {form_id}"] = reader.line(form_id)
                forms.append(Form(form_id, name, asked))
        for form_id in asks.items if asks is not None else ():
            if form_id not in names.items and wanted is not None:
                wanted.error(form_id, m("form {form} is not among the forms", form=form_id))
        return tuple(forms)

    def _events(self, year: int, forms: set[str] | None) -> Iterator[Event]:
        position = 0
        if self.reader.sequence("events") is None:
            self.reader.error("events", m("{key} is missing", key="events"))
        for entry in self.reader.entries("events"):
            event = self._event(entry, year, position, forms)
            if event is not None and event.id in self.lines:
                line = str(self.lines[event.id])
                self.findings.error(CALENDAR, entry.line, m("event {id} stands there twice (first in line {line})", id=event.id, line=line))
            elif event is not None:
                self.lines[event.id] = entry.line
                position += 1
                yield event

    def _event(self, entry: Mapped, year: int, position: int, forms: set[str] | None) -> Event | None:
        reader = Reader(entry, CALENDAR, self.findings)
        before = len([each for each in self.findings.found if not each.warning])
        event_id = reader.parsed("id", values.identifier, required=True)
        reader.what = event_id or ""
        of_year = reader.parsed("of_year", values.year) or year
        if abs(of_year - year) > 1:
            reader.error("of_year", m("{of_year} does not fit a calendar of {year}", of_year=str(of_year), year=str(year)))
        period = reader.one_of("period", PERIODS, "year")
        day = reader.parsed("date", values.day, required=True)
        if day is not None and int(day[:4]) not in (year, year + 1):
            reader.error("date", m("{day} does not fit a calendar of {year}", day=date.fromisoformat(day), year=str(year)))
        time, kind = reader.parsed("time", values.hour), reader.one_of("kind", KINDS)
        title = reader.required("title")
        who = reader.texts("who")
        if not who:
            reader.error("who", m("{key} is missing", key="who"))
        for each in who:
            if each not in WHO:
                reader.error("who", m("{key}: {value} is not one of {allowed}", key="who", value=each[:40], allowed=WHO))
        form = reader.scalar("form")
        if form is not None and forms is not None and form not in forms:
            reader.error("form", m("form {form} is not among the forms", form=form))
        done_by, place, opens = reader.scalar("done_by"), reader.scalar("place"), reader.parsed("opens", values.day)
        if opens is not None and day is not None and opens > day:
            reader.error("opens", m("opens is after the date"))
        remind, overdue = self._offsets(reader, "remind"), self._offsets(reader, "overdue")
        if "cancelled" in entry.items and not isinstance(reader.rest()["cancelled"], bool):
            reader.error("cancelled", m("{key}: write true or false", key="cancelled"))
        if len([each for each in self.findings.found if not each.warning]) > before or event_id is None or day is None:
            return None
        return Event(
            event_id, year, position, of_year, period or "year", day, time, kind or "", title or "", who, form, done_by, place, opens,
            remind, overdue, compact(reader.rest()),
        )  # fmt: skip

    def _offsets(self, reader: Reader, key: str) -> tuple[int, ...]:
        found = []
        for text in reader.texts(key):
            try:
                found.append(values.whole(text))
            except BadValue as error:
                reader.error(key, m("{key}: {text}", key=key, text=error.message))
            else:
                if found[-1] > 366:
                    reader.error(key, m("{key}: more than a year ({days} days)", key=key, days=str(found[-1])))
        return tuple(found)

    def _holidays(self, year: int) -> Iterator[tuple[str, str]]:
        seen: dict[str, int] = {}
        for entry in self.reader.entries("holidays"):
            reader = Reader(entry, CALENDAR, self.findings, "holidays")
            name = reader.required("name")
            if "date" in entry.items:
                first = last = reader.parsed("date", values.day, required=True)
            else:
                first, last = reader.parsed("from", values.day, required=True), reader.parsed("to", values.day, required=True)
            reader.ignored()
            if first is None or last is None or name is None:
                continue
            start, end = date.fromisoformat(first), date.fromisoformat(last)
            if not timedelta(0) <= end - start <= timedelta(days=LONGEST_HOLIDAY):
                reader.error("to", m("a holiday ends before it begins, or lasts longer than a month"))
                continue
            if not (year <= start.year <= year + 1 and end.year <= year + 1):
                key = "date" if "date" in entry.items else "from"
                reader.error(key, m("{day} does not fit a calendar of {year}", day=start, year=str(year)))
                continue
            for offset in range((end - start).days + 1):
                day = (start + timedelta(days=offset)).isoformat()
                if day in seen:
                    twice = m("{day} stands there twice (first in line {line})", day=day, line=str(seen[day]))
                    self.findings.error(CALENDAR, entry.line, twice)
                    continue
                seen[day] = entry.line
                self.lines[f"holiday {day}"] = entry.line
                yield day, name

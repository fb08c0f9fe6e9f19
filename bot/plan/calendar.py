"""calendar.yaml: the events of a cycle with their reminders, the holidays, the forms and what each asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from bot.plan import values
from bot.plan.content import CALENDAR, CalendarPart
from bot.plan.document import Mapped, Reader, Sequence, common, compact, load
from bot.plan.findings import Findings
from bot.plan.keys import REMARKS, TOP, Keys, Schema, nearest
from bot.plan.sources import read_text
from bot.plan.values import BadValue
from handlers.kit.message import Message, m
from handlers.rules.deadline import DEADLINE_TIME
from storage.calendar import Event, Form

KINDS = ("conference", "deadline", "legal", "ceremony")
PERIODS = ("Q1", "H1", "M9", "year", "year-estimate", "year-final")
WHO = ("member", "lead", "deputy", "all")
ASKS = ("targets", "movements", "criteria", "narrative", "files")
LONGEST_HOLIDAY = 31    # days
LONGEST_AHEAD = 366     # days

KEYS: Schema = {
    TOP: Keys(
        ("year", "events", "holidays", "forms", "asks", "working_hours"), ("shift_rule", *REMARKS), ("version", "timezone", "history"),
        keeps=True,
    ),
    "working_hours": Keys(("quiet",), REMARKS, ("from", "to"), keeps=True),
    "events": Keys(
        ("id", "of_year", "period", "date", "time", "kind", "title", "who", "form", "done_by", "place", "opens", "remind", "overdue"),
        REMARKS, ("cancelled",), keeps=True,
    ),
    "holidays": Keys(("date", "from", "to", "name")),
    "history": Keys((), ("date", "title", "place", "lead", "deputy", "flag", "certificate", "next_lead", *REMARKS), keeps=True),
    "forms": Keys((), free=True),
    "asks": Keys((), free=True),
}  # fmt: skip


def read(path: Path, findings: Findings) -> CalendarPart | None:
    """The calendar, or None when it cannot be read or has no year."""
    text = read_text(path, CALENDAR, findings)
    document = None if text is None else load(text, CALENDAR, findings)
    return None if document is None else _Calendar(document, findings).part()


class _Calendar:
    def __init__(self, document: Mapped, findings: Findings) -> None:
        self.reader = Reader(document, CALENDAR, findings, KEYS)
        self.findings = findings
        self.outside: list[tuple[int, Message]] = []
        self.lines: dict[str, int] = {key: self.reader.line(key) for key in ("year", "timezone")}

    def part(self) -> CalendarPart | None:
        year = self.reader.parsed("year", values.year, required=True)
        if year is None:
            return None
        common(self.reader)
        quiet, hours = self._hours()
        before = self.findings.errors
        forms = self._forms()
        sound = self.findings.errors == before
        events = tuple(self._events(year))
        if sound:
            self._used(events, forms)
        holidays = dict(self._holidays(year))
        self._history()
        self._misfits(year)
        extras = self.reader.rest() | ({"working_hours": hours} if hours else {})
        return CalendarPart(year, quiet, events, holidays, forms, compact(extras), self.lines, self._zone())

    def _misfit(self, line: int, what: Message | str, text: Message) -> None:
        self.outside.append((line, m("{what}: {text}", what=what, text=text) if what else text))

    def _misfits(self, year: int) -> None:
        """Days and years outside the calendar's year, each at its line; where they are most of them, it is the year that is wrong."""
        lists = (self.reader.node.items.get(key) for key in ("events", "holidays"))
        dated = sum(len(each.items) for each in lists if isinstance(each, Sequence))
        strange = len({line for line, _ in self.outside})
        if strange > 1 and 2 * strange > dated:
            self.reader.error(
                "year",
                m("{count} of {all} entries do not fit a calendar of {year}: is the year right?", count=strange, all=dated, year=str(year)),
            )
            return
        for line, message in self.outside:
            self.findings.error(CALENDAR, line, message)

    def _zone(self) -> str | None:
        """The zone that the file names; the bot's own is a setting."""
        name = self.reader.scalar("timezone")
        if name is None:
            return None
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            near = nearest(name, sorted(available_timezones()))
            if near is None:
                self.reader.error("timezone", m("timezone: {value} is not a time zone", value=name[:40]))
            else:
                self.reader.error("timezone", m("timezone: {value} is not a time zone; is {near} meant?", value=name[:40], near=near))
            return None
        return name

    def _hours(self) -> tuple[tuple[str, ...], dict[str, Any]]:
        node = self.reader.mapping("working_hours")
        if node is None:
            return (), {}
        reader = Reader(node, CALENDAR, self.findings, KEYS, "working_hours", "working_hours")
        reader.parsed("from", values.hour)
        end = reader.parsed("to", values.hour)
        if end is not None and end != DEADLINE_TIME:
            reader.warn("to", m("to: a deadline without an hour ends at {hour}, whatever stands here", hour=DEADLINE_TIME))
        spans = []
        for text in reader.texts("quiet"):
            try:
                first, dash, last = text.partition("-")
                if not dash:
                    raise BadValue(m("{text} is not a time of day; write it like 08:00", text=text[:40]))
                start, end = values.hour(first.strip()), values.hour(last.strip())
                if start == end:
                    raise BadValue(m("{text} ends when it begins", text=text[:40]))
                spans.append(f"{start}-{end}")
            except BadValue as error:
                reader.error("quiet", error.message)
        return tuple(spans), reader.rest()

    def _forms(self) -> tuple[Form, ...] | None:
        names, asks = self.reader.mapping("forms"), self.reader.mapping("asks")
        if names is None:
            if asks is not None:
                self.reader.error("asks", m("asks says what forms ask, but there are no forms"))
            return None
        wanted = Reader(asks, CALENDAR, self.findings, KEYS, "asks", "asks") if asks is not None else None
        forms = []
        reader = Reader(names, CALENDAR, self.findings, KEYS, "forms", "forms")
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
            self.lines[f"form {form_id}"] = reader.line(form_id)
            forms.append(Form(form_id, name or "", asked))
        for form_id in asks.items if asks is not None else ():
            if form_id not in names.items and wanted is not None:
                wanted.error(form_id, m("form {form} is not among the forms", form=form_id))
        return tuple(forms)

    def _used(self, events: tuple[Event, ...], forms: tuple[Form, ...] | None) -> None:
        """What the deadlines want of the forms, and whether anybody hears of them."""
        asks = {each.id: each.asks for each in forms or ()}
        for event in events:
            line, said = self.lines[event.id], None
            if forms is not None and event.form is not None and event.form not in asks:
                said = m("form {form} is not among the forms", form=event.form)
                self.findings.error(CALENDAR, line, m("{what}: {text}", what=event.id, text=said))
            if event.kind != "deadline":
                continue
            if event.form is not None and asks.get(event.form) == ():
                said = m("form {form} asks nothing", form=event.form)
                self.findings.warn(CALENDAR, line, m("{what}: {text}", what=event.id, text=said))
            if not event.remind and not event.cancelled:
                self.findings.warn(CALENDAR, line, m("{what}: {text}", what=event.id, text=m("nobody is reminded: remind is missing")))

    def _history(self) -> None:
        """Kept as it is; looked at so that a slip in it is found."""
        for entry in self.reader.entries("history"):
            Reader(entry, CALENDAR, self.findings, KEYS, "history", "history").parsed("date", values.day, required=True)

    def _events(self, year: int) -> Iterator[Event]:
        position = 0
        for entry in self.reader.entries("events", required=True):
            event = self._event(entry, year, position)
            if event is not None and event.id in self.lines:
                line = str(self.lines[event.id])
                self.findings.error(CALENDAR, entry.line, m("event {id} stands there twice (first in line {line})", id=event.id, line=line))
            elif event is not None:
                self.lines[event.id] = entry.line
                position += 1
                yield event

    def _event(self, entry: Mapped, year: int, position: int) -> Event | None:
        before = self.findings.errors
        reader = Reader(entry, CALENDAR, self.findings, KEYS, "events")
        event_id = reader.parsed("id", values.identifier, required=True)
        reader.what = event_id or ""
        of_year = reader.parsed("of_year", values.year) or year
        if abs(of_year - year) > 1:
            text = m("{of_year} does not fit a calendar of {year}", of_year=str(of_year), year=str(year))
            self._misfit(reader.line("of_year"), reader.what, text)
        period = reader.one_of("period", PERIODS, "year")
        day = reader.parsed("date", values.day, required=True)
        if day is not None and int(day[:4]) not in (year, year + 1):
            text = m("{day} does not fit a calendar of {year}", day=date.fromisoformat(day), year=str(year))
            self._misfit(reader.line("date"), reader.what, text)
        time, kind = reader.parsed("time", values.hour), reader.one_of("kind", KINDS)
        title = reader.required("title")
        who = reader.texts("who")
        if not who:
            reader.missing("who")
        for each in who:
            if each not in WHO:
                reader.error("who", m("{key}: {value} is not one of {allowed}", key="who", value=each[:40], allowed=WHO))
        form, done_by, place = reader.scalar("form"), reader.scalar("done_by"), reader.scalar("place")
        opens = reader.parsed("opens", values.day)
        if opens is not None and day is not None and opens > day:
            reader.error("opens", m("opens is after the date"))
        elif opens is not None and day is not None and date.fromisoformat(day) - date.fromisoformat(opens) > timedelta(LONGEST_AHEAD):
            reader.error("opens", m("opens is more than a year before the date"))
        remind, overdue = self._offsets(reader, "remind"), self._offsets(reader, "overdue")
        if "cancelled" in entry.items and not isinstance(reader.rest()["cancelled"], bool):
            reader.error("cancelled", m("{key}: write true or false", key="cancelled"))
        if self.findings.errors > before or event_id is None or day is None:
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
                if found[-1] > LONGEST_AHEAD:
                    reader.error(key, m("{key}: more than a year ({days} days)", key=key, days=str(found[-1])))
                if found[-1] in found[:-1]:
                    reader.warn(key, m("{key}: {value} stands there twice", key=key, value=text))
        return tuple(found)

    def _holidays(self, year: int) -> Iterator[tuple[str, str]]:
        seen: dict[str, int] = {}
        if "holidays" not in self.reader.node.items:
            self.reader.absent("holidays", m("the calendar has no holidays: no deadline gives way to one"))
        for entry in self.reader.entries("holidays"):
            reader = Reader(entry, CALENDAR, self.findings, KEYS, "holidays", "holidays")
            name = reader.required("name")
            if "date" in entry.items and ("from" in entry.items or "to" in entry.items):
                reader.error("date", m("write either date, or from and to"))
                continue
            if "date" in entry.items:
                first = last = reader.parsed("date", values.day, required=True)
            else:
                first, last = reader.parsed("from", values.day, required=True), reader.parsed("to", values.day, required=True)
            if first is None or last is None or name is None:
                continue
            start, end = date.fromisoformat(first), date.fromisoformat(last)
            if not timedelta(0) <= end - start <= timedelta(days=LONGEST_HOLIDAY):
                reader.error("to", m("a holiday ends before it begins, or lasts longer than a month"))
                continue
            if not (year <= start.year <= year + 1 and end.year <= year + 1):
                text = m("{day} does not fit a calendar of {year}", day=start, year=str(year))
                self._misfit(entry.line, reader.what, text)
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

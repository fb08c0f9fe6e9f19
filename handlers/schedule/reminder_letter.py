"""How a reminder reads: to whom, what is due when, how it stands, and what can be done about it with one tap."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from handlers.kit.message import Message, Value, m, mn, verbatim
from handlers.kit.reply import Block, Choice, Choices, Fields, Go, Text
from handlers.kit.wire import encode_blocks, encode_choices, encode_joined
from handlers.rules.deadline import due_line, local_day, midnight, time_left
from handlers.schedule import agenda
from handlers.schedule.agenda import Dated, Free
from handlers.schedule.changed_dates import changed_date
from storage.duties import Duty
from storage.reminders import Recipient

MOST_NAMES = 20

LATE_AFTER = 2 * 3_600
"""From when on a reminder says that it comes late; a letter that was not sent until then is written anew."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a letter tells of.

    ``subject``: duty:ID or event:ID; ``date``: the number of the date seen that it tells; ``late``: it comes later than planned.
    ``duty`` None: an event, or for the organiser a deadline with its ``missing`` units, those ``alone`` (nobody joined) and those
    ``blocked`` (every address refuses messages). ``files``: the reader can fulfil it; ``asks``: a conference that waits for the answer
    of the reader's unit; ``answered``: the answer it gave (a key of `agenda.ANSWER_LABELS`). ``before``: the date that the reader was
    told of and that holds no more.
    """

    subject: str
    date: int
    dated: Dated
    late: bool
    duty: Duty | None
    files: bool = False
    asks: bool = False
    answered: str | None = None
    alone: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    missing: int = 0
    before: Dated | None = None


class Writer:
    """Writes the letters of one look: what is the same for many readers is put in words once.

    ``names``: unit id -> name; ``entered``: duty id -> (figures entered, figures asked) of the drafts that were begun; ``paged``: whether
    the table of a duty's report can be entered on a page.
    """

    def __init__(
        self, now: int, zone: ZoneInfo, free: Free, names: Mapping[str, str], entered: Mapping[str, tuple[int, int]],
        paged: Callable[[Duty], bool],
    ) -> None:  # fmt: skip
        self._now = now
        self._zone = zone
        self._free = free
        self._names = names
        self._greetings = Greetings(names)
        self._entered = entered
        self._paged = paged
        self._said: dict[tuple[int, ...], tuple[Sequence[Item], str, str | None]] = {}

    def letter(self, to: Recipient, items: Sequence[Item]) -> tuple[str, str | None]:
        """One letter for everything that is due to one person at one look, and its menu, both as JSON; what has changed comes first."""
        same = tuple(map(id, items))
        known = self._said.get(same)
        if known is None:      # the items are kept beside their words, so that their ids are not given to others
            blocks, choices = self._body(items)
            known = self._said[same] = (items, encode_blocks(blocks), encode_choices(choices) if choices else None)
        return encode_joined(self._greetings.to(to), known[1]), known[2]

    def _body(self, items: Sequence[Item]) -> tuple[list[Block], tuple[Choice, ...]]:
        blocks: list[Block] = [LATE] if any(item.late for item in items) else []
        choices: list[Choice] = []
        for item in items:
            blocks += self._item(item)
            choices += self._choices(item, named=len(items) > 1)
        snoozed = [item.subject for item in items if (item.files or item.asks) and not item.dated.event.cancelled]
        if snoozed:
            subjects = ",".join(snoozed)
            choices.append(Choice(LATER, Go("nhac", f"{subjects} later")))
            choices.append(Choice(TOMORROW, Go("nhac", f"{subjects} tomorrow")))
        offered = tuple(choices)
        return [*blocks, Choices(offered)] if offered else blocks, offered

    def _item(self, item: Item) -> list[Block]:
        if item.before is not None:
            status = None if item.duty is None or item.dated.event.cancelled else self._status(item.duty)
            told = changed_date(item.before, item.dated, self._now, self._zone, self._free, status)
            return [*told, *_answer(item)]
        if item.duty is not None:
            return self._duty(item, item.duty)
        if item.dated.event.kind == "deadline":
            return self._organiser(item)
        return self._event(item)

    def _duty(self, item: Item, duty: Duty) -> list[Block]:
        title = agenda.titled(duty.title, duty.year)
        days = (local_day(duty.effective, self._zone) - local_day(self._now, self._zone)).days
        if self._now > duty.effective:
            line = m("Past the deadline ({late}): {title}", late=time_left(self._now, duty.effective, self._zone), title=title)
        elif days == 0:
            line = m("Due today: {title}", title=title)
        else:
            line = mn("{count} day left until the deadline: {title}", "{count} days left until the deadline: {title}", days, title=title)
        rows: list[tuple[Message, Value]] = [(m("Deadline"), due_line(duty.due, duty.effective, self._zone, self._free.names))]
        if not item.files:
            rows.append((m("Unit"), self._names.get(duty.unit_id, duty.unit_id)))
        rows.append((m("Status"), self._status(duty)))
        return [Text(line, "title"), Fields(tuple(rows))]

    def _status(self, duty: Duty) -> Message:
        """ "not filed yet (3 of 7 figures entered)"."""
        if duty.form is None:
            return m("not done yet")
        entered, count = self._entered.get(duty.id, (0, 0))
        if not entered:
            return m("not filed yet")
        return m("not filed yet ({entered} of {count} figures entered)", entered=entered, count=count)

    def _organiser(self, item: Item) -> list[Block]:
        event = item.dated.event
        rows: list[tuple[Message, Value]] = [
            (m("Deadline"), due_line(item.dated.due, item.dated.effective, self._zone, self._free.names)),
            (m("Not yet filed"), mn("{count} unit", "{count} units", item.missing)),
        ]
        if item.alone:
            rows.append((m("Nobody has joined yet; please tell them another way"), _named(item.alone)))
        if item.blocked:
            rows.append((m("Cannot be reached here; please tell them another way"), _named(item.blocked)))
        return [Text(agenda.titled(event.title, event.of_year), "title"), Fields(tuple(rows))]

    def _choices(self, item: Item, *, named: bool) -> tuple[Choice, ...]:
        event = item.dated.event
        if event.cancelled:
            return ()
        if item.duty is not None:
            # one page can be told from another only where a letter is about one report: more choices would make it noisy
            page = item.files and not named and self._paged(item.duty)
            return agenda.duty_choices(item.duty, event, named=named, page=page) if item.files else ()
        if event.kind == "deadline":
            return (Choice(m("Progress: {title}", title=agenda.short(event.title)) if named else m("Progress"), Go("tiendo", event.id)),)
        if not item.asks and item.answered is None:
            return ()
        if named:
            return (Choice(m("Answer: {title}", title=agenda.short(event.title)), Go("du", event.id)),)
        return agenda.answer_choices(event.id)

    def _event(self, item: Item) -> list[Block]:
        days = (item.dated.day - local_day(self._now, self._zone)).days
        title = verbatim(item.dated.event.title)
        soon = m("Today: {title}", title=title)
        line = soon if days <= 0 else mn("In {count} day: {title}", "In {count} days: {title}", days, title=title)
        return [Text(line, "title"), Fields(tuple(agenda.meeting_rows(item.dated, self._zone, self._free))), *_answer(item)]


LATE = Text(m("This reminder could not be sent at the planned time; it comes late."), "note")
LATER = m("Remind me this afternoon")
TOMORROW = m("Remind me tomorrow morning")


def expires(dated: Dated, zone: ZoneInfo) -> int:
    """When nobody needs to be told of an event any more (epoch): an hour into a conference, the end of the day of any other."""
    if dated.event.kind == "conference":
        return dated.until
    return midnight(dated.day + timedelta(days=1), zone)


class Greetings:
    """The first line of letters as JSON: "To comrade …" with the office, or the unit where none is known; ``names``: unit id -> name.

    It is written once for each office; the person's name then takes the place of a mark that stands in no name.
    """

    _NAME = "\ue000"

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._written: dict[str, str] = {}

    def to(self, each: Recipient) -> str:
        unit_id = next((unit_id for unit_id, _ in each.posts if unit_id is not None), None)
        office = each.title or ("" if unit_id is None else self._names.get(unit_id, unit_id))
        line = self._written.get(office)
        if line is None:
            name = verbatim(self._NAME)
            said = m("To comrade {name}, {office}.", name=name, office=verbatim(office)) if office else m("To comrade {name}.", name=name)
            line = self._written[office] = encode_blocks((Text(said),))
        return line.replace(self._NAME, json.dumps(each.name, ensure_ascii=False)[1:-1])


def _answer(item: Item) -> list[Block]:
    if item.answered is not None:
        return [Text(m("The unit has answered: {answer}. It can answer again.", answer=agenda.ANSWER_LABELS[item.answered]))]
    return [Text(m("Please answer whether the unit attends."))] if item.asks else []


def _named(names: tuple[str, ...]) -> Value:
    return names if len(names) <= MOST_NAMES else mn("{count} unit", "{count} units", len(names))

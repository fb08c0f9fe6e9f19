"""How a reminder reads: to whom, what is due when, how it stands, and what can be done about it with one tap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from handlers.kit.message import Message, Value, m, mn, verbatim
from handlers.kit.reply import Block, Choice, Choices, Fields, Go, Reply, Text, say
from handlers.reporting.draft import loads
from handlers.reporting.items import items_of
from handlers.rules.deadline import due_line, local_day, midnight, time_left
from handlers.schedule import agenda
from handlers.schedule.agenda import Dated, Free
from storage import calendar, reports, units
from storage.connection import Snapshot
from storage.duties import Duty
from storage.reminders import Recipient

MOST_NAMES = 20


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a letter reminds of.

    ``subject``: duty:ID or event:ID; ``mark``: the reminder's identity; ``late``: it comes later than planned. ``duty`` None: an event,
    or for the organiser a deadline with its ``missing`` units, those ``alone`` (nobody joined) and those ``blocked`` (every address
    refuses messages). ``files``: the reader can fulfil it; ``asks``: a conference that waits for the answer of the reader's unit.
    """

    subject: str
    mark: str
    dated: Dated
    late: bool
    duty: Duty | None
    files: bool = False
    asks: bool = False
    alone: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    missing: int = 0


def expires(dated: Dated, zone: ZoneInfo) -> int:
    """When nobody needs to be told of an event any more (epoch): an hour into a conference, the end of the day of any other."""
    if dated.event.kind == "conference":
        return dated.until
    return midnight(dated.day + timedelta(days=1), zone)


def letter(read: Snapshot, to: Recipient, items: Sequence[Item], now: int, zone: ZoneInfo, free: Free) -> Reply:
    """One letter for everything that is due to one person at one look."""
    blocks: list[Message | Block] = [_greeting(read, to)]
    if any(item.late for item in items):
        blocks.append(Text(m("The system was not running at the planned time; this reminder comes late."), "note"))
    choices: list[Choice] = []
    for item in items:
        if item.duty is not None:
            blocks += _duty(read, item, item.duty, now, zone, free)
        elif item.dated.event.kind == "deadline":
            blocks += _organiser(item, now, zone, free)
        else:
            blocks += _event(item, now, zone, free)
        choices += _choices(read, item, named=len(items) > 1)
    snoozed = [item.subject for item in items if item.files or item.asks]
    if snoozed:
        subjects = ",".join(snoozed)
        choices.append(Choice(m("Remind me this afternoon"), Go("nhac", f"{subjects} later")))
        choices.append(Choice(m("Remind me tomorrow morning"), Go("nhac", f"{subjects} tomorrow")))
    return say(*blocks, Choices(tuple(choices))) if choices else say(*blocks)


def _greeting(read: Snapshot, to: Recipient) -> Message:
    unit_id = next((unit_id for unit_id, _ in to.posts if unit_id is not None), None)
    office = to.title or ("" if unit_id is None else units.name_of(read, unit_id))
    if not office:
        return m("To comrade {name}.", name=verbatim(to.name))
    return m("To comrade {name}, {office}.", name=verbatim(to.name), office=verbatim(office))


def _duty(read: Snapshot, item: Item, duty: Duty, now: int, zone: ZoneInfo, free: Free) -> list[Block]:
    title = agenda.titled(duty.title, duty.year)
    days = (local_day(duty.effective, zone) - local_day(now, zone)).days
    if now > duty.effective:
        line = m("Past the deadline ({late}): {title}", late=time_left(now, duty.effective, zone), title=title)
    elif days == 0:
        line = m("Due today: {title}", title=title)
    else:
        line = mn("{count} day left until the deadline: {title}", "{count} days left until the deadline: {title}", days, title=title)
    rows: list[tuple[Message, Value]] = [(m("Deadline"), due_line(duty.due, duty.effective, zone, free.names))]
    if not item.files:
        rows.append((m("Unit"), units.name_of(read, duty.unit_id)))
    rows.append((m("Status"), _status(read, duty)))
    return [Text(line, "title"), Fields(tuple(rows))]


def _status(read: Snapshot, duty: Duty) -> Message:
    """ "not filed yet (3 of 7 figures entered)"."""
    if duty.form is None:
        return m("not done yet")
    draft = reports.draft(read, duty.id)
    form = calendar.form(read, duty.form)
    if draft is None or form is None:
        return m("not filed yet")
    figures = [each for each in items_of(read, form, duty.year, duty.unit_id) if each.numeric]
    sheet = loads(draft.content)
    entered = sum(1 for each in figures if sheet.value(each.id) is not None)
    if not figures or not entered:
        return m("not filed yet")
    return m("not filed yet ({entered} of {count} figures entered)", entered=entered, count=len(figures))


def _organiser(item: Item, now: int, zone: ZoneInfo, free: Free) -> list[Block]:
    event = item.dated.event
    rows: list[tuple[Message, Value]] = [
        (m("Deadline"), due_line(item.dated.due, item.dated.effective, zone, free.names)),
        (m("Not yet filed"), mn("{count} unit", "{count} units", item.missing)),
    ]
    if item.alone:
        rows.append((m("Nobody has joined yet; please tell them another way"), _named(item.alone)))
    if item.blocked:
        rows.append((m("Cannot be reached here; please tell them another way"), _named(item.blocked)))
    return [Text(agenda.titled(event.title, event.of_year), "title"), Fields(tuple(rows))]


def _named(names: tuple[str, ...]) -> Value:
    return names if len(names) <= MOST_NAMES else mn("{count} unit", "{count} units", len(names))


def _event(item: Item, now: int, zone: ZoneInfo, free: Free) -> list[Block]:
    days = (item.dated.day - local_day(now, zone)).days
    title = verbatim(item.dated.event.title)
    line = m("Today: {title}", title=title) if days <= 0 else mn("In {count} day: {title}", "In {count} days: {title}", days, title=title)
    blocks: list[Block] = [Text(line, "title"), Fields(tuple(agenda.meeting_rows(item.dated, zone, free)))]
    if item.asks:
        blocks.append(Text(m("Please answer whether the unit attends.")))
    return blocks


def _choices(read: Snapshot, item: Item, *, named: bool) -> tuple[Choice, ...]:
    event = item.dated.event
    if item.duty is not None:
        return agenda.duty_choices(item.duty, event, named=named) if item.files else ()
    if event.kind == "deadline":
        return (Choice(m("Progress: {title}", title=agenda.short(event.title)) if named else m("Progress"), Go("tiendo", event.id)),)
    if not item.asks:
        return ()
    if named:
        return (Choice(m("Answer: {title}", title=agenda.short(event.title)), Go("du", event.id)),)
    return agenda.answer_choices(event.id)

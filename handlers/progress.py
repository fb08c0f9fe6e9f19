"""/tiendo: who has reported, who has not, who was late, by duty; and the secretary's reminder to those who are missing.

Who sees what: before a deadline everybody sees names. After it others read "còn 2 đơn vị chưa có số liệu", while the own unit, its
leader and the organisers see names; the same goes for who was late.
"""

from __future__ import annotations

from dataclasses import dataclass

from handlers.kit.command import EVERYONE, ORGANISERS, Command
from handlers.kit.message import Message, Value, m, mn, verbatim
from handlers.kit.reply import Block, Choice, Choices, Fields, Go, Text, say
from handlers.kit.turn import Outcome, Turn, answer
from handlers.rules.dates import RangeFound, parse_day, parse_period
from handlers.rules.deadline import due_line, time_left
from handlers.rules.names import Name, NameIndex, One
from handlers.rules.periods import YEARLY
from handlers.rules.text import fold
from handlers.schedule import agenda, nudging
from handlers.schedule.agenda import Free
from handlers.schedule.cut import nearest
from storage import calendar, duties, people, reminders, units
from storage.calendar import Event
from storage.duties import Duty

MOST_EVENTS = 4
MOST_NAMES = 20
"""How many units are named one by one: beyond, their number (a cluster of communes has hundreds)."""


_SAYS_NOTHING = frozenset(
    ("bao", "cao", "nop", "chua", "da", "roi", "don", "vi", "tinh", "nao", "ai", "so", "lieu", "hien", "nay", "hom", "con")
)
"""Words of the question that name no report."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The duties of one event: fulfilled in time, fulfilled late, not yet fulfilled. Cancelled ones do not count."""

    event: Event
    duties: tuple[Duty, ...]

    @property
    def effective(self) -> int:
        return self.duties[0].effective

    @property
    def done(self) -> tuple[Duty, ...]:
        return tuple(duty for duty in self.duties if duty.status == "done")

    @property
    def late(self) -> tuple[Duty, ...]:
        return tuple(duty for duty in self.done if duty.done_at is not None and duty.done_at > duty.effective)

    @property
    def missing(self) -> tuple[Duty, ...]:
        return tuple(duty for duty in self.duties if duty.status == "open")


def handle(turn: Turn, argument: str) -> Outcome:
    """ "E15": one event; "nudge E15": remind those who are missing; "quý 3": the events of a period; else what is running."""
    first, _, rest = argument.strip().partition(" ")
    if first == "nudge":
        return nudging.handle(turn, rest.strip())
    page = 1
    if first == "page" and (number := rest.partition(" ")[0]).isdecimal():
        page, argument = max(1, int(number)), rest.partition(" ")[2]
    free = agenda.free_days(turn.read)
    found = _named(turn, argument)
    unit_id = _unit_named(turn, argument) if found is None or " " in argument.strip() else None
    if unit_id is not None:
        return _of_unit(turn, unit_id, running(turn) if found is None else found)
    if found is None:
        found = running(turn)
        if not found:
            ahead = agenda.next_deadline(turn.read, turn.now, turn.zone, unit_id=None)
            nothing = Text(m("No report is being collected now."))
            if ahead is None:
                return answer(nothing)
            return answer(nothing, Fields(((agenda.titled(ahead.event.title, ahead.event.of_year), agenda.when(ahead, turn.zone, free)),)))
    if not found:
        return answer(m("No report was found for “{words}”.", words=argument.strip()), Choices((Choice(m("Progress"), Go("tiendo")),)))
    if len(found) == 1:
        return _one(turn, found[0], free)
    return _several(turn, found, free, page, argument.strip())


def _several(turn: Turn, found: tuple[Progress, ...], free: Free, page: int, argument: str) -> Outcome:
    """A page of them, the nearest deadlines on the first one, and how many more there are."""
    pages = -(-len(found) // MOST_EVENTS)
    page = min(page, pages)
    before = nearest(found, turn.now, (page - 1) * MOST_EVENTS, lambda each: each.effective)
    shown = [each for each in nearest(found, turn.now, page * MOST_EVENTS, lambda each: each.effective) if each not in before]
    title = m("Progress of reports")
    if pages > 1:
        title = m("Progress of reports, page {page} of {pages}", page=page, pages=pages)
    blocks: list[Block] = [Text(title, "title")]
    for each in shown:
        blocks += _brief(turn, each, free)
    choices = [Choice(agenda.short(each.event.title), Go("tiendo", each.event.id)) for each in shown]
    left = len(found) - page * MOST_EVENTS
    if left > 0:
        blocks.append(Text(mn("{count} more is open; see “Next page”.", "{count} more are open; see “Next page”.", left), "note"))
        choices.append(Choice(m("Next page"), Go("tiendo", f"page {page + 1} {argument}".strip())))
    elif pages > 1:
        choices.append(Choice(m("First page"), Go("tiendo", argument)))
    return answer(*blocks, Choices(tuple(choices)))


def of_event(turn: Turn, event: Event) -> Progress | None:
    """The progress of an event; None where it makes no duty."""
    owed = tuple(duty for duty in duties.of_event(turn.read, event.id) if duty.status != "cancelled")
    return Progress(event, owed) if owed else None


def running(turn: Turn) -> tuple[Progress, ...]:
    """Every deadline that is open for filing and not yet met by all, the earliest first."""
    events: dict[str, None] = {}
    for duty in duties.still_open(turn.read):
        year = units.year(turn.read, duty.year)
        if duty.opens <= turn.now and (year is None or year.closed_at is None):
            events.setdefault(duty.event_id)
    found = (calendar.event(turn.read, event_id) for event_id in events)
    return tuple(each for event in found if event is not None and (each := of_event(turn, event)) is not None)


def overview(turn: Turn, free: Free) -> list[Block]:
    """For the organisers' first screen: what is being collected, and the units with nobody joined."""
    blocks: list[Block] = []
    found = running(turn)
    if found:
        shown = nearest(found, turn.now, MOST_EVENTS, lambda each: each.effective)
        rows = tuple((agenda.titled(each.event.title, each.event.of_year), _share(each, turn)) for each in shown)
        blocks += [Text(m("Progress of reports:")), Fields(rows)]
        left = len(found) - len(shown)
        if left > 0:
            blocks.append(Text(mn("{count} more is open: /tiendo", "{count} more are open: /tiendo", left), "note"))
    alone = unjoined(turn)
    if alone:
        blocks.append(Text(m("Nobody has joined yet: {units}. Invite them with /nguoi.", units=_names(tuple(alone)))))
    return blocks


def unjoined(turn: Turn) -> tuple[str, ...]:
    """The names of this year's units without an officer who can be reached here."""
    today = turn.today.isoformat()
    joined = {post.unit_id for person, post in people.holders(turn.read, today, role="officer") if person.consent_at is not None}
    year = turn.today.year
    known = [each.year for each in units.years(turn.read)]
    members = units.members(turn.read, year if year in known else max(known, default=year))
    return tuple(unit.name for unit in members if unit.id not in joined)


def _share(each: Progress, turn: Turn) -> Message:
    if not each.missing:
        return m("{done}/{count} filed", done=len(each.done), count=len(each.duties))
    return m(
        "{done}/{count} filed, {left}", done=len(each.done), count=len(each.duties), left=time_left(turn.now, each.effective, turn.zone)
    )


def _named(turn: Turn, argument: str) -> tuple[Progress, ...] | None:
    """The events that the text names by id, period or words of the title; None when it names nothing."""
    words = fold(argument)
    if not words:
        return None
    event = calendar.event(turn.read, argument.strip().upper())
    if event is not None:
        each = of_event(turn, event)
        return () if each is None else (each,)
    deadlines = [event for event in calendar.events(turn.read) if event.kind == "deadline" and not event.cancelled]
    period = parse_period(argument, turn.today)
    if period is not None:
        wanted = YEARLY if period.period == "year" else (period.period,)
        years = (period.year,) if period.year is not None else (turn.today.year, turn.today.year - 1)
        for year in years:
            chosen = [event for event in deadlines if event.of_year == year and event.period in wanted and event.form is not None]
            found = [each for event in chosen if (each := of_event(turn, event)) is not None]
            begun = [each for each in found if each.duties[0].opens <= turn.now]
            unfinished = [each for each in begun if each.missing]
            if begun or found:
                return tuple(unfinished or begun or found)
        return ()
    days = parse_day(argument, turn.today)
    if isinstance(days, RangeFound):      # "tháng 10": due in that month; "hôm nay" only says as of when
        first, last = days.first.isoformat(), days.last.isoformat()
        due = [event for event in deadlines if first <= event.day <= last]
        return tuple(each for event in due if (each := of_event(turn, event)) is not None)
    said = set(words.split()) - _SAYS_NOTHING
    matching = [event for event in deadlines if said and said <= set(fold(event.title).split())]
    found = [each for event in matching if (each := of_event(turn, event)) is not None]
    return tuple(found) or None


def _unit_named(turn: Turn, argument: str) -> str | None:
    """The member that the text names beyond doubt."""
    members = units.members(turn.read, turn.today.year)
    found = NameIndex(Name(unit.id, unit.name, unit.aliases) for unit in members).find(argument)
    return found.id if isinstance(found, One) else None


def _of_unit(turn: Turn, unit_id: str, asked: tuple[Progress, ...]) -> Outcome:
    """How one unit stands in these; past a deadline only for itself and the organisers."""
    rows: list[tuple[Message, Value]] = []
    hidden = False
    for each in asked:
        duty = next((duty for duty in each.duties if duty.unit_id == unit_id), None)
        if duty is None:
            continue
        if unit_id not in turn.unit_ids and not sees_names(turn, each):
            hidden = True
            continue
        state = agenda.done_line(duty, turn.zone) if duty.status == "done" else not_yet(duty, turn)
        rows.append((agenda.titled(each.event.title, each.event.of_year), state))
    note = (Text(m("After a deadline, who is missing is named to its own unit and the secretary only."), "note"),) if hidden else ()
    title = Text(m("{unit}: reports", unit=units.name_of(turn.read, unit_id)), "title")
    if not rows and not hidden:
        return answer(title, Text(m("No report is being collected now.")))
    shown = (Fields(tuple(rows)),) if rows else ()
    return answer(title, *shown, *note, Choices((Choice(m("Progress"), Go("tiendo")),)), topic=("tiendo", "{}"))


def sees_names(turn: Turn, each: Progress | Duty) -> bool:
    """Whether the person may read by name who is missing or was late."""
    return turn.now <= each.effective or bool(ORGANISERS & turn.roles)


def _brief(turn: Turn, each: Progress, free: Free) -> list[Block]:
    rows: list[tuple[Message, Value]] = [(agenda.titled(each.event.title, each.event.of_year), _share(each, turn))]
    rows += _own(turn, each)
    rows += _missing(turn, each)
    return [Fields(tuple(rows))]


def _answers(turn: Turn, each: Progress) -> Outcome:
    """Who had answered a conference that has begun, or was called off: nobody owes an answer any more."""
    title = agenda.titled(each.event.title, each.event.of_year)
    rows: tuple[tuple[Message, Value], ...] = (
        (m("Answered by"), _units(turn, each.done)), (m("Status"), m("over: an answer is no longer needed")),
    )  # fmt: skip
    return answer(Text(title, "title"), Fields(rows), Choices((Choice(m("Progress"), Go("tiendo")),)))


def _one(turn: Turn, each: Progress, free: Free) -> Outcome:
    if agenda.no_longer_asked(turn.read, each.event, turn.now, turn.zone):
        return _answers(turn, each)
    due = due_line(each.duties[0].due, each.effective, turn.zone, free.names)
    rows: list[tuple[Message, Value]] = [(m("Deadline"), due), *_own(turn, each)]
    rows.append((m("Filed"), m("{done}/{count}", done=len(each.done), count=len(each.duties))))
    in_time = tuple(duty for duty in each.done if duty not in each.late)
    if in_time and sees_names(turn, each):
        rows.append((m("Filed by"), _units(turn, in_time)))
    rows += _late(turn, each)
    rows += _missing(turn, each)
    if not each.missing:
        rows.append((m("Status"), m("complete")))
    elif turn.now > each.effective and ORGANISERS & turn.roles:
        rows.append((m("Status"), time_left(turn.now, each.effective, turn.zone)))
    blocks: list[Message | Block] = [Text(agenda.titled(each.event.title, each.event.of_year), "title"), Fields(tuple(rows))]
    choices: list[Choice] = []
    if ORGANISERS & turn.roles and each.missing:
        missing = {units.name_of(turn.read, duty.unit_id) for duty in each.missing}
        alone = tuple(name for name in unjoined(turn) if name in missing)
        if alone:
            blocks.append(Text(m("Nobody has joined yet: {units}.", units=_names(alone))))
        nudged = reminders.nudge(turn.read, each.event.id, turn.today.isoformat())
        if nudged is None:
            choices.append(Choice(m("Remind the units that have not filed"), Go("tiendo", f"nudge {each.event.id}")))
        else:
            blocks.append(Text(nudging.already(nudged), "note"))
    mine = [duty for duty in each.missing if any(post.unit_id == duty.unit_id and post.role == "officer" for post in turn.posts)]
    for duty in mine[:1]:
        choices += agenda.duty_choices(duty, each.event, named=False)
    return Outcome(say(*blocks, *((Choices(tuple(choices)),) if choices else ())))


def _own(turn: Turn, each: Progress) -> list[tuple[Message, Value]]:
    """The own unit first."""
    rows: list[tuple[Message, Value]] = []
    for duty in each.duties:
        if duty.unit_id in turn.unit_ids:
            name = verbatim(units.name_of(turn.read, duty.unit_id))
            state = agenda.done_line(duty, turn.zone) if duty.status == "done" else not_yet(duty, turn)
            rows.append((name, state))
    return rows


def not_yet(duty: Duty, turn: Turn) -> Message:
    """That it is not filed, and how late that is."""
    if turn.now > duty.effective:
        return m("not filed yet, {late}", late=time_left(turn.now, duty.effective, turn.zone))
    return m("not filed yet")


def _missing(turn: Turn, each: Progress) -> list[tuple[Message, Value]]:
    if not each.missing:
        return []
    if sees_names(turn, each):
        return [(m("Not yet filed"), _units(turn, each.missing))]
    others = [duty for duty in each.missing if duty.unit_id not in turn.unit_ids]
    if not others:
        return []
    count = mn("{count} unit has no figures yet", "{count} units have no figures yet", len(others))
    return [(m("Others") if len(others) < len(each.missing) else m("Not yet filed"), count)]


def _late(turn: Turn, each: Progress) -> list[tuple[Message, Value]]:
    if not each.late:
        return []
    if ORGANISERS & turn.roles and len(each.late) <= MOST_NAMES:
        named = tuple(
            m("{unit} ({late})", unit=verbatim(units.name_of(turn.read, duty.unit_id)), late=agenda.late_by(duty, turn.zone))
            for duty in each.late
        )
        return [(m("Filed late"), named)]
    return [(m("Filed late"), mn("{count} unit", "{count} units", len(each.late)))]


def _units(turn: Turn, some: tuple[Duty, ...]) -> Value:
    return _names(tuple(units.name_of(turn.read, duty.unit_id) for duty in some[: MOST_NAMES + 1]), len(some))


def _names(names: tuple[str, ...], count: int | None = None) -> Value:
    """The names, or how many when they are too many to be read."""
    many = len(names) if count is None else count
    return mn("{count} unit", "{count} units", many) if many > MOST_NAMES else tuple(names)


COMMAND = Command(
    name="tiendo",
    alias="progress",
    summary=m("Progress: who has reported"),
    words=m("progress|who has not reported|who has reported|who is late|missing reports|who is missing"),
    handle=handle,
    examples=(m("who has not reported"),),
    roles=EVERYONE,
    quick=True,
    public=True,
    order=45,
)

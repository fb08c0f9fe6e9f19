"""A small cluster for tests of the calendar: three units, eight people, the events of a real year, and turns taken by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.channels.base import Capabilities
from bot.language import languages
from bot.rendering.parts import render
from handlers.kit.dialogue import Chosen, Dialogue
from handlers.kit.reply import Go, Reply
from handlers.kit.turn import Outcome, Place, Said, Turn
from handlers.kit.wire import decode
from handlers.schedule.planning import plan_duties
from handlers.schedule.reminding import look
from storage import calendar, duties, people, units
from storage.calendar import Event, Form
from storage.connection import Database, Effect, effect
from storage.people import Post
from storage.units import Unit

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
PLAIN = Capabilities(4096, 4096, buttons=True, pictures=False, files=False, edits=False)
NAMES = {"CAO_BANG": "Cao Bằng", "LANG_SON": "Lạng Sơn", "TUYEN_QUANG": "Tuyên Quang"}
QUIET = ("11:30-13:30", "20:00-07:00")
HOLIDAYS = (("2026-04-30", "Ngày Chiến thắng"), ("2026-05-01", "Quốc tế Lao động"), ("2026-11-24", "Ngày Văn hóa Việt Nam"))
PEOPLE = (
    ("lan", "Hoàng Thị Lan", "LANG_SON", "officer"),
    ("thanh", "Vi Văn Thành", "LANG_SON", "leader"),
    ("ngoc", "Bế Thị Ngọc", "CAO_BANG", "officer"),
    ("huy", "Đàm Quang Huy", "CAO_BANG", "leader"),
    ("ha", "Đèo Thị Thu Hà", None, "secretary"),
    ("anh", "Phạm Quỳnh Anh", None, "observer"),
)
"""Nobody of Tuyên Quang has joined."""


def at(text: str) -> int:
    """ "2026-11-23 08:00", local, as an epoch."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


def event(
    ident: str, day: str, kind: str, title: str, *, remind: tuple[int, ...] = (), overdue: tuple[int, ...] = (), form: str | None = None,
    who: tuple[str, ...] = ("member",), time: str | None = None, done_by: str | None = None, place: str | None = None, period: str = "year",
    year: int = 2026, position: int = 0,
) -> Event:  # fmt: skip
    return Event(ident, 2026, position, year, period, day, time, kind, title, who, form, done_by, place, None, remind, overdue)


EVENTS = (      # dates and titles as in the sample calendar of 2026
    event("E04", "2026-03-10", "deadline", "Xác nhận đại biểu Hội nghị tổng kết năm 2025", done_by="rsvp E05", remind=(5, 2, 0),
          overdue=(1,), year=2025),
    event("E05", "2026-03-20", "conference", "Hội nghị tổng kết năm 2025", time="08:00", place="Cao Bằng", who=("all",),
          remind=(14, 7, 3, 1, 0), year=2025),
    event("E12", "2026-07-05", "deadline", "Báo cáo sơ kết 6 tháng đầu năm", form="BC-6THANG", remind=(10, 3, 1, 0),
          overdue=(1, 3, 7), period="H1"),
    event("E15", "2026-10-05", "deadline", "Báo cáo nhanh quý III (9 tháng)", form="BC-QUY", remind=(5, 1, 0), overdue=(1, 3), period="M9"),
    event("E16", "2026-11-30", "deadline", "Báo cáo tổng kết năm và Bảng tự chấm điểm", form="BC-TUCHAM", remind=(15, 7, 3, 1, 0),
          overdue=(1, 3, 5, 7), period="year-estimate"),
    event("E18", "2026-12-31", "legal", "Hạn cuối nhận hồ sơ Chiến sĩ thi đua toàn quốc", who=("all",), remind=(30, 7, 1, 0)),
    event("E07", "2026-12-10", "deadline", "Cụm trưởng ban hành Kế hoạch", who=("lead",), remind=(7, 2, 0)),
    event("E23", "2027-03-12", "conference", "Hội nghị tổng kết năm 2026", time="08:00", who=("all",), remind=(14, 7, 3, 1, 0)),
)  # fmt: skip


def _effects(events: Iterable[Event]) -> list[Effect]:
    made = [effect(units.save_unit, Unit(ident, name, "", name, (), 100, None, None)) for ident, name in NAMES.items()]
    for year in (2025, 2026):
        made += [effect(units.save_membership, year, ident, "lead" if ident == "CAO_BANG" else "member") for ident in NAMES]
    made.append(effect(calendar.save_calendar_year, 2026, QUIET))
    made.append(effect(calendar.save_holidays, 2026, HOLIDAYS))
    made += [effect(calendar.save_form, Form(form, form, asks)) for form, asks in (("BC-QUY", ()), ("BC-6THANG", ()), ("BC-TUCHAM", ()))]
    made += [effect(calendar.save_event, each) for each in events]
    for ident, name, unit_id, role in PEOPLE:
        made += [
            effect(people.add_person, ident, name, "", "vi", 0),
            effect(people.consent, ident, 0),
            effect(people.link, "test", ident, ident, 0),
            effect(people.add_post, Post(f"post-{ident}", ident, unit_id, role, "2025-01-01", None), None, 0),
        ]
    return made


class SmallCluster:
    """An open database with the events planned; letters and replies are read as Vietnamese text."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._ids = itertools.count(1)

    @classmethod
    async def open(cls, folder: Path, events: Iterable[Event] = EVENTS) -> SmallCluster:
        database = await Database.open(folder / "small.sqlite3", readers=1)
        planned = tuple(events)
        await database.write(_effects(planned))
        duties_planned = await database.read(lambda read: plan_duties(
            planned, {year: units.membership_roles(read, year) for year in (2025, 2026)},
            {unit.id: unit for unit in units.all_units(read)}, frozenset(date.fromisoformat(day) for day, _ in HOLIDAYS), ZONE,
        ))  # fmt: skip
        await database.write([effect(duties.plan, duty) for duty in duties_planned])
        return cls(database)

    async def write(self, *effects: Effect) -> None:
        await self.database.write(effects)

    async def tick(self, when: str) -> dict[str, list[str]]:
        """One look at an instant; the letters that it wrote, by person."""
        return await self.tick_at(at(when))

    async def tick_at(self, now: int) -> dict[str, list[str]]:
        """The same, at an epoch."""
        before = await self._letters()
        await self.database.write(await self.database.read(lambda read: look(read, now, ZONE)))
        after = await self._letters()
        written: dict[str, list[str]] = {}
        for ident, (person_id, reply) in after.items():
            if ident not in before:
                written.setdefault(person_id, []).append(text_of(decode(reply)))
        return written

    async def letters(self) -> list[tuple[str, str]]:
        """(person, text) of everything that was queued."""
        return [(person_id, text_of(decode(reply))) for person_id, reply in (await self._letters()).values()]

    async def _letters(self) -> dict[int, tuple[str, str]]:
        query = "SELECT id, person_id, reply FROM outbox WHERE reply <> '' ORDER BY id"

        def rows(read: object) -> dict[int, tuple[str, str]]:
            return {row[0]: (row[1], row[2]) for row in read.execute(query)}  # type: ignore[attr-defined]

        return await self.database.read(rows)

    async def turn(self, person_id: str, when: str, handle: Callable[[Turn, str], Outcome], argument: str = "", said: str = "") -> Outcome:
        """The person asks; what the handler decides is written."""
        outcome = await self.database.read(lambda read: handle(self._turn(read, person_id, when, said), argument))
        await self.database.write(outcome.effects)
        return outcome

    async def advance(self, person_id: str, when: str, dialogue: Dialogue, outcome: Outcome, given: Said | Chosen) -> Outcome:
        """The person answers the open question of the outcome."""
        state = outcome.dialogue
        assert not isinstance(state, str)
        after = await self.database.read(lambda read: dialogue.advance(self._turn(read, person_id, when, ""), state, given))
        await self.database.write(after.effects)
        return after

    async def ask(self, person_id: str, when: str, handle: Callable[[Turn, str], Outcome], argument: str = "", said: str = "") -> str:
        return text_of((await self.turn(person_id, when, handle, argument, said)).reply)

    def _turn(self, read: object, person_id: str, when: str, said: str) -> Turn:
        now = at(when)
        today = datetime.fromtimestamp(now, ZONE).date().isoformat()
        who = people.person(read, person_id)  # type: ignore[arg-type]
        posts = people.posts(read, person_id, today)  # type: ignore[arg-type]
        return Turn(
            read, now, ZONE, who, posts, Place("test", person_id), Said(said), "vi", lambda: f"id{next(self._ids)}", lambda: "CODE",  # type: ignore[arg-type]
            lambda: "secret",
        )  # fmt: skip


def text_of(reply: Reply) -> str:
    """What the person reads, without the choices and without blank lines."""
    parts = render(reply, languages(ZONE)["vi"], PLAIN, "menu")
    return "\n".join(line for part in parts for line in part.text.splitlines() if line)


def labels_of(reply: Reply) -> list[str]:
    return [languages(ZONE)["vi"].text(choice.label) for choice in reply.choices]


def goes_to(reply: Reply, label: str) -> tuple[str, str]:
    """Command and argument behind a choice."""
    action = next(choice.action for choice in reply.choices if languages(ZONE)["vi"].text(choice.label) == label)
    assert isinstance(action, Go)
    return action.command, action.argument

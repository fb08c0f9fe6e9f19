"""A small constructed cluster for the tests of reporting: three units, one movement, a table of seven criteria; and a talk with it.

The figures are invented. The talk drives the commands and dialogues on a real database: what a turn decides is written before the
next one reads.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.language.catalogue import Language
from handlers import correction, report
from handlers.kit.command import Command
from handlers.kit.dialogue import Chosen, Dialogue
from handlers.kit.menu import choose, control_word
from handlers.kit.reply import Choice, Choices, Fields, Go, Reply, Table, Text
from handlers.kit.turn import Input, Outcome, Place, Said, Sent, State, Turn
from handlers.rules.scoring import Entry
from handlers.rules.table import Criterion, Event, Group, ScoringTable, Tier
from handlers.scores import standing
from handlers.scores.scoring_data import to_stored
from storage import calendar, duties, files, movements, people, reports, scoring_tables, targets, units
from storage.connection import Database, Effect, Snapshot, effect
from storage.errors import Conflict

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ENGLISH = Language.load("en")
VIETNAMESE = Language.load("vi")
PHOTO = "a" * 64
SCAN = "b" * 64


def at(year: int, month: int, day: int, hour: int = 8, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=ZONE).timestamp())


NOW = at(2026, 10, 2, 8)
M9, ESTIMATE = "E15:LANG_SON", "E16:LANG_SON"
TABLE = ScoringTable(
    2026, "Bảng thử", Fraction(200),
    (
        Group("I", "Kinh tế - xã hội", Fraction(150), (
            Criterion("I.1", "Tăng trưởng GRDP", Fraction(50), "%", "ratio_leader"),
            Criterion("I.2", "Thu ngân sách", Fraction(50), "tỷ đồng", "ratio"),
            Criterion("I.15", "Biên giới, an ninh", Fraction(30), "điểm", "manual"),
            Criterion("I.16", "Tuyển quân", Fraction(10), "đạt/không", "boolean", decimals=0),
            Criterion("I.18", "Xếp hạng cải cách hành chính", Fraction(10), "hạng", "tiers", decimals=0, tiers=(
                Tier(Fraction(10), max_rank=Fraction(5)), Tier(Fraction(4), max_rank=Fraction(34)))),
        )),
        Group("II", "Xây dựng Đảng, thi đua", Fraction(50), (
            Criterion("II.7", "Phòng, chống tham nhũng", Fraction(20), "vụ việc", "deduction", events=(
                Event("vu_viec", "vụ việc", Fraction(10)),)),
            Criterion("III.9", "Chế độ báo cáo", Fraction(30), "báo cáo", "deduction", events=(
                Event("cham", "báo cáo chậm", Fraction(5), late_from=1),)),
        )),
    ),
    late_reports=("cham",),
)  # fmt: skip


def _unit(unit_id: str, name: str, communes: int) -> units.Unit:
    return units.Unit(unit_id, name, "", name, (name.upper(),), communes, None, None)


def _person(person_id: str, name: str, unit_id: str | None, role: str) -> list[Effect]:
    post = people.Post(f"post-{person_id}", person_id, unit_id, role, "2025-01-01", None)
    return [
        effect(people.add_person, person_id, name, "", "vi", NOW), effect(people.consent, person_id, NOW),
        effect(people.add_post, post, None, NOW),
    ]  # fmt: skip


def _event(event_id: str, period: str, day: str, title: str, form: str, year: int = 2026) -> Effect:
    return effect(
        calendar.save_event,
        calendar.Event(event_id, year, 0, year, period, day, None, "deadline", title, ("member",), form, None, None, None, (5,), (1,)),
    )


def _duty(event_id: str, unit_id: str, form: str, period: str, due: int, effective: int, opens: int, year: int = 2026) -> Effect:
    return effect(duties.plan, duties.Duty(f"{event_id}:{unit_id}", event_id, unit_id, year, form, period, due, effective, opens))


def indicator(code: str, place: int, name: str, unit: str, decimals: int = 0, **more: str | None) -> Effect:
    return effect(movements.save_indicator, movements.Indicator("NTM26", code, place, name, unit, "stock", "up", decimals, **more))


def world() -> list[Effect]:
    """Everything but the filings. 02/10/2026: the quarterly report is due on 05/10, the self-score on 30/11, 2025 is closed."""
    members = [_unit("LANG_SON", "Lạng Sơn", 65), _unit("SON_LA", "Sơn La", 75), _unit("CAO_BANG", "Cao Bằng", 56)]
    found = [effect(units.save_unit, unit) for unit in members]
    for year in (2025, 2026):
        found += [effect(units.save_membership, year, unit.id, "lead" if unit.id == "SON_LA" else "member") for unit in members]
        found.append(effect(calendar.save_calendar_year, year, ()))
    found.append(effect(scoring_tables.save_table, to_stored(TABLE), NOW))
    found += _person("lan", "Hoàng Thị Lan", "LANG_SON", "officer") + _person("minh", "Vi Đức Minh", "LANG_SON", "officer")
    found += _person("thanh", "Vi Văn Thành", "LANG_SON", "leader") + _person("huong", "Cầm Thị Hương", "SON_LA", "officer")
    found += _person("ha", "Đèo Thị Thu Hà", None, "secretary")
    found.append(effect(movements.save_movement, movements.Movement("NTM26", 0, "Chung sức xây dựng nông thôn mới", ("ntm",), 2026, 2030)))
    found += [
        indicator("NTM01", 0, "Số xã đạt chuẩn nông thôn mới", "xã", max_ref="communes"),
        indicator("NTM02", 1, "Số xã đạt chuẩn nông thôn mới hiện đại", "xã", rule="<= NTM01"),
        indicator("NTM04", 2, "Kinh phí huy động", "triệu đồng"),
        indicator("NTM05", 3, "Đường giao thông cứng hóa", "km", 3),
        indicator("NGH01", 4, "Tỷ lệ hộ nghèo", "%", 2, low="0", high="100"),
    ]
    found.append(effect(movements.save_narrative_parts, ("Kết quả đạt được", "Đề xuất, kiến nghị")))
    for form_id, name, asks in (
        ("BC-QUY", "Báo cáo nhanh quý", ("movements",)), ("BC-6THANG", "Báo cáo sơ kết 6 tháng", ("movements", "narrative", "files")),
        ("BC-TUCHAM", "Bảng tự chấm điểm", ("criteria", "narrative", "files")), ("DK-THIDUA", "Bản đăng ký thi đua", ("targets", "files")),
    ):  # fmt: skip
        found.append(effect(calendar.save_form, calendar.Form(form_id, name, asks)))
    found += [
        _event("E25", "year", "2026-01-05", "Báo cáo nhanh quý IV năm 2025", "BC-QUY", 2025),
        _event("E08", "year", "2026-04-20", "Bản đăng ký thi đua năm 2026", "DK-THIDUA"),
        _event("E12", "H1", "2026-07-05", "Báo cáo sơ kết 6 tháng đầu năm", "BC-6THANG"),
        _event("E15", "M9", "2026-10-05", "Báo cáo nhanh quý III", "BC-QUY"),
        _event("E16", "year-estimate", "2026-11-30", "Báo cáo tổng kết và Bảng tự chấm điểm", "BC-TUCHAM"),
    ]
    for unit in ("LANG_SON", "SON_LA"):
        found += [
            _duty("E25", unit, "BC-QUY", "year", at(2026, 1, 5, 17), at(2026, 1, 5, 17), at(2025, 12, 20), 2025),
            _duty("E12", unit, "BC-6THANG", "H1", at(2026, 7, 5, 17), at(2026, 7, 6, 17), at(2026, 6, 25)),
            _duty("E15", unit, "BC-QUY", "M9", at(2026, 10, 5, 17), at(2026, 10, 5, 17), at(2026, 9, 28)),
            _duty("E16", unit, "BC-TUCHAM", "year-estimate", at(2026, 11, 30, 17), at(2026, 11, 30, 17), at(2026, 10, 1)),
        ]
    for unit, one, two in (("LANG_SON", "8", "12800"), ("SON_LA", "7", "5000")):
        found += [effect(targets.save, 2026, unit, item, plan, None, NOW) for item, plan in (("I.1", one), ("I.2", two))]
    found += [effect(files.add, sha256, "image/jpeg", 10, NOW) for sha256 in (PHOTO, SCAN)]
    return found


H1 = {"NTM26.NTM01": "80", "NTM26.NTM02": "10", "NTM26.NTM04": "1100", "NTM26.NTM05": "120.5", "NTM26.NGH01": None}


def filed(
    report_id: str, duty_id: str, form: str, period: str, given: dict[str, str | None], by: str, when: int, year: int = 2026
) -> list[Effect]:
    """A report that was filed earlier, its duty done."""
    items = tuple(reports.Item(item_id, value) for item_id, value in given.items())
    unit = duty_id.partition(":")[2]
    return [
        effect(reports.file, report_id, unit, year, form, period, duty_id, 0, "filing", items, (), by, when, 0),
        effect(duties.complete, duty_id, by, when),
    ]


class World:
    """The database, and one clock for all talks."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOW
        self.numbers = itertools.count(1)

    @classmethod
    async def open(cls, folder: Path) -> World:
        database = await Database.open(folder / "t.sqlite3")
        await database.write(world())
        await database.write(filed("h1", "E12:LANG_SON", "BC-6THANG", "H1", H1, "lan", at(2026, 7, 3)))
        await database.write(filed("q4", "E25:LANG_SON", "BC-QUY", "year", {"NTM.X": "1"}, "lan", at(2026, 1, 3), 2025))
        await database.write([effect(_close, 2025)])
        son_la = {"I.1": Entry(actual=Decimal(7)), "I.2": Entry(actual=Decimal(4000))}
        for effects in (
            lambda read: standing.rescore_all(read, 2026, NOW),
            lambda read: standing.rescore(read, 2026, {"SON_LA": son_la}, "self", NOW),
        ):
            await database.write(await database.read(effects))
        return cls(database)

    def talk(self, person_id: str) -> Talk:
        return Talk(self, person_id)

    async def report(self, unit_id: str, form: str, period: str, year: int = 2026) -> tuple[reports.Report, dict[str, reports.Item]] | None:
        def read_it(read: Snapshot) -> tuple[reports.Report, dict[str, reports.Item]] | None:
            found = reports.find(read, unit_id, year, form, period)
            return None if found is None else (found, reports.items(read, found.id, found.revision))

        return await self.database.read(read_it)

    async def values(self, unit_id: str, form: str, period: str) -> dict[str, str | None]:
        found = await self.report(unit_id, form, period)
        return {} if found is None else {item_id: item.value for item_id, item in found[1].items()}

    async def standings(self) -> tuple[standing.Row, ...]:
        return await self.database.read(lambda read: standing.standings(read, 2026))

    async def draft(self, duty_id: str) -> dict[str, list[object]]:
        found = await self.database.read(lambda read: reports.draft(read, duty_id))
        return {} if found is None else json.loads(found.content)["entries"]


def _close(tx: object, year: int) -> None:
    tx.execute("UPDATE years SET closed_at = ? WHERE year = ?", (NOW - 1, year))  # type: ignore[attr-defined]


class Talk:
    """One officer's conversation: the last reply, its choices, the open dialogue."""

    commands: dict[str, Command] = {"baocao": report.COMMAND, "sua": correction.COMMAND}

    def __init__(self, world: World, person_id: str) -> None:
        self.world = world
        self.person_id = person_id
        self.state: State | None = None
        self.choices: tuple[Choice, ...] = ()
        self.text = ""
        self.vietnamese = ""
        self.protect = False

    async def command(self, name: str, argument: str = "", typed: str = "") -> str:
        return await self._turn(Said(typed or f"/{name} {argument}"), lambda turn: self.commands[name].handle(turn, argument))

    async def say(self, text: str) -> str:
        """Type a text: a control word, a choice by number or label, else an answer; without a dialogue figures may be claimed."""
        if self.state is None:
            choice = choose(text, self.choices, (ENGLISH,))
            if choice is not None:
                return await self._follow(choice)
            return await self._turn(Said(text), lambda turn: report.quick_entry(turn, text) or Outcome(Reply(())))
        control = control_word(text, (ENGLISH, VIETNAMESE))
        if control is not None:
            return await self._advance(Chosen(control))
        exact = self._dialogue().expects(self.state) in ("text", "number")
        choice = choose(text, self.choices, (ENGLISH,), exact=exact)
        return await (self._follow(choice) if choice is not None else self._advance(Said(text)))

    async def tap(self, label: str) -> str:
        """Tap the button whose English label begins so."""
        found = [choice for choice in self.choices if ENGLISH.text(choice.label).startswith(label)]
        assert len(found) == 1, (label, [ENGLISH.text(choice.label) for choice in self.choices])
        return await self._follow(found[0])

    async def send(self, sha256: str = PHOTO, name: str = "anh.jpg", media_type: str = "image/jpeg") -> str:
        return await self._advance(Sent(sha256, media_type, name, 10))

    async def again(self, value: str) -> str:
        """A tap that arrives a second time."""
        return await self._advance(Chosen(value))

    async def ask(self) -> str:
        """The open question again."""
        state = self.state
        assert state is not None
        return await self._turn(Said(""), lambda turn: Outcome(self._dialogue().ask(turn, state)))

    @property
    def labels(self) -> list[str]:
        return [ENGLISH.text(choice.label) for choice in self.choices]

    def decide(self, read: Snapshot, given: Input, handle: Callable[[Turn], Outcome]) -> Outcome:
        person = people.person(read, self.person_id)
        assert person is not None
        posts = people.posts(read, self.person_id, datetime.fromtimestamp(self.world.now, ZONE).date().isoformat())
        turn = Turn(
            read, self.world.now, ZONE, person, posts, Place("console", self.person_id), given, "vi",
            lambda: f"id{next(self.world.numbers)}", lambda: "ABCD2345", lambda: "secret",
        )  # fmt: skip
        return handle(turn)

    async def _follow(self, choice: Choice) -> str:
        if isinstance(choice.action, Go):
            if choice.action.command not in self.commands:
                return f"/{choice.action.command} {choice.action.argument}".strip()
            return await self.command(choice.action.command, choice.action.argument)
        return await self._advance(Chosen(choice.action.value))

    async def _advance(self, given: Input | Chosen) -> str:
        state = self.state
        assert state is not None, self.text
        shown = given if not isinstance(given, Chosen) else Said("")
        return await self._turn(shown, lambda turn: self._dialogue().advance(turn, state, given))

    def _dialogue(self) -> Dialogue:
        assert self.state is not None
        return next(d for c in self.commands.values() for d in c.dialogues if self.state and d.name == self.state.name)

    async def _turn(self, given: Input, handle: Callable[[Turn], Outcome]) -> str:
        for _ in range(3):
            outcome = await self.world.database.read(lambda read: self.decide(read, given, handle))
            try:
                await self.world.database.write(outcome.effects)
            except Conflict:
                continue
            return self.take(outcome)
        raise AssertionError("the turn was overtaken three times")

    def take(self, outcome: Outcome) -> str:
        if outcome.dialogue == "end":
            self.state = None
        elif isinstance(outcome.dialogue, State):
            answers = json.loads(json.dumps(dict(outcome.dialogue.answers)))      # as the database keeps them
            self.state = State(outcome.dialogue.name, outcome.dialogue.step, answers)
        self.choices = outcome.reply.choices
        self.text, self.vietnamese = shown(outcome.reply, ENGLISH), shown(outcome.reply, VIETNAMESE)
        return self.text


def shown(reply: Reply, language: Language) -> str:
    """The reply as plain lines."""
    lines: list[str] = []
    for block in reply.blocks:
        match block:
            case Text():
                lines.append(language.text(block.message))
            case Fields():
                lines += [f"{language.text(label)}: {language.value(value)}" for label, value in block.rows]
            case Table():
                lines += [" ".join(language.value(cell) for cell in row) for row in block.rows]
            case Choices():
                lines.append(" | ".join(f"[{language.text(choice.label)}]" for choice in block.choices))
    return "\n".join(lines)

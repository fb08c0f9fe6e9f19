"""The sample year scored, with 2025 and 2026 empty, and questions put to the commands as a person of some unit would."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bot.channels.base import Capabilities
from bot.language.catalogue import Language
from bot.rendering.parts import render
from handlers.kit.reply import Choice, Go
from handlers.kit.turn import Outcome, Place, Said, Turn
from handlers.scores import standing
from handlers.scores.score_inputs import HOME
from storage import calendar, duties, movements, reports
from storage.connection import Database, Effect, Snapshot, effect
from storage.people import Person, Post
from tests import sample_year
from tests.sample_year import NOW

TODAY = "2026-11-23"
PLAIN = Capabilities(4000, 1000, buttons=False, pictures=False, files=False, edits=False)
LANGUAGE = Language.load("vi", HOME)


async def build(path: Path) -> Database:
    """A database with the plans of three years and the results of 2024."""
    database = await Database.open(path)
    await database.write(sample_year.plan_effects(2024, 2025, 2026))
    await database.write(sample_year.result_effects())
    for year in (2024, 2025, 2026):
        await database.write(await database.read(lambda read, year=year: standing.rescore_all(read, year, NOW)))
    return database


def epoch(day: str) -> int:
    return int(datetime.fromisoformat(f"{day}T08:00").replace(tzinfo=HOME).timestamp())


def turn(read: Snapshot, text: str = "", unit: str | None = "LANG_SON", role: str = "officer", day: str = TODAY) -> Turn:
    """Somebody of the unit (or of the cluster, for its roles) says something."""
    person = Person("p", "Hoàng Thị Lan", "", "vi", 1, True)
    post = Post("post", "p", unit if role in ("officer", "leader") else None, role, "2024-01-01", None)
    return Turn(
        read, epoch(day), HOME, person, (post,), Place("console", "x"), Said(text), "vi", lambda: "id", lambda: "CODE", lambda: "secret"
    )  # fmt: skip


async def ask(database: Database, handle: Callable[[Turn, str], Outcome], argument: str, **who: str | None) -> list[str]:
    """The lines of the answer as a channel without buttons shows them; empty lines left out."""
    outcome = await database.read(lambda read: handle(turn(read, **who), argument))  # type: ignore[arg-type]
    assert not outcome.effects
    parts = render(outcome.reply, LANGUAGE, PLAIN, "menu")
    return [line for part in parts for line in part.text.splitlines() if line.strip()]


async def choices(database: Database, handle: Callable[[Turn, str], Outcome], argument: str, **who: str | None) -> dict[str, str]:
    """label -> the argument that choosing it leads to."""
    outcome = await database.read(lambda read: handle(turn(read, **who), argument))  # type: ignore[arg-type]
    return {LANGUAGE.text(choice.label): _argument(choice) for choice in outcome.reply.choices}


def _argument(choice: Choice) -> str:
    assert isinstance(choice.action, Go)
    return choice.action.argument


def deadline(year: int, day: str) -> tuple[Effect, ...]:
    """A deadline of the self-scoring table for every member of a year."""
    event = calendar.Event(
        "T1", year, 1, year, "year-estimate", day, None, "deadline", "Tự chấm", ("member",), "BC-TUCHAM", None, None, None, (), ()
    )  # fmt: skip
    at = epoch(day) + 9 * 3600
    return (
        effect(calendar.save_calendar_year, year, ()),
        effect(calendar.save_form, calendar.Form("BC-TUCHAM", "Bảng tự chấm điểm", ("criteria",))),
        effect(calendar.save_event, event),
        effect(duties.plan, duties.Duty("T1:CAO_BANG", "T1", "CAO_BANG", year, "BC-TUCHAM", "year-estimate", at, at, NOW)),
    )


def movement_figures(figures: dict[str, str | None], period: str = "M9") -> tuple[Effect, ...]:
    """A movement with two indicators in 2026, and what units reported of the first."""
    movement = movements.Movement("NTM26", 1, "Chung sức xây dựng nông thôn mới", ("nông thôn mới",), 2026, 2030)
    return (
        effect(movements.save_movement, movement),
        effect(movements.save_indicator, movements.Indicator("NTM26", "NTM01", 1, "Số xã đạt chuẩn", "xã", "stock", "up", 0)),
        effect(movements.save_indicator, movements.Indicator("NTM26", "NTM02", 2, "Tỷ lệ hộ nghèo", "%", "stock", "down", 2)),
        *(
            effect(
                reports.file, f"r-{period}-{unit}", unit, 2026, "BC-QUY", period, None, 0, "filing",
                (reports.Item("NTM26.NTM01", value), reports.Item("NTM26.NTM02", value)), (), None, NOW, 0,
            )
            for unit, value in figures.items()
        ),
    )  # fmt: skip

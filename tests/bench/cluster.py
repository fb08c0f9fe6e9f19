"""The bench's cluster: 3,321 communes, 40 criteria, twelve published rankings (1.6 million scores), three officers a commune.

Built once through the product's own functions and kept in a folder that git ignores; every measurement works on a copy.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

from handlers.rules.table import Criterion, Group, ScoringTable, Tier
from handlers.rules.text import sort_key
from handlers.scores import standing
from handlers.scores.scoring_data import to_stored
from storage import calendar, duties, migrations, movements, people, scoring_tables, snapshots, targets, units
from storage.connection import Database, Effect, effect
from storage.scoring_tables import StoredValue

CACHE = Path(__file__).parent / ".cache"
MIGRATIONS = Path(migrations.__file__).parent
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
COMMUNES = 3_321
OFFICERS_A_UNIT = 3
MONTHS = 12
FIRST_ADDRESS = 1_000_000
FORMAT = 1
"""Raise it when what is built below changes: an older fixture is built anew."""

_FIRST = (
    "Tân", "Phú", "An", "Bình", "Hòa", "Đông", "Tây", "Nam", "Bắc", "Vĩnh", "Long", "Thạnh", "Xuân", "Mỹ", "Quang", "Yên", "Hưng", "Kim",
)  # fmt: skip
_SECOND = ("Lập", "Thịnh", "Sơn", "Hải", "Lâm", "Giang", "Khê", "Phong", "Trung", "Thành", "Lộc", "Minh", "Đức", "Thọ", "Hà", "Châu", "Lợi")


def address(number: int) -> str:
    """The Telegram address of an officer, from 0; officers of one unit follow each other at a distance of the number of units."""
    return str(FIRST_ADDRESS + number)


async def copy(count: int, to: Path) -> Path:
    """A fresh copy of the cluster of ``count`` units, built first if it is not there."""
    # None of the migrations is left to be made at the start of what is measured.
    schema = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(MIGRATIONS.glob("*.sql")))).hexdigest()[:8]
    kept = CACHE / f"cluster-{count}-{date.today().year}-{FORMAT}-{schema}.sqlite3"  # noqa: DTZ011
    if not kept.exists():
        CACHE.mkdir(exist_ok=True)
        for old in CACHE.glob(f"cluster-{count}-*"):
            old.unlink()
        building = kept.with_suffix(".building")
        building.unlink(missing_ok=True)
        await _build(building, count)
        building.rename(kept)
    return Path(await asyncio.to_thread(shutil.copy, kept, to))


async def _build(path: Path, count: int) -> None:
    today = datetime.now(ZONE).date()
    now = int(datetime.now(ZONE).timestamp())
    database = await Database.open(path)
    try:
        await database.write(tuple(_plan(count, today, now)))
        await database.write(tuple(_people(count, now)))
        await database.write((effect(scoring_tables.save_values, today.year, tuple(_values(count)), now - 40 * 86_400),))
        await database.write(await database.read(lambda read: standing.rescore_all(read, today.year, now - 40 * 86_400)))
        for month in range(MONTHS):
            at = now - (MONTHS - month) * 30 * 86_400
            await database.write((effect(snapshots.publish, today.year, False, None, at),))
    finally:
        await database.close()


def scoring_table(year: int) -> ScoringTable:
    """Four groups of ten criteria: ratios to the plan and to the best unit, tiers, yes or no, counts, points given by hand."""
    return ScoringTable(
        year, "Bảng tiêu chí", Fraction(1000),
        tuple(Group(group, f"Nhóm {group}", Fraction(250), tuple(_criteria(group))) for group in _GROUPS), (), 2,
    )  # fmt: skip


_GROUPS = ("I", "II", "III", "IV")
_TIERS = (Tier(Fraction(25), Fraction(90)), Tier(Fraction(15), Fraction(70)), Tier(Fraction(0), Fraction(0)))


def _criteria(group: str) -> Iterator[Criterion]:
    for place in range(1, 11):
        common = (f"{group}.{place}", f"Chỉ tiêu {group}.{place}", Fraction(25))
        match place:
            case 1 | 2:
                yield Criterion(*common, "%", "ratio_leader")
            case 8:
                yield Criterion(*common, "%", "tiers", "up", _TIERS)
            case 9:
                yield Criterion(*common, "đạt/không", "boolean")
            case 10:
                yield Criterion(*common, "điểm", "manual")
            case _:
                yield Criterion(*common, "%", "ratio")


def unit_id(number: int) -> str:
    return f"X{number:04d}"


def _plan(count: int, today: date, now: int) -> Iterator[Effect]:
    year = today.year
    yield effect(units.add_year, year)
    for number in range(count):
        name = f"{_FIRST[number % len(_FIRST)]} {_SECOND[number // len(_FIRST) % len(_SECOND)]}"
        again = number // (len(_FIRST) * len(_SECOND))
        name += f" {again + 1}" if again else ""
        yield effect(units.save_unit, units.Unit(unit_id(number), name, f"X{number}", sort_key(name), (), None, None, None))
        yield effect(units.save_membership, year, unit_id(number), "lead" if number == 0 else "member")
    yield effect(scoring_tables.save_table, to_stored(scoring_table(year)), now - 300 * 86_400)
    for group in _GROUPS:
        for number in range(count):
            for place in (1, 2, 3, 4, 5, 6, 7):
                yield effect(targets.save, year, unit_id(number), f"{group}.{place}", "100", None, now - 300 * 86_400)
    yield effect(movements.save_movement, movements.Movement("NTM", 1, "Chung sức xây dựng nông thôn mới", ("nông thôn mới",), year, year))
    for place in (1, 2):
        indicator = movements.Indicator("NTM", f"NTM0{place}", place, f"Số thôn đạt chuẩn {place}", "thôn", "stock", "up", 0)
        yield effect(movements.save_indicator, indicator)
    yield effect(calendar.save_calendar_year, year, ())
    yield effect(calendar.save_form, calendar.Form("BC-NTM", "Báo cáo nông thôn mới", ("movements",)))
    due = now + 20 * 86_400
    day = datetime.fromtimestamp(due, ZONE).date()
    opens = (today - timedelta(days=60)).isoformat()
    for period in ("M9", "year"):
        event = calendar.Event(
            f"HAN-{period}", year, 1, year, period, day.isoformat(), None, "deadline", "Báo cáo nông thôn mới", ("member", "lead"),
            "BC-NTM", None, None, opens, (), (),
        )  # fmt: skip
        yield effect(calendar.save_event, event)
        for number in range(count):
            duty = duties.Duty(
                f"HAN-{period}:{unit_id(number)}", f"HAN-{period}", unit_id(number), year, "BC-NTM", period, due, due, now - 60 * 86_400
            )
            yield effect(duties.plan, duty)


def _people(count: int, now: int) -> Iterator[Effect]:
    for number in range(count * OFFICERS_A_UNIT):
        person = f"p{number}"
        yield effect(people.add_person, person, f"Nguyễn Văn {number}", "Chuyên viên", "vi", now - 86_400)
        yield effect(people.consent, person, now - 86_400)
        yield effect(people.link, "telegram", address(number), person, now - 86_400)
        post = people.Post(f"o{number}", person, unit_id(number % count), "officer", "2020-01-01", None)
        yield effect(people.add_post, post, None, now - 86_400)


def _values(count: int) -> Iterator[StoredValue]:
    chance = random.Random(2026)
    for number in range(count):
        for group in _GROUPS:
            for criterion in _criteria(group):
                if number and chance.random() < 0.02:
                    continue        # not reported yet
                yield StoredValue(unit_id(number), criterion.id, "self", None, str(actual(criterion, chance)), None)


def actual(criterion: Criterion, chance: random.Random) -> Decimal:
    """A figure that the criterion can have."""
    match criterion.rule:
        case "boolean":
            return Decimal(int(chance.random() < 0.9))
        case "manual":
            return Decimal(chance.randrange(40, 101)) / 4
        case _:
            return Decimal(chance.randrange(6_000, 13_000)) / 100

"""The demo's cluster: three years of plans, the results of 2024, and what was filed and verified in 2026 up to November."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.plan import apply, importing
from handlers.rules import deadline
from handlers.rules.scoring import Entry
from handlers.scores import standing
from storage import calendar, duties, people, reports
from storage.connection import Database, Effect, Snapshot, Transaction, effect
from storage.reports import Item

DATA = Path(__file__).parent / "data"
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
CLOSED_2024 = datetime(2025, 3, 22, 17, 0, tzinfo=ZONE)
"""The year-end conference of 2024: its ranking was published there and the year closed."""

PUBLISHED_2026 = datetime(2026, 10, 31, 16, 0, tzinfo=ZONE)
"""The last published ranking of 2026: what came in later shows as a change since then."""

ISSUED = ((2024, "2024-04-10T09:00"), (2026, "2026-04-09T15:00"), (2025, "2026-04-09T15:30"))
"""The plans in the order in which they are applied, with the local time: that of 2025 leans on what the plan of 2026 brings."""

SECRETARY = "thuky"


@dataclass(frozen=True, slots=True)
class _Filing:
    """One revision of a report: all its items."""

    unit_id: str
    year: int
    form: str
    period: str
    revision: int
    person: str
    filed_at: int
    reason: str | None
    items: tuple[Item, ...]

    @property
    def report_id(self) -> str:
        return f"demo-{self.unit_id}-{self.year}-{self.form}-{self.period}"


async def seed(database: Database, now: int) -> None:
    """Fill an empty database with the sample cluster as it stands at ``now`` (what is filed later is left out)."""
    await database.write([effect(_fill, now)])


def _fill(tx: Transaction, now: int) -> None:
    for year, issued in ISSUED:
        applied, effects = apply.decide(Snapshot(tx), DATA / str(year), remove=False, now=min(now, _local(issued)), zone=ZONE)
        if applied.refused:
            raise ValueError(f"the demo's plan of {year} is not sound: {applied.findings}")
        _each(tx, effects)
    _people(tx)
    _results(tx, 2024, int(CLOSED_2024.timestamp()))
    _each(tx, standing.close(Snapshot(tx), 2024, None, int(CLOSED_2024.timestamp()), zone=ZONE))
    _each(tx, standing.publish(Snapshot(tx), 2024, None, int(CLOSED_2024.timestamp())))
    _done(tx, now)
    filings = [each for each in _filings() if each.filed_at <= now]
    published = int(PUBLISHED_2026.timestamp())
    for filing in filings:
        if filing.filed_at <= published:
            _file(tx, filing)
    _results(tx, 2026, min(now, published))
    if now >= published:
        _each(tx, standing.publish(Snapshot(tx), 2026, SECRETARY, published))
    for filing in filings:
        if filing.filed_at > published:
            _file(tx, filing)
    for year in (2025, 2026):
        _each(tx, standing.rescore_all(Snapshot(tx), year, filings[-1].filed_at if filings else now, zone=ZONE))


def _each(tx: Transaction, effects: tuple[Effect, ...]) -> None:
    for each in effects:
        each.apply(tx)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def _local(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp())


def _people(tx: Transaction) -> None:
    for row in _rows(DATA / "2026" / "people.csv"):
        joined = _local(f"{row['joined_at']}T08:30")
        people.add_person(tx, row["id"], row["name"], row["title"], "vi", joined)
        people.consent(tx, row["id"], joined)
        post = people.Post(f"post-{row['id']}", row["id"], row["unit_id"] or None, row["role"], row["joined_at"], None)
        people.add_post(tx, post, None, joined)
        if row["persona"]:
            for channel in ("web", "webplain"):
                people.link(tx, channel, row["persona"], row["id"], joined)


def _results(tx: Transaction, year: int, at: int) -> None:
    folder = DATA / str(year)
    files = sorted((*folder.glob("results_*.csv"), *folder.glob("adjustments_*.csv")))
    imported, effects = importing.decide(Snapshot(tx), files, year, basis="verified", now=at, zone=ZONE)
    if imported.refused:
        raise ValueError(f"the demo's results of {year} are not sound: {imported.findings}")
    _each(tx, effects)


def _done(tx: Transaction, now: int) -> None:
    for row in _rows(DATA / "2026" / "done.csv"):
        at = _local(row["done_at"])
        if at <= now:
            duties.complete(tx, f"{row['event_id']}:{row['unit_id']}", row["person"], at)


def _filings() -> list[_Filing]:
    """The filings in the order of their time."""
    def key(row: dict[str, str]) -> tuple[str, ...]:
        return (row["unit_id"], row["year"], row["form"], row["period"], row["revision"])

    found = []
    for (unit_id, year, form, period, revision), group in groupby(sorted(_rows(DATA / "2026" / "reports.csv"), key=key), key):
        rows = list(group)
        items = tuple(Item(row["item_id"], row["value"] or None) for row in rows)
        first = rows[0]
        found.append(
            _Filing(
                unit_id, int(year), form, period, int(revision), first["person"], _local(first["filed_at"]), first["reason"] or None, items
            )
        )
    return sorted(found, key=lambda each: (each.filed_at, each.report_id, each.revision))


def _file(tx: Transaction, filing: _Filing) -> None:
    read = Snapshot(tx)
    duty = next(
        (
            each
            for each in duties.of_unit(read, filing.unit_id)
            if (each.year, each.form, each.period) == (filing.year, filing.form, filing.period)
        ),
        None,
    )
    if duty is None:
        raise ValueError(f"{filing.report_id}: no duty asks for it")
    if filing.revision == 1:
        late = deadline.days_late(duty.effective, filing.filed_at, ZONE)
    else:
        late = reports.revisions(read, filing.report_id)[0].days_late
    reports.file(
        tx, filing.report_id, filing.unit_id, filing.year, filing.form, filing.period, duty.id, filing.revision - 1,
        "filing" if filing.revision == 1 else "correction", filing.items, (), filing.person, filing.filed_at, late, filing.reason,
    )  # fmt: skip
    if duty.status == "open":
        duties.complete(tx, duty.id, filing.person, filing.filed_at)
    form = calendar.form(read, filing.form)
    if form is not None and "criteria" in form.asks:
        entries = dict(_entries(filing.items))
        _each(tx, standing.rescore(read, filing.year, {filing.unit_id: entries}, "self", filing.filed_at, by=filing.person, zone=ZONE))


def _entries(items: tuple[Item, ...]) -> Iterator[tuple[str, Entry]]:
    """criterion id -> what the unit's own figures say of it."""
    figures = [each for each in items if not each.item_id.startswith(("narrative:", "file:"))]
    for criterion_id, group in groupby(sorted(figures, key=_criterion), _criterion):
        plan = actual = None
        events: dict[str, int] | None = {}
        for each in group:
            part = each.item_id.partition(":")[2]
            if part == "plan":
                plan = None if each.value is None else Decimal(each.value)
            elif not part:
                actual = None if each.value is None else Decimal(each.value)
            elif each.value is None:
                events = None
            elif events is not None:
                events[part] = int(each.value)
        yield criterion_id, Entry(plan, actual, events or None)


def _criterion(item: Item) -> str:
    return item.item_id.partition(":")[0]



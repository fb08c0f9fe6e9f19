"""criteria.yaml: the scoring table of a year."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any

from bot.plan import values
from bot.plan.content import CRITERIA, TablePart
from bot.plan.document import Mapped, Reader, Scalar, common, compact, load
from bot.plan.findings import Findings
from bot.plan.keys import REMARKS, TOP, Keys, Schema
from bot.plan.sources import read_text
from bot.plan.values import BadValue
from handlers.kit.message import Message, m
from handlers.rules.table import (
    DEFAULT_ORDER,
    EXCLUSIONS,
    PLANNED,
    RULES,
    AdjustmentItem,
    Criterion,
    Event,
    Group,
    ItemKind,
    OrderKey,
    ScoringTable,
    Tier,
    entry_decimals,
    parse_order,
    problems,
)
from handlers.scores.scoring_data import to_stored
from storage.scoring_tables import StoredCriterion, StoredTable

MOST_DECIMALS = 4
MOST_DIGITS = 6
"""Decimals with which a figure may be entered."""

LATEST = 10**6    # days: an event without an upper end
Lines = dict[str, int]

KEYS: Schema = {
    TOP: Keys(
        ("year", "name", "max_total", "rounding", "groups", "bonus", "penalty", "exclusions", "ranking"),
        ("missing_value", "rule_kinds", *REMARKS), ("version",), keeps=True,
    ),
    "rounding": Keys(("decimals", "mode", "when"), REMARKS, keeps=True),
    "groups": Keys(("id", "name", "max", "criteria"), REMARKS, keeps=True),
    "criteria": Keys(
        ("id", "name", "max", "unit", "rule", "direction", "tiers", "per_item", "floor", "events", "decimals", "note"),
        ("basis", "source"), keeps=True,
    ),
    "tiers": Keys(("min", "max_rank", "score")),
    "events": Keys(("code", "name", "points", "counts")),
    "counts": Keys(("late_from", "late_to", "missing")),
    "bonus": Keys(("cap", "items")),
    "penalty": Keys(("items",)),
    "items": Keys(("id", "name", "per_item", "cap"), REMARKS, keeps=True),
    "exclusions": Keys(("id", "kind", "name"), ("effect", *REMARKS), keeps=True),
    "ranking": Keys(
        ("order", "late_reports"), ("total", "equal_after_all", "ranked_units", "award_proposal", "vote", *REMARKS), keeps=True
    ),
}  # fmt: skip

WITH_RULE = {"tiers": "tiers", "per_item": "count", "floor": "deduction", "events": "deduction"}
"""What a criterion may say only beside one rule; beside another it would change nothing."""


def read(path: Path, findings: Findings) -> TablePart | None:
    """The table, or None when it is too broken to be one (each reason is a finding)."""
    text = read_text(path, CRITERIA, findings)
    document = None if text is None else load(text, CRITERIA, findings)
    return None if document is None else _Table(document, findings).part()


def points(text: str) -> Fraction:
    """A number of points, from 0. Raises BadValue."""
    value = Fraction(values.number(text))
    if value < 0:
        raise BadValue(m("{text} is below 0", text=text))
    return value


class _Table:
    def __init__(self, document: Mapped, findings: Findings) -> None:
        self.before = findings.errors
        self.reader = Reader(document, CRITERIA, findings, KEYS)
        self.findings = findings
        self.lines: Lines = {key: self.reader.line(key) for key in ("year", "max_total")}
        self.details: dict[str, dict[str, Any]] = {}
        self.group_extras: dict[str, dict[str, Any]] = {}
        self.item_extras: dict[str, str] = {}

    def part(self) -> TablePart | None:
        reader = self.reader
        common(reader)
        year = reader.parsed("year", values.year, required=True)
        name = reader.required("name")
        max_total = reader.parsed("max_total", points, required=True)
        decimals, rounding = self._rounding()
        groups = tuple(self._groups())
        cap, items = self._items()
        order, late, ranking = self._ranking()
        if year is None or name is None or max_total is None:
            return None
        if self.findings.errors > self.before:
            return None
        table = ScoringTable(year, name, max_total, groups, items, decimals, cap, order, late)
        self._report(table)
        extras = reader.rest()
        for key, more in (("rounding", rounding), ("ranking", ranking), ("groups", self.group_extras)):
            if more:
                extras[key] = more
        stored = to_stored(table, compact(extras), self.item_extras)
        return TablePart(self._with_details(stored), self.lines)

    def _with_details(self, stored: StoredTable) -> StoredTable:
        """What a criterion says beyond its rule is kept beside it."""
        def kept(each: StoredCriterion) -> StoredCriterion:
            more = self.details.get(each.id)
            return replace(each, details=compact(json.loads(each.details) | {"extras": more})) if more else each

        return replace(stored, criteria=tuple(kept(each) for each in stored.criteria))

    def _report(self, table: ScoringTable) -> None:
        for problem in problems(table):
            report_problem(problem, self.lines, self.reader, self.findings)

    def _rounding(self) -> tuple[int, dict[str, Any]]:
        node = self.reader.mapping("rounding")
        if node is None:
            return 2, {}
        reader = Reader(node, CRITERIA, self.findings, KEYS, "rounding", "rounding")
        decimals = reader.parsed("decimals", values.whole)
        if decimals is not None and decimals > MOST_DECIMALS:
            reader.error("decimals", m("at most {count} decimals", count=MOST_DECIMALS))
        reader.one_of("mode", ("half_up",), "half_up")
        reader.one_of("when", ("per_criterion",), "per_criterion")
        return (2 if decimals is None else min(decimals, MOST_DECIMALS)), reader.rest()

    def _known(self, kind: Message, name: str, entry: Mapped) -> bool:
        """Remember the line of an id; False (and a finding) when it stood there before."""
        if name in self.lines:
            first = str(self.lines[name])
            twice = m("{kind} {id} stands there twice (first in line {line})", kind=kind, id=name, line=first)
            self.findings.error(CRITERIA, entry.line, twice)
            return False
        self.lines[name] = entry.line
        return True

    def _groups(self) -> Iterator[Group]:
        for entry in self.reader.entries("groups", required=True):
            reader = Reader(entry, CRITERIA, self.findings, KEYS, "groups")
            group_id = reader.parsed("id", values.identifier, required=True)
            reader.what = group_id or ""
            name, most = reader.required("name"), reader.parsed("max", points, required=True)
            criteria = []
            fresh = group_id is not None and self._known(m("group"), group_id, entry)
            for each in reader.entries("criteria", required=True):
                criterion = self._criterion(each)
                if criterion is not None:
                    criteria.append(criterion)
            if group_id is not None and name is not None and most is not None and fresh:
                if reader.rest():
                    self.group_extras[group_id] = reader.rest()
                yield Group(group_id, name, most, tuple(criteria))

    def _criterion(self, entry: Mapped) -> Criterion | None:
        reader = Reader(entry, CRITERIA, self.findings, KEYS, "criteria")
        criterion_id = reader.parsed("id", values.identifier, required=True)
        reader.what = criterion_id or ""
        name, unit = reader.required("name"), reader.required("unit")
        most = reader.parsed("max", points, required=True)
        rule = reader.one_of("rule", RULES)
        direction = reader.one_of("direction", ("up", "down"), "up")
        tiers = tuple(self._tiers(reader))
        per_item, floor = reader.parsed("per_item", points), reader.parsed("floor", points)
        events = tuple(self._events(reader))
        decimals, note = reader.parsed("decimals", values.whole), reader.scalar("note")
        if decimals is not None and decimals > MOST_DIGITS:
            reader.error("decimals", m("at most {count} decimals", count=MOST_DIGITS))
        late = [(each.code, each.late_from or 1, each.late_to or LATEST) for each in events if each.late_from or each.late_to]
        for (one, first, last), (other, start, end) in combinations(late, 2):
            if first <= end and start <= last:
                reader.warn("events", m("a report late by {count} days counts as {one} and as {other}", count=max(first, start), one=one,
                                        other=other))
        for key, needed in WITH_RULE.items():
            if rule is not None and rule != needed and key in entry.items:
                reader.warn(key, m("{key} counts only beside the rule {needed}, not beside {rule}", key=key, needed=needed, rule=rule))
        if direction == "down" and rule is not None and rule not in PLANNED:
            reader.warn("direction", m("direction counts only beside a ratio, not beside {rule}", rule=rule))
        if criterion_id is None or not self._known(m("criterion"), criterion_id, entry):
            return None
        if name is None or unit is None or most is None or rule is None or direction is None:
            return None
        self.details[criterion_id] = reader.rest()
        ranks = any(tier.max_rank is not None for tier in tiers)
        return Criterion(
            criterion_id, name, most, unit, rule, direction, tiers, per_item, floor or Fraction(0), events,  # type: ignore[arg-type]
            entry_decimals(rule, unit, ranks) if decimals is None else decimals, note or "",
        )  # fmt: skip

    def _tiers(self, parent: Reader) -> Iterator[Tier]:
        before: Tier | None = None
        for number, entry in enumerate(parent.entries("tiers"), start=1):
            what = m("{criterion}, tier {number}", criterion=parent.what, number=number)
            reader = Reader(entry, CRITERIA, self.findings, KEYS, "tiers", what)
            self.lines[f"{parent.what} tier {number}"] = entry.line
            score = reader.parsed("score", points, required=True)
            least, rank = reader.parsed("min", lambda text: Fraction(values.number(text))), reader.parsed("max_rank", points)
            if score is None:
                continue
            if before is not None and score > before.score:
                reader.warn("score", m("an easier tier gives more points than the one before it"))
            before = Tier(score, least, rank)
            yield before

    def _events(self, parent: Reader) -> Iterator[Event]:
        for entry in parent.entries("events"):
            reader = Reader(entry, CRITERIA, self.findings, KEYS, "events", parent.what)
            code, name = reader.parsed("code", values.identifier, required=True), reader.required("name")
            cost = reader.parsed("points", points, required=True)
            late_from, late_to, missing = self._counts(reader)
            if code is not None and name is not None and cost is not None:
                yield Event(code, name, cost, late_from, late_to, missing)

    def _counts(self, parent: Reader) -> tuple[int | None, int | None, bool]:
        node = parent.mapping("counts")
        if node is None:
            return None, None, False
        reader = Reader(node, CRITERIA, self.findings, KEYS, "counts", parent.what)
        late_from, late_to = reader.parsed("late_from", values.whole), reader.parsed("late_to", values.whole)
        if late_from is not None and late_to is not None and late_to < late_from:
            reader.error("late_to", m("late_to is before late_from"))
        missing = reader.one_of("missing", ("true", "false"), "false") == "true"
        return late_from, late_to, missing

    def _items(self) -> tuple[Fraction | None, tuple[AdjustmentItem, ...]]:
        cap, items = None, []
        for key, kind in (("bonus", "bonus"), ("penalty", "penalty")):
            node = self.reader.mapping(key)
            if node is None:
                continue
            reader = Reader(node, CRITERIA, self.findings, KEYS, key, key)
            if key == "bonus":
                cap = reader.parsed("cap", points)
            items += [item for entry in reader.entries("items") if (item := self._item(entry, kind)) is not None]  # type: ignore[arg-type]
        items += [item for entry in self.reader.entries("exclusions") if (item := self._item(entry, "exclusion")) is not None]
        return cap, tuple(items)

    def _item(self, entry: Mapped, kind: ItemKind) -> AdjustmentItem | None:
        reader = Reader(entry, CRITERIA, self.findings, KEYS, "exclusions" if kind == "exclusion" else "items")
        item_id = reader.parsed("id", values.identifier, required=True)
        reader.what = item_id or ""
        name = reader.required("name")
        per_item = cap = exclusion = None
        if kind == "exclusion":
            exclusion = reader.one_of("kind", EXCLUSIONS)
        else:
            per_item, cap = reader.parsed("per_item", points, required=True), reader.parsed("cap", points)
            if per_item is not None and cap is not None and cap < per_item:
                reader.warn("cap", m("the cap is below the points of a single one"))
        if item_id is None or name is None or not self._known(m("item"), item_id, entry):
            return None
        if reader.rest():
            self.item_extras[item_id] = compact(reader.rest())
        return AdjustmentItem(item_id, kind, name, per_item, cap, exclusion)  # type: ignore[arg-type]

    def _ranking(self) -> tuple[tuple[OrderKey, ...], tuple[str, ...], dict[str, Any]]:
        node = self.reader.mapping("ranking")
        if node is None:
            return DEFAULT_ORDER, (), {}
        reader = Reader(node, CRITERIA, self.findings, KEYS, "ranking", "ranking")
        order = []
        for each in reader.sequence("order") or ():
            try:
                order.append(parse_order(each.text if isinstance(each, Scalar) else ""))
            except ValueError:
                text = each.text if isinstance(each, Scalar) else "?"
                wrong = m("ranking: {text} is not an order; write it like {example}", text=text, example='"group I desc"')
                self.findings.error(CRITERIA, each.line, wrong)
        return tuple(order) or DEFAULT_ORDER, reader.texts("late_reports"), reader.rest()


def report_problem(problem: Message, lines: Lines, reader: Reader, findings: Findings) -> None:
    """Put a problem of the table at the line of what it names: a group, criterion or item; else of the total or the ranking."""
    named = next((str(problem.values[key]) for key in ("group", "criterion", "id") if key in problem.values), None)
    if "number" in problem.values:
        named = f"{named} tier {problem.values['number']}"
    elsewhere = reader.line("max_total" if "sum" in problem.values else "ranking")
    findings.error(CRITERIA, lines.get(named, elsewhere) if named is not None else elsewhere, problem)

"""The units in the order of one thing: a group's or a criterion's points, an indicator's figures; a movement's indicators at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from handlers.kit.chart import Bar
from handlers.kit.message import Message, Number, Value, m
from handlers.kit.reply import Choice, Choices, Go, Table, Text
from handlers.kit.turn import Outcome, Turn, answer
from handlers.rules.periods import period_title
from handlers.rules.text import clip
from handlers.scores import ranking_chart, score_words
from handlers.scores.asked_period import NO_SUCH, reported_as, words_of
from handlers.scores.board import Board
from handlers.scores.score_query import LABEL_CHARS, Question, item_ref, ref
from handlers.scores.standing import shown
from storage import movements, reports, units
from storage import standings as kept
from storage.connection import Snapshot
from storage.movements import Indicator

PAGE = 10
LATEST_FIRST = ("year-final", "year", "year-estimate", "M9", "H1", "Q1")
"""The reporting periods of a year, the one that tells most first."""


@dataclass(frozen=True, slots=True)
class Valued:
    """A unit with what is compared; None: no figure yet."""

    unit_id: str
    name: str
    value: Fraction | None
    shown: Value


def ranked(turn: Turn, command: str, question: Question) -> Outcome:
    """The answer to a question about a group, criterion, movement or indicator."""
    match question.kind:
        case "group":
            return _of_group(turn, command, question)
        case "criterion":
            return _of_criterion(turn, command, question)
        case "movement":
            return _of_movement(turn, command, question)
    return _of_indicator(turn, command, question)


def _of_group(turn: Turn, command: str, question: Question) -> Outcome:
    group = question.table.group(question.item)
    points = {unit: found.get(question.item, 0) for unit, found in kept.groups_of_year(turn.read, question.year).items()}
    if group is None or not points or Board(turn.read, question.year).overview().reported == 0:
        return _nothing(question)
    values = _points(turn.read, question, points)
    year = str(question.year)
    heading = m("Group {id}, {year} (of {max} points): {name}", id=group.id, year=year, max=Number(group.max), name=group.name)
    return _answer(turn, command, question, heading, values)


def _of_criterion(turn: Turn, command: str, question: Question) -> Outcome:
    criterion = question.table.criterion(question.item)
    scores = kept.scores_of_criterion(turn.read, question.year, question.item)
    points = {unit: None if score.missing else score.points for unit, score in scores.items()}
    if criterion is None or all(value is None for value in points.values()):
        return _nothing(question)
    heading = m(
        "{id} {name}, {year} (of {max} points)", id=criterion.id, name=criterion.name, year=str(question.year), max=Number(criterion.max)
    )
    return _answer(turn, command, question, heading, _points(turn.read, question, points))


def _points(read: Snapshot, question: Question, points: Mapping[str, int | None]) -> list[Valued]:
    found = []
    for unit in units.members(read, question.year):
        value = points.get(unit.id)
        text: Value = m("no figure yet") if value is None else shown(value, question.table.decimals)
        found.append(Valued(unit.id, unit.name, None if value is None else Fraction(value), text))
    return found


def _of_movement(turn: Turn, command: str, question: Question) -> Outcome:
    movement = next((each for each in movements.open_in(turn.read, question.year) if each.id == question.item), None)
    indicators = movements.indicators(turn.read, question.item)
    if movement is None or not indicators:
        return _nothing(question)
    choices = tuple(
        Choice(
            m("{code} {name}", code=each.code, name=clip(each.name, LABEL_CHARS)),
            Go(command, f"{words_of(question.period)} {item_ref('indicator', each.item_id)} {question.year}".strip()),
        )
        for each in indicators
    )
    return answer(
        Text(m("Movement “{name}”, {year}", name=movement.name, year=str(question.year)), "title"),
        m("Which indicator?"),
        Choices(choices),
        topic=(command, f"{item_ref('movement', movement.id)} {{}} {question.year}"),
    )


def indicator_of(read: Snapshot, item_id: str) -> Indicator | None:
    """The indicator of an item id (MOVEMENT.CODE)."""
    movement_id, _, code = item_id.rpartition(".")
    return next((each for each in movements.indicators(read, movement_id) if each.code == code), None)


def _of_indicator(turn: Turn, command: str, question: Question) -> Outcome:
    indicator = indicator_of(turn.read, question.item)
    if indicator is None:
        return _nothing(question)
    if question.period:
        period, figures = _figures_of(turn.read, question)
    else:
        period, figures = latest_figures(turn.read, question.year, question.item)
    if not any(value is not None for value in figures.values()):
        return _none_of_period(turn, command, question, indicator) if question.period else _nothing(question)
    values = []
    for unit in units.members(turn.read, question.year):
        figure = figures.get(unit.id)
        text: Value = m("no figure yet") if figure is None else Number(Decimal(figure), indicator.decimals, indicator.unit)
        values.append(Valued(unit.id, unit.name, None if figure is None else Fraction(figure), text))
    heading = m("{code} {name}, {period}", code=indicator.code, name=indicator.name, period=period_title(period, question.year))
    return _answer(turn, command, question, heading, values, ascending=indicator.direction == "down")


def _figures_of(read: Snapshot, question: Question) -> tuple[str, dict[str, str | None]]:
    """The figures of the very period that was asked for, of a whole year the best known."""
    for period in reported_as(question.period):
        figures = reports.figures(read, question.year, period, question.item)
        if any(value is not None for value in figures.values()):
            return period, figures
    return question.period, {}


def _none_of_period(turn: Turn, command: str, question: Question, indicator: Indicator) -> Outcome:
    """That there are none, and what there is instead: never another period's figures as if they were these."""
    if question.period == NO_SUCH:
        none = m(
            "{code}: figures are reported for a quarter, six months, nine months and the year; there are none of the time asked for.",
            code=indicator.code,
        )
    else:
        none = m("{code}: no unit has a figure for {period}.", code=indicator.code, period=period_title(question.period, question.year))
    newest, figures = latest_figures(turn.read, question.year, question.item)
    if not any(value is not None for value in figures.values()):
        return answer(none)
    ids = "".join(f" {ref(unit_id)}" for unit_id in question.ids)
    there = Go(command, f"{words_of(newest)} {item_ref('indicator', question.item)}{ids} {question.year}")
    return answer(none, Choices((Choice(period_title(newest, question.year), there),)))


def latest_figures(read: Snapshot, year: int, item_id: str) -> tuple[str, dict[str, str | None]]:
    """The period that most recently has any figure of the item, and the units' figures in it."""
    for period in LATEST_FIRST:
        figures = reports.figures(read, year, period, item_id)
        if any(value is not None for value in figures.values()):
            return period, figures
    return LATEST_FIRST[-1], {}


def _answer(turn: Turn, command: str, question: Question, heading: Message, values: list[Valued], *, ascending: bool = False) -> Outcome:
    """The units in order, or the highest, the lowest, or one unit's value with its place."""
    known = sorted((each for each in values if each.value is not None), key=lambda each: each.value or 0, reverse=not ascending)
    places = _places(known)
    missing = [each for each in values if each.value is None]
    if question.picture:
        notes = (_missing(turn, question, missing),) if missing else ()
        meant = question.ids or turn.unit_ids
        bars = tuple(Bar(str(places[each.unit_id]), each.name, each.shown, each.unit_id in meant) for each in known)
        return answer(ranking_chart.of_values(heading, bars, notes), topic=(command, f"{_named(question)} {{}} {question.year}"))
    blocks: list[object] = [Text(heading, "title")]
    start = max(0, question.page - 1) * PAGE
    if question.ids:
        lines = [each for each in (*known, *missing) if each.unit_id in question.ids]
    elif question.extreme:
        edge = (max if question.extreme == "highest" else min)(each.value or 0 for each in known)
        lines = [each for each in known if each.value == edge]
        blocks.append(m("Highest") if question.extreme == "highest" else m("Lowest"))
    else:
        lines = known[start : start + PAGE]
    rows = tuple((str(places.get(each.unit_id, "–")), each.name, each.shown) for each in lines)
    strong = next((index for index, each in enumerate(lines) if each.unit_id in turn.unit_ids), None)
    blocks.append(Table(rows, "><>", strong=strong))
    if missing and not question.ids:
        blocks.append(_missing(turn, question, missing))
    choices = []
    if not question.ids and not question.extreme and len(known) > start + PAGE:
        choices.append(Choice(m("Next page"), Go(command, f"{_named(question)} trang {max(1, question.page) + 1} {question.year}")))
    if turn.place.pictures and not question.ids and not question.extreme:
        choices.append(ranking_chart.choice(command, f"{_named(question)} {question.year}"))
    if choices:
        blocks.append(Choices(tuple(choices), columns=2))
    return answer(*blocks, topic=(command, f"{_named(question)} {{}} {question.year}"))


def _named(question: Question) -> str:
    return f"{words_of(question.period)} {item_ref(question.kind, question.item)}".strip()


def _places(ordered: list[Valued]) -> dict[str, int]:
    """unit id -> place; equal values share it, the next is skipped."""
    places: dict[str, int] = {}
    for position, each in enumerate(ordered):
        before = ordered[position - 1] if position else None
        places[each.unit_id] = places[before.unit_id] if before is not None and before.value == each.value else position + 1
    return places


def _missing(turn: Turn, question: Question, missing: list[Valued]) -> Message:
    """Who has no figure: by name as far as this person may read names."""
    names = [each.name for each in missing if score_words.names_open(turn, question.year) or each.unit_id in turn.unit_ids]
    if len(names) == len(missing) and len(names) <= score_words.MOST_NAMES:
        return m("No figure yet: {units}.", units=tuple(names))
    return m("{count} units have no figure yet.", count=len(missing))


def _nothing(question: Question) -> Outcome:
    return answer(m("Year {year}: no unit has a figure for this yet.", year=str(question.year)))

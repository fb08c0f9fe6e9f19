"""/sosanh: two or three units side by side, group by group."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from handlers.kit.command import Command
from handlers.kit.message import Day, Message, Number, Value, m, verbatim
from handlers.kit.reply import Choice, Choices, Go, Table, Text
from handlers.kit.turn import Outcome, Turn, answer
from handlers.rules.period_words import take_year
from handlers.scores import score_words
from handlers.scores.board import Board
from handlers.scores.ranking_items import ranked
from handlers.scores.score_query import Problem, Question, default_year, index_of, read_question, ref
from handlers.scores.standing import shown
from storage import standings as kept
from storage import units
from storage.ranking import Line

NAME = "sosanh"
MOST = 3
BREAK = date(2025, 7, 1)
"""Since this day the provinces are other ones: nothing is compared across it (Nghị quyết 202/2025/QH15)."""


def handle(turn: Turn, argument: str) -> Outcome:
    """Compare the units named; one alone is compared with the person's own."""
    years = _years(turn, argument)
    if len(years) > 1:
        return _across(turn, argument, years)
    question = read_question(turn, NAME, argument)
    if isinstance(question, Problem):
        return _across_merger(turn, argument) or question.outcome
    ids = tuple(dict.fromkeys(question.ids))
    if len(ids) == 1:
        ids = tuple(dict.fromkeys((*(each for each in turn.unit_ids[:1] if units.is_member(turn.read, question.year, each)), *ids)))
    if len(ids) > MOST:
        return answer(m("At most three units can be compared; {count} were named.", count=len(ids)))
    if len(ids) < 2:
        return _with_whom(turn, question, ids)
    if question.kind in ("criterion", "indicator"):
        outcome = ranked(turn, "xephang", replace(question, ids=ids, extreme="", page=0, picture=False))
        return outcome if question.kind == "indicator" else score_words.of_the_year(outcome, question.period)
    return score_words.of_the_year(_side_by_side(turn, question, ids), question.period)


def _years(turn: Turn, text: str) -> tuple[int, ...]:
    """All the years that the text names."""
    found: list[int] = []
    while True:
        year, text = take_year(text, turn.today)
        if year is None or len(found) > MOST:
            return tuple(sorted(set(found)))
        found.append(year)


def _across(turn: Turn, text: str, years: tuple[int, ...]) -> Outcome:
    """Two years: another table, and since the merger other provinces."""
    first, last = str(years[0]), str(years[-1])
    choices = Choices(tuple(Choice(m("Ranking {year}", year=str(year)), Go("xephang", str(year))) for year in years), columns=2)
    if years[0] <= BREAK.year and years[-1] >= BREAK.year:
        return answer(
            m("{first} and {last} are not comparable: since {day} the merged provinces are other units, and the scoring tables differ.",
              first=first, last=last, day=Day(BREAK)),
            choices,
        )  # fmt: skip
    return answer(
        m("Points of {first} and {last} are not comparable: each year has its own scoring table.", first=first, last=last), choices
    )


def _across_merger(turn: Turn, text: str) -> Outcome | None:
    """Two units of which one went into another: they never stood side by side."""
    year = default_year(turn.read, turn.today)
    found = index_of(units.all_units(turn.read)).find_all(take_year(text, turn.today)[1])
    named = [unit for unit in (units.unit(turn.read, each) for each in found.ids) if unit is not None]
    old = [unit for unit in named if unit.valid_to is not None and unit.valid_to < BREAK.isoformat()]
    new = [unit for unit in named if unit.valid_from is not None and unit.valid_from >= BREAK.isoformat()]
    if not old or not (new or len(named) > len(old)):
        return None
    others = tuple(unit.name for unit in named if unit not in old)
    content: list[object] = [
        m("{old} existed until {day}, so it is not comparable with {others} of today.", old=tuple(unit.name for unit in old),
          day=Day(date.fromisoformat(old[0].valid_to or "")), others=others)
    ]  # fmt: skip
    if not new and year is not None:
        ids = " ".join(ref(unit.id) for unit in named)
        both = [each.year for each in units.years(turn.read) if all(units.is_member(turn.read, each.year, unit.id) for unit in named)]
        if both:
            years = tuple(Choice(m("Year {year}", year=str(each)), Go(NAME, f"{ids} {each}")) for each in both[:3])
            content.append(Choices(years, columns=3))
    return answer(*content)


def _with_whom(turn: Turn, question: Question, ids: tuple[str, ...]) -> Outcome:
    own = [each for each in turn.unit_ids[:1] if units.is_member(turn.read, question.year, each)]
    first = ids or tuple(own)
    others = [each for each in units.members(turn.read, question.year) if each.id not in first]
    if not first or len(others) > 12:
        return answer(m("Please name two or three units, for example: {example}", example=_example(turn, question)))
    name = units.name_of(turn.read, first[0])
    choices = tuple(
        Choice(verbatim(each.name), Go(NAME, f"{ref(first[0])} {ref(each.id)} {question.year}"), several=True)
        for each in others
    )
    return answer(m("With which unit is {unit} to be compared in {year}?", unit=name, year=str(question.year)), Choices(choices, columns=2))


def _example(turn: Turn, question: Question) -> Message:
    names = [unit.name for unit in units.members(turn.read, question.year)[:2]]
    return m("compare {units}", units=tuple(names))


def _side_by_side(turn: Turn, question: Question, ids: tuple[str, ...]) -> Outcome:
    board, decimals = Board(turn.read, question.year), question.table.decimals
    overview = board.overview()
    lines = [line for line in map(board.unit, ids) if line is not None]
    if overview.reported == 0:
        return answer(m("Year {year}: no unit has any figures yet, so there is no ranking.", year=str(question.year)))
    groups = {line.unit_id: kept.group_points(turn.read, question.year, line.unit_id) for line in lines}
    rows: list[tuple[Value, ...]] = [
        (m("Group {id} (of {max})", id=group.id, max=Number(group.max)),
         *(_cell(line, shown(groups[line.unit_id].get(group.id, 0), decimals)) for line in lines))
        for group in question.table.groups
    ]  # fmt: skip
    totals = [total for total in (kept.total(turn.read, question.year, line.unit_id) for line in lines) if total is not None]
    if len(totals) == len(lines) and any(total.bonus or total.penalty for total in totals):
        extra = [shown(total.bonus - total.penalty, decimals) for total in totals]
        rows.append((m("Bonus less penalty"), *(_cell(line, value) for line, value in zip(lines, extra, strict=True))))
    rows.append((m("Total"), *(_cell(line, shown(line.total, decimals)) for line in lines)))
    rows.append((m("Rank"), *(_cell(line, score_words.rank_of(line, overview)) for line in lines)))
    status = score_words.status(turn, board)
    blocks: list[object] = [Text(m("Comparison {year} ({status})", year=str(question.year), status=status), "title"), Table(tuple(rows))]
    lacking = tuple(m("{unit} ({count})", unit=line.name, count=line.missing) for line in lines if line.missing)
    if lacking:
        blocks.append(m("Criteria without figures, counted 0 for now: {units}.", units=lacking))
    return answer(*blocks)


def _cell(line: Line, value: Value) -> Message:
    return m("{unit} {value}", unit=line.name, value=value)


COMMAND = Command(
    name=NAME,
    alias="compare",
    summary=m("Two or three units side by side"),
    words=m("compare|comparison|versus|vs"),
    handle=handle,
    examples=(),
    quick=True,
    order=22,
)

"""/diem: a unit's points by group, and the working of each criterion in words that can be checked with a pocket calculator."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from handlers.kit.command import Command
from handlers.kit.message import Message, Number, Value, m, mn, verbatim
from handlers.kit.reply import Choice, Choices, Fields, Go, Text
from handlers.kit.turn import Outcome, Turn, answer
from handlers.rules.scoring import Entry, Ratio
from handlers.rules.table import Criterion, Group
from handlers.rules.working import working
from handlers.scores import score_words, standing
from handlers.scores.board import Board
from handlers.scores.score_inputs import Basis, entries_of
from handlers.scores.score_leaders import read_leaders
from handlers.scores.score_query import Problem, Question, read_question, ref
from handlers.scores.standing import shown
from storage import scoring_tables, units
from storage import standings as kept
from storage.ranking import Line

NAME = "diem"
PAGE = 6
"""Criteria in one answer: more do not fit on a small phone."""

MOST_UNITS = 40


def handle(turn: Turn, argument: str) -> Outcome:
    """The totals of a unit (the person's own by default), a group's criteria, or one criterion."""
    question = read_question(turn, NAME, argument)
    if isinstance(question, Problem):
        return question.outcome
    return score_words.of_the_year(_answer(turn, question), question.period)


def _answer(turn: Turn, question: Question) -> Outcome:
    unit_id = question.unit_id or _own(turn, question)
    if unit_id is None:
        return _which_unit(turn, question)
    board = Board(turn.read, question.year)
    line = board.unit(unit_id)
    if line is None:
        return answer(m("Year {year}: no unit has any figures yet, so there is no ranking.", year=str(question.year)))
    if question.kind in ("movement", "indicator"):
        return answer(m("Indicators carry no points of their own; please ask “xep hang” with the code."))
    if question.kind == "criterion":
        return _criterion(turn, question, line)
    group = question.table.group(question.item) if question.kind == "group" else None
    if group is not None:
        return _group(turn, question, line, group)
    return _totals(turn, question, board, line)


def _own(turn: Turn, question: Question) -> str | None:
    return next((each for each in turn.unit_ids if units.is_member(turn.read, question.year, each)), None)


def _which_unit(turn: Turn, question: Question) -> Outcome:
    members = units.members(turn.read, question.year)
    if turn.unit_ids:
        name = units.name_of(turn.read, turn.unit_ids[0])
        text = m("{unit} was not a member of the cluster in {year}. Whose score?", unit=name, year=str(question.year))
    else:
        text = m("Whose score of {year}?", year=str(question.year))
    if len(members) > MOST_UNITS:
        return answer(text, m("Please add the name of the unit."))
    subject = f"#{question.kind}:{question.item} " if question.item else ""
    choices = tuple(Choice(verbatim(each.name), Go(NAME, f"{subject}{ref(each.id)} {question.year}")) for each in members)
    return answer(text, Choices(choices, columns=2))


def _totals(turn: Turn, question: Question, board: Board, line: Line) -> Outcome:
    year, decimals = question.year, question.table.decimals
    overview = board.overview()
    groups = kept.group_points(turn.read, year, line.unit_id)
    rows: list[tuple[Message, Value]] = [
        (_title(group.id), m("{points}/{max}", points=shown(groups.get(group.id, 0), decimals), max=Number(group.max)))
        for group in question.table.groups
    ]
    total = kept.total(turn.read, year, line.unit_id)
    if total is not None and total.bonus:
        rows.append((m("Bonus"), m("+{points}", points=shown(total.bonus, decimals))))
    if total is not None and total.penalty:
        rows.append((m("Penalty"), m("−{points}", points=shown(total.penalty, decimals))))
    rows.append((m("Total"), m("{points}, {rank}", points=shown(line.total, decimals), rank=score_words.rank_of(line, overview))))
    status = score_words.status(turn, board)
    blocks: list[object] = [
        Text(m("Score {year}, {unit} ({status})", year=str(year), unit=line.name, status=status), "title"),
        Fields(tuple(rows)),
    ]
    open_to_me = score_words.working_open(turn, line.unit_id, year)
    shows = open_to_me and not score_words.adjusted_since(turn, line.unit_id, year)
    items = _adjustments(turn, question, line.unit_id) if shows else ()
    if items:
        blocks.append(m("Bonus, penalty: {items}.", items=items))
    blocks += _lacking(turn, question, line, open_to_me)
    if not open_to_me:
        blocks.append(Text(m("The working is open to the unit itself and the verifiers until the ranking is published."), "note"))
    else:
        blocks.append(_group_choices(question, line.unit_id))
    return answer(*blocks, topic=(NAME, f"{{}} năm {year}"))


def _lacking(turn: Turn, question: Question, line: Line, open_to_me: bool) -> list[object]:
    """Which criteria have no value yet."""
    if not line.missing:
        return []
    if not open_to_me:
        return [
            mn(
                "{count} criterion without figures, counted 0 for now.",
                "{count} criteria without figures, counted 0 for now.",
                line.missing,
            )
        ]
    lacking = kept.missing_of(turn.read, question.year, line.unit_id)
    names = tuple(each.id for each in question.table.criteria if each.id in lacking)
    if not names:
        names = next((row.missing for row in standing.standings(turn.read, question.year) if row.unit_id == line.unit_id), ())
    return [m("Without figures, counted 0 for now: {criteria}.", criteria=names)]


def _adjustments(turn: Turn, question: Question, unit_id: str) -> tuple[Message, ...]:
    rows = {each.item_id: each for each in scoring_tables.adjustments(turn.read, question.year, unit_id)}     # verified ones come last
    found = []
    for item in question.table.items:
        row = rows.get(item.id)
        if row is None or not row.count or item.kind == "exclusion":
            continue
        points = (item.per_item or 0) * row.count
        capped = points if item.cap is None else min(points, item.cap)
        found.append(
            m(
                "{id} {name}: {count} × {each} = {points}", id=item.id, name=item.name, count=row.count, each=Number(item.per_item or 0),
                points=Number(capped),
            )
            if capped == points
            else m(
                "{id} {name}: {count} × {each}, at most {points}", id=item.id, name=item.name, count=row.count,
                each=Number(item.per_item or 0), points=Number(capped),
            )
        )  # fmt: skip
    return tuple(found)


@lru_cache(maxsize=256)
def _title(group_id: str) -> Message:
    return m("Group {id}", id=group_id)


def _group_choices(question: Question, unit_id: str) -> Choices:
    return Choices(
        tuple(
            Choice(_title(group.id), Go(NAME, f"#group:{group.id} {ref(unit_id)} {question.year}"))
            for group in question.table.groups
        ),
        columns=3,
    )


def _closed(question: Question, line: Line) -> Outcome:
    return answer(
        m("The working of {unit}'s score in {year} is open to its own people, the verifiers and the secretary until it is published.",
          unit=line.name, year=str(question.year))
    )  # fmt: skip


def _group(turn: Turn, question: Question, line: Line, group: Group) -> Outcome:
    """The criteria of a group with their working, a page at a time."""
    if not score_words.working_open(turn, line.unit_id, question.year):
        return _closed(question, line)
    decimals = question.table.decimals
    pages = max(1, -(-len(group.criteria) // PAGE))
    page = min(max(1, question.page), pages)
    points = kept.group_points(turn.read, question.year, line.unit_id).get(group.id, 0)
    year, shown_points, maximum = str(question.year), shown(points, decimals), Number(group.max)
    heading = m("Group {id}, {unit}, {year}: {points}/{max}", id=group.id, unit=line.name, year=year, points=shown_points, max=maximum)
    workings = _Workings(turn, question, line.unit_id)
    lines = [workings.line(each) for each in group.criteria[(page - 1) * PAGE : page * PAGE]]
    choices = []
    here = f"#group:{group.id} {ref(line.unit_id)}"
    if page > 1:
        choices.append(Choice(m("Previous page"), Go(NAME, f"{here} trang {page - 1} {question.year}")))
    if page < pages:
        choices.append(Choice(m("Next page"), Go(NAME, f"{here} trang {page + 1} {question.year}")))
    choices.append(Choice(m("Totals"), Go(NAME, f"{ref(line.unit_id)} {question.year}")))
    return answer(
        Text(heading, "title"), *lines, *workings.notes(), Choices(tuple(choices), columns=2),
        topic=(NAME, f"nhóm {group.id} {{}} năm {question.year}"),
    )  # fmt: skip


def _criterion(turn: Turn, question: Question, line: Line) -> Outcome:
    criterion = question.table.criterion(question.item)
    if criterion is None:
        return answer(m("No criterion is called {id} in {year}.", id=question.item, year=str(question.year)))
    if not score_words.working_open(turn, line.unit_id, question.year):
        return _closed(question, line)
    if criterion.id in score_words.changed_since(turn, line.unit_id, question.year):
        return answer(_not_open_yet(criterion))
    workings = _Workings(turn, question, line.unit_id)
    return answer(
        Text(m("{id}, {unit}, {year}", id=criterion.id, unit=line.name, year=str(question.year)), "title"),
        workings.line(criterion),
        *workings.notes(criterion),
        Choices(
            (
                Choice(m("Other units"), Go("xephang", f"#criterion:{criterion.id} {question.year}")),
                Choice(m("Totals"), Go(NAME, f"{ref(line.unit_id)} {question.year}")),
            ),
            columns=2,
        ),
        topic=(NAME, f"{criterion.id} {{}} năm {question.year}"),
    )


def _not_open_yet(criterion: Criterion) -> Message:
    return m("{id} {name}: changed since the ranking was published, open with the next one", id=criterion.id, name=criterion.name)


class _Workings:
    """The workings of one unit's criteria, read once."""

    def __init__(self, turn: Turn, question: Question, unit_id: str) -> None:
        self._turn = turn
        self._question = question
        self._leaders: Mapping[str, Ratio] = read_leaders(turn.read, question.year)
        entries, bases = entries_of(turn.read, question.table, unit_id, turn.now)
        self._entries: Mapping[str, Entry | None] = entries
        self._bases: Mapping[str, Basis] = bases
        self._scores = kept.scores(turn.read, question.year, unit_id)
        self._led: list[Criterion] = []
        self._changed = score_words.changed_since(turn, unit_id, question.year)

    def line(self, criterion: Criterion) -> Message:
        """Name, points of maximum, working, and on which basis."""
        if criterion.id in self._changed:
            return _not_open_yet(criterion)
        score, basis = self._scores.get(criterion.id), self._bases.get(criterion.id)
        points = shown(0 if score is None else score.points, self._question.table.decimals)
        if criterion.rule == "ratio_leader":
            self._led.append(criterion)
        how = working(
            criterion, self._entries.get(criterion.id), self._leaders.get(criterion.id), self._question.table.decimals,
            verified=basis == "verified",
        )  # fmt: skip
        head = m("{id} {name}: {points}/{max}", id=criterion.id, name=criterion.name, points=points, max=Number(criterion.max))
        if criterion.computed and basis is None:
            return m("{head}. {working} (counted from the filings)", head=head, working=how)
        if basis == "self":
            return m("{head}. {working} (self-scored)", head=head, working=how)
        return m("{head}. {working}", head=head, working=how)

    def notes(self, single: Criterion | None = None) -> list[Text]:
        """Where points hang on the best unit and some units have no figure yet: they may still change."""
        notes = []
        for criterion in self._led:
            scores = kept.scores_of_criterion(self._turn.read, self._question.year, criterion.id)
            waiting = sum(score.missing for score in scores.values())
            if waiting and (single is None or single.id == criterion.id):
                notes.append(
                    Text(
                        mn(
                            "{id}: the best unit is not settled, {count} unit has no figure yet.",
                            "{id}: the best unit is not settled, {count} units have no figure yet.",
                            waiting,
                            id=criterion.id,
                        ),
                        "note",
                    )
                )
        return notes


COMMAND = Command(
    name=NAME,
    alias="score",
    summary=m("Score by group, and the working of each criterion"),
    words=m("score|points|working of the score|why this score|scores|how many points"),
    handle=handle,
    examples=(m("score"),),
    quick=True,
    order=21,
)

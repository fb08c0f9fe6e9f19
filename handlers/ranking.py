"""/xephang: the ranking of a year, of one unit, by group, criterion, movement or indicator."""

from __future__ import annotations

from handlers.kit.command import Command
from handlers.kit.message import Message, Value, m
from handlers.kit.reply import Block, Choice, Choices, Go, Table, Text, say
from handlers.kit.turn import Outcome, Turn, answer
from handlers.rules.ranking import total_first
from handlers.scores import ranking_chart, ranking_items, score_words
from handlers.scores.board import Board, Overview
from handlers.scores.score_query import Problem, Question, read_question, ref
from handlers.scores.standing import shown
from storage.ranking import Line

NAME = "xephang"
PAGE = 10
TOP = 3
SHOWN_AT_ONCE = 4
"""Up to so many lines the top and the reader's neighbourhood stand in one table; beyond, the top is one line."""


def handle(turn: Turn, argument: str) -> Outcome:
    """Read the question and answer it; see `handlers.scores.score_query` for what can be asked."""
    question = read_question(turn, NAME, argument)
    if isinstance(question, Problem):
        return question.outcome
    if question.kind in ("indicator", "movement"):
        return ranking_items.ranked(turn, NAME, question)
    outcome = _total(turn, question) if question.kind == "total" else ranking_items.ranked(turn, NAME, question)
    return score_words.of_the_year(outcome, question.period)


def _total(turn: Turn, question: Question) -> Outcome:
    board = Board(turn.read, question.year)
    overview = board.overview()
    if overview.reported == 0:
        return answer(_nobody(question, overview))
    if question.picture:
        return _picture(turn, question, board, overview)
    if question.extreme:
        return _extreme(turn, question, board, overview)
    if question.page:
        return _page(turn, question, board, overview)
    if question.unit_id is not None:
        return _unit(turn, question, board, overview, question.unit_id)
    return _overview(turn, question, board, overview)


def _nobody(question: Question, overview: Overview) -> Message:
    if not overview.units:
        return m("The cluster has no members in {year} yet.", year=str(question.year))
    return m("Year {year}: no unit has any figures yet, so there is no ranking.", year=str(question.year))


def title(turn: Turn, question: Question, board: Board) -> Text:
    """The year, whether provisional or official, and as of when."""

    def find() -> Text:
        return Text(m("Ranking {year} ({status})", year=str(question.year), status=score_words.status(turn, board)), "title")

    return board.remembered(("title", turn.now // 60), find)


def row(line: Line, decimals: int) -> tuple[Value, ...]:
    """ "1. Sơn La · 616,97": rank, name, points, and what is special about it."""
    points: Value = shown(line.total, decimals)
    special: Value = "" if line.exclusion is None else score_words.EXCLUSION_NAMES[line.exclusion]
    return ("–" if line.rank is None else str(line.rank), line.name, points, special)


def table(lines: tuple[Line, ...], own: tuple[str, ...], decimals: int) -> Table:
    """The lines, the reader's own one strong."""
    strong = next((index for index, line in enumerate(lines) if line.unit_id in own), None)
    return Table(tuple(row(line, decimals) for line in lines), "><><", strong=strong)


def _overview(turn: Turn, question: Question, board: Board, overview: Overview) -> Outcome:
    """The answer to who names nothing. Beside its title it is the same for all of one unit as long as no total changes."""
    named = _named(turn, question, overview)
    rest = board.remembered(
        ("overview", question.table.decimals, total_first(question.table), turn.unit_ids, named, turn.place.pictures),
        lambda: say(*_without_title(turn, question, board, overview, named)).blocks,
    )
    return answer(title(turn, question, board), *rest, topic=_topic(question))


def _named(turn: Turn, question: Question, overview: Overview) -> bool:
    """Whether units that lack figures are told by name."""
    return overview.incomplete > 0 and score_words.names_open(turn, question.year)


def _picture(turn: Turn, question: Question, board: Board, overview: Overview) -> Outcome:
    """The ranking as a chart, with the lines of the usual answer below it."""
    decimals = question.table.decimals
    figures = _figures(turn, board, overview, _named(turn, question, overview)).message
    strong = question.ids or turn.unit_ids
    about = tuple(_about(turn, question, board, overview, line) for line in map(board.unit, strong) if line is not None)
    heading = title(turn, question, board).message
    picture = ranking_chart.of_total(turn, board, question.year, decimals, strong, heading, about, figures)
    return answer(picture, topic=_topic(question))


def _without_title(turn: Turn, question: Question, board: Board, overview: Overview, named: bool) -> list[Message | Block]:
    decimals = question.table.decimals
    top = board.page(0, TOP)
    own = next((line for line in map(board.unit, turn.unit_ids) if line is not None), None)
    blocks: list[Message | Block] = []
    if len({line.rank_key for line in top}) == 1 and overview.ranked > 1 and overview.ranked == _level(board, top):
        blocks.append(m("All {count} units are level with {points} points.", count=overview.ranked, points=shown(top[0].total, decimals)))
    else:
        blocks += _around(board, own, top, turn.unit_ids, decimals)
    if own is not None:
        blocks.append(_about(turn, question, board, overview, own))
    blocks.append(_figures(turn, board, overview, named))
    if own is None or not isinstance(blocks[0], Table):     # eight lines are enough for a meeting
        pictures = turn.place.pictures
        blocks.append(board.remembered(("more", question.year, pictures), lambda: _more(question, None, overview, pictures=pictures)))
    else:
        blocks.append(_more(question, own, overview, pictures=turn.place.pictures))
    return blocks


def _level(board: Board, top: tuple[Line, ...]) -> int:
    """How many units share the first rank."""
    first = top[0]
    behind = board.below(first)
    return board.overview().ranked if behind is None else (behind.rank or 1) - 1


def _around(board: Board, own: Line | None, top: tuple[Line, ...], mine: tuple[str, ...], decimals: int) -> list[Message | Block]:
    """The top and the own unit with its neighbours, in at most five lines."""
    if own is None or own.rank is None:
        return [table((*top, own) if own is not None and own not in top else top, mine, decimals)]
    near = board.around(own.unit_id)
    # Nobody stands higher than his rank, so beyond the first ranks the place need not be counted.
    if own.rank <= SHOWN_AT_ONCE - 1 and (board.place(own.unit_id) or 0) <= SHOWN_AT_ONCE - 2:
        return [table(tuple(dict.fromkeys((*top, *near))), mine, decimals)]
    return [board.remembered(("leading", decimals), lambda: _leading(top, decimals)), table(near, mine, decimals)]


def _leading(top: tuple[Line, ...], decimals: int) -> Text:
    """The top in one line."""
    lines = tuple(m("{rank}. {unit} {points}", rank=line.rank or 0, unit=line.name, points=shown(line.total, decimals)) for line in top)
    return Text(m("Leading: {lines}", lines=lines))


def _about(turn: Turn, question: Question, board: Board, overview: Overview, line: Line) -> Message:
    """The unit in one line: rank, points, gap, change."""
    decimals = question.table.decimals
    parts: list[Message] = [score_words.rank_of(line, overview), m("{points} points", points=shown(line.total, decimals))]
    more = (score_words.gap(question.table, board, line), score_words.moved(turn, board, line))
    parts += [part for part in more if part is not None]
    return m("{unit}: {facts}", unit=line.name, facts=tuple(parts))


def _figures(turn: Turn, board: Board, overview: Overview, named: bool) -> Text:
    """Which figures were counted, and who lacks some: the same for all whose units lack none."""
    own = tuple(line for line in map(board.unit, turn.unit_ids) if line is not None and line.missing)

    def find() -> Text:
        lacking, counted = score_words.missing(board, overview, own, named), score_words.basis(overview)
        if lacking is None:
            return Text(m("Counted: {basis}; no figure is missing.", basis=counted))
        return Text(m("Counted: {basis}; {missing}.", basis=counted, missing=lacking))

    return board.remembered(("figures", named, own), find)


def _more(question: Question, own: Line | None, overview: Overview, *, pictures: bool = False) -> Choices:
    choices = [Choice(m("Whole ranking"), Go(NAME, f"trang 1 {question.year}"))] if overview.units > TOP else []
    if own is not None:
        choices.append(Choice(m("Working of the score"), Go("diem", f"{ref(own.unit_id)} {question.year}")))
    if pictures:
        choices.append(ranking_chart.choice(NAME, str(question.year)))
    return Choices(tuple(choices), columns=2)


def _topic(question: Question) -> tuple[str, str]:
    """ "còn Sơn La?" asks the same of another unit."""
    return NAME, f"{{}} năm {question.year}"


def _unit(turn: Turn, question: Question, board: Board, overview: Overview, unit_id: str) -> Outcome:
    line = board.unit(unit_id)
    if line is None:
        return answer(_nobody(question, overview))
    blocks: list[object] = [title(turn, question, board)]
    others = [found for found in map(board.unit, question.ids[1:]) if found is not None]
    for each in (line, *others):
        about = _about(turn, question, board, overview, each)
        blocks.append(Text(about))
        if each.missing:
            blocks.append(m("{unit}: {count} criteria without figures, counted 0 for now.", unit=each.name, count=each.missing))
    blocks.append(_figures(turn, board, overview, _named(turn, question, overview)))
    blocks.append(_more(question, line, overview))
    return answer(*blocks, topic=_topic(question))


def _page(turn: Turn, question: Question, board: Board, overview: Overview) -> Outcome:
    pages = max(1, -(-overview.units // PAGE))
    if question.page > pages:
        return answer(m("The ranking has only {count} pages.", count=pages), _paging(question, pages + 1, pages))
    lines = board.page((question.page - 1) * PAGE, PAGE)
    heading = [title(turn, question, board)]
    if pages > 1:
        heading.append(Text(m("Page {page} of {count}", page=question.page, count=pages), "note"))
    own, decimals = tuple(line.unit_id for line in lines if line.unit_id in turn.unit_ids), question.table.decimals
    shown_lines = board.remembered(("shown", question.page, own, decimals), lambda: table(lines, own, decimals))
    paging = board.remembered(("paging", question.page, question.year), lambda: _paging(question, question.page, pages))
    return answer(*heading, shown_lines, paging, topic=_topic(question))


def _paging(question: Question, page: int, pages: int) -> Choices:
    choices = []
    if page > 1:
        choices.append(Choice(m("Previous page"), Go(NAME, f"trang {page - 1} {question.year}")))
    if page < pages:
        choices.append(Choice(m("Next page"), Go(NAME, f"trang {page + 1} {question.year}")))
    return Choices(tuple(choices), columns=2)


def _extreme(turn: Turn, question: Question, board: Board, overview: Overview) -> Outcome:
    """The first or the last of the ranking, with everybody who shares the place."""
    if not overview.ranked:
        return answer(title(turn, question, board), m("No unit is ranked."))
    edge = board.page(0 if question.extreme == "highest" else overview.ranked - 1, 1)[0]
    place = 0 if question.extreme == "highest" else max(0, (edge.rank or 1) - 1)
    level = tuple(line for line in board.page(place, PAGE) if line.rank == edge.rank)
    label = m("Highest") if question.extreme == "highest" else m("Lowest")
    return answer(
        title(turn, question, board), label, table(level, turn.unit_ids, question.table.decimals),
        _figures(turn, board, overview, _named(turn, question, overview)), topic=_topic(question),
    )  # fmt: skip


COMMAND = Command(
    name=NAME,
    alias="ranking",
    summary=m("Ranking, points and gap"),
    words=m("ranking|rank|standings|who leads|who is first|leaderboard"),
    handle=handle,
    examples=(m("ranking"), m("ranking 2024")),
    quick=True,
    public=True,
    order=20,
)

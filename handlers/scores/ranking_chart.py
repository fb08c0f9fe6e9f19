"""The ranking as a chart: all of a small cluster; of a large one the top, and the reader's own unit among its neighbours."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from handlers.kit.chart import Bar, Chart, windows
from handlers.kit.message import Day, Message, Moment, m
from handlers.kit.reply import Choice, Go, Picture, drawn
from handlers.kit.turn import Turn
from handlers.scores import score_words, standing
from handlers.scores.board import Board
from handlers.scores.standing import shown
from storage.ranking import Line

AS_A_PICTURE = m("Show as a chart")


def choice(command: str, argument: str) -> Choice:
    """The same answer as a picture."""
    return Choice(AS_A_PICTURE, Go(command, f"{argument} bang hinh".strip()))


def said(title: Message, bars: tuple[Bar, ...], below: tuple[Message, ...]) -> Message:
    """What is read below a picture, line by line: all that it shows, for who cannot see it."""
    lines = tuple(m("{rank}. {unit} {points}", rank=bar.rank, unit=bar.name, points=bar.value) for bar in bars)
    told = m("{above}\n{line}", above=title, line=m("Order: {lines}", lines=lines)) if lines else title
    for line in below:
        told = m("{above}\n{line}", above=told, line=line)
    return told


def of_total(
    turn: Turn, board: Board, year: int, decimals: int, strong: tuple[str, ...], heading: Message, about: tuple[Message, ...],
    figures: Message,
) -> Picture:  # fmt: skip
    """``strong``: the units that are meant, ``about`` them in words; ``heading`` of the answer; ``figures``: what was counted.

    The figures' own instant stands in it, not that of the question: as long as they stand it is the same picture, drawn once.
    """
    updated_at, published = board.overview().updated_at, board.published()
    final = standing.still_final(published, updated_at)
    title = m("Ranking {year} (official)", year=str(year)) if final else m("Ranking {year} (provisional)", year=str(year))
    bars, notes = _bars(turn, board, decimals, strong), [figures]
    if published is not None and any(bar.moved for bar in bars):
        day = Day(datetime.fromtimestamp(published.published_at, turn.zone).date())
        notes.insert(0, m("Change of rank: since the ranking published on {day}.", day=day))
    else:       # nothing to compare with, or nobody moved
        bars = tuple(replace(bar, moved=None) for bar in bars)
    chart = Chart(title, m("Figures of {when}", when=Moment(updated_at)), bars, tuple(notes))
    # What is published may be fetched by a platform's servers; what is provisional, or about somebody's case, stays among the members.
    return drawn(chart, said(heading, bars, (*about, figures)), public=final and not any(bar.note for bar in bars))


def of_values(title: Message, bars: tuple[Bar, ...], notes: tuple[Message, ...]) -> Picture:
    """Any other order of the units, best first."""
    own = next((place for place, bar in enumerate(bars) if bar.own), None)
    chosen = [
        replace(bars[place], apart=place == window.start > before.stop)
        for before, window in pairwise((range(0), *windows(len(bars), own)))
        for place in window
    ]
    return drawn(Chart(title, None, tuple(chosen), notes), said(title, tuple(chosen), notes))


def _bars(turn: Turn, board: Board, decimals: int, strong: tuple[str, ...]) -> tuple[Bar, ...]:
    own = next((place for place in map(board.place, strong) if place is not None), None)
    bars: list[Bar] = []
    for before, window in pairwise((range(0), *windows(board.overview().units, own))):
        for place, line in enumerate(board.page(window.start, len(window)), start=window.start):
            bar = _bar(turn, board, line, decimals, own=line.unit_id in strong)
            bars.append(replace(bar, apart=place == window.start > before.stop))
    return tuple(bars)


def _bar(turn: Turn, board: Board, line: Line, decimals: int, *, own: bool) -> Bar:
    note = None if line.exclusion is None else score_words.EXCLUSION_NAMES[line.exclusion]
    rank = "–" if line.rank is None else str(line.rank)
    return Bar(rank, line.name, shown(line.total, decimals), own, score_words.places_moved(turn, board, line), note)

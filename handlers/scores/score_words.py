"""Lines that the ranking, a unit's score and a comparison share: what kind of total it is, whose figures are missing, who may see more."""

from __future__ import annotations

from dataclasses import replace

from handlers.kit.message import Day, Message, Moment, m, mn
from handlers.kit.reply import say
from handlers.kit.turn import Outcome, Turn
from handlers.rules.deadline import local_day
from handlers.rules.periods import YEARLY
from handlers.rules.ranking import Change, change, total_first
from handlers.rules.table import ScoringTable
from handlers.scores import standing
from handlers.scores.board import Board, Overview, to_reach
from handlers.scores.standing import shown
from storage import settings, snapshots
from storage import standings as kept
from storage.memory import remembered
from storage.ranking import Line

SEES_NAMES = frozenset({"secretary", "admin"})
"""Who reads the names of the units that are late with their figures."""

SEES_WORKING = frozenset({"secretary", "verifier", "admin"})

OPEN_WORKINGS = "open_workings"
"""The setting (yes, no; yes by default): whether everybody may read workings once a ranking is published."""

MOST_NAMES = 6

EXCLUSION_NAMES: dict[str, Message] = {
    "postponed": m("not considered yet (postponed)"),
    "annulled": m("result annulled"),
    "ranked_last": m("ranked last"),
    "ranked_without_award": m("ranked, no award"),
}


def of_the_year(outcome: Outcome, period: str) -> Outcome:
    """The outcome, where a part of a year was asked for with the word that points are of the whole year."""
    if not period or period in YEARLY:
        return outcome
    return replace(outcome, reply=say(m("Points and ranks are of the whole year; there are none of a quarter or a month.")) + outcome.reply)


def status(turn: Turn, board: Board) -> Message:
    """tạm tính or chính thức, and as of when, to the minute that is shown."""
    updated_at = board.overview().updated_at
    if standing.still_final(board.published(), updated_at):
        return m("official, as of {when}", when=Moment(updated_at))
    return m("provisional, as of {when}", when=Moment(turn.now - turn.now % 60))


def basis(overview: Overview) -> Message:
    """Which figures were counted."""
    own = overview.reported - overview.verified
    if not own:
        return m("verified figures")
    if not overview.verified:
        return m("self-scored figures")
    return m("{verified} verified, {own} self-scored figures", verified=overview.verified, own=own)


def missing(board: Board, overview: Overview, own: tuple[Line, ...], named: bool) -> Message | None:
    """How many units lack figures, and who: all by name (``named``, see `names_open`), or only the reader's ``own`` that do."""
    count = overview.incomplete
    if not count:
        return None
    if named:
        names = board.missing_units(MOST_NAMES + 1)
        if count > MOST_NAMES:
            more = count - MOST_NAMES
            return m("{count} units lack figures: {units} and {more} more", count=count, units=names[:MOST_NAMES], more=more)
        return mn("{count} unit lacks figures: {units}", "{count} units lack figures: {units}", count, units=names)
    if own:
        if count == len(own):
            return m("only {units} still lacks figures", units=tuple(line.name for line in own))
        return m("{units} and {count} more lack figures", units=tuple(line.name for line in own), count=count - len(own))
    return mn("{count} unit still lacks figures", "{count} units still lack figures", count)


def names_open(turn: Turn, year: int) -> bool:
    """Whether this person may read who has not reported: anybody before the deadline of the criteria, then the secretary."""
    if turn.roles & SEES_NAMES:
        return True
    deadline = kept.first_deadline(turn.read, year)
    return deadline is not None and turn.now <= deadline


def working_open(turn: Turn, unit_id: str, year: int) -> bool:
    """Whether this person may read the working of a unit's score and its self-score: its own people, verifier and secretary; the
    others once a ranking that holds it is published, unless the cluster has switched that off.

    What was open stays open, whoever files later; what the unit itself has changed since is not (`changed_since`).
    """
    if _sees_working(turn, unit_id):
        return True
    if settings.get(turn.read, OPEN_WORKINGS) == "no":
        return False
    snapshot = snapshots.last_snapshot(turn.read, year)
    return snapshot is not None and snapshots.snapshot_total(turn.read, snapshot.id, unit_id) is not None


def changed_since(turn: Turn, unit_id: str, year: int) -> frozenset[str]:
    """The criteria for which the unit has other figures than the published ranking shows: their working is not open to this person yet."""
    snapshot = None if _sees_working(turn, unit_id) else snapshots.last_snapshot(turn.read, year)
    return frozenset() if snapshot is None else kept.changed_after(turn.read, year, unit_id, snapshot.published_at)


def adjusted_since(turn: Turn, unit_id: str, year: int) -> bool:
    """Whether the unit's bonus or penalty is another one than was published: then what it is made of is not open to this person yet."""
    snapshot = None if _sees_working(turn, unit_id) else snapshots.last_snapshot(turn.read, year)
    if snapshot is None:
        return False
    then, now = snapshots.snapshot_total(turn.read, snapshot.id, unit_id), kept.total(turn.read, year, unit_id)
    return then is None or now is None or (then.bonus, then.penalty) != (now.bonus, now.penalty)


def _sees_working(turn: Turn, unit_id: str) -> bool:
    return unit_id in turn.unit_ids or bool(turn.roles & SEES_WORKING)


def rank_of(line: Line, overview: Overview) -> Message:
    """ "hạng 3/7", or why there is none."""
    if line.rank is None:
        return EXCLUSION_NAMES.get(line.exclusion or "", m("not ranked"))
    if line.exclusion is not None:
        return m("rank {rank}/{count} ({why})", rank=line.rank, count=overview.ranked, why=EXCLUSION_NAMES[line.exclusion])
    return m("rank {rank}/{count}", rank=line.rank, count=overview.ranked)


def gap(table: ScoringTable, board: Board, line: Line) -> Message | None:
    """How far it is to the next rank above; for the first, how far ahead it is."""
    above = board.above(line)
    if above is None or above.rank is None:
        below = board.below(line)
        if below is None or line.rank is None or not total_first(table):
            return None
        return m("{points} points ahead of {unit}", points=shown(line.total - below.total, table.decimals), unit=below.name)
    if not total_first(table) or (line.exclusion == "ranked_last") != (above.exclusion == "ranked_last"):
        return m("behind {unit} by the order of the table", unit=above.name)
    found = to_reach(line, above)
    if found.points == 0:
        return m("level with {unit} in points, behind by the order of ties", unit=above.name)
    points = shown(above.total - line.total, table.decimals)
    return m("{points} points to rank {rank} ({unit})", points=points, rank=above.rank, unit=above.name)


def moved(turn: Turn, board: Board, line: Line) -> Message | None:
    """How the rank changed since the last published ranking; None where there is none."""
    snapshot, found = board.published(), _change(turn, board, line)
    if snapshot is None or found is None:
        return None
    day = Day(local_day(snapshot.published_at, turn.zone))
    match found:
        case ("up", places):
            return mn("up {count} place since {day}", "up {count} places since {day}", places, day=day)
        case ("down", places):
            return mn("down {count} place since {day}", "down {count} places since {day}", places, day=day)
    return m("unchanged since {day}", day=day)


def places_moved(turn: Turn, board: Board, line: Line) -> int | None:
    """The same as a number: places gained, or lost (below 0)."""
    found = _change(turn, board, line)
    return None if found is None else -found[1] if found[0] == "down" else found[1]


def _change(turn: Turn, board: Board, line: Line) -> tuple[Change, int] | None:
    snapshot = board.published()
    if snapshot is None:
        return None
    key = ("published ranks", snapshot.id, snapshot.published_at)
    before = remembered(turn.read, key, lambda: snapshots.ranks(turn.read, snapshot.id))
    return change(before.get(line.unit_id), line.rank)

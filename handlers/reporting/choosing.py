"""Which duty or report the words beside a command mean: "quý 3", "6 tháng", "tự chấm", "ntm"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from handlers.kit.turn import Turn
from handlers.rules.period_words import parse_period, parse_year
from handlers.rules.text import fold
from storage import calendar, duties, movements
from storage.connection import Snapshot
from storage.duties import Duty

YEARLY = frozenset({"year", "year-estimate", "year-final"})
SELF_SCORE = ("tu cham", "cham diem", "tieu chi", "bang diem", "self score")
PLAN_WORDS = ("dang ky", "chi tieu", "ke hoach", "target")


class Paperlike(Protocol):
    """A duty or a report: what is chosen by words."""

    @property
    def year(self) -> int: ...
    @property
    def period(self) -> str: ...


P = TypeVar("P", bound=Paperlike)


@dataclass(frozen=True, slots=True)
class Chosen:
    """What fits: open duties, duties done already, and the period that was named (with its year, if one was)."""

    open: tuple[Duty, ...]
    done: tuple[Duty, ...]
    period: tuple[str, int | None] | None


def matching(turn: Turn, argument: str, unit_ids: Sequence[str]) -> Chosen:
    """The duties of these units that the words mean."""
    named = parse_period(argument, turn.today)
    period = None if named is None else (named.period, named.year or turn.today.year)
    every = tuple(
        duty for unit_id in unit_ids for duty in duties.of_unit(turn.read, unit_id) if duty.form is not None and duty.opens <= turn.now
    )
    ready = {duty.id for unit_id in unit_ids for duty in duties.open_for(turn.read, unit_id, turn.now)}
    by_event = tuple(duty for duty in every if fold(duty.event_id) == fold(argument))        # a button of another screen
    fit = by_event or fitting(turn, argument, [(duty, duty.form or "", duty.title) for duty in every])
    return Chosen(tuple(each for each in fit if each.id in ready), tuple(each for each in fit if each.status == "done"), period)


def fitting(turn: Turn, argument: str, candidates: Sequence[tuple[P, str, str]]) -> tuple[P, ...]:
    """Of (paper, form id, title): those that the words mean; the period counts first, then the year, then form, title and movement."""
    said = fold(argument)
    named, year = parse_period(argument, turn.today), parse_year(argument, turn.today)
    found = list(candidates)
    told = False
    if named is not None:
        told = True
        periods = YEARLY if named.period == "year" else frozenset({named.period})
        found = [each for each in found if each[0].period in periods]
        year = named.year or year
    if year is not None:
        told = True
        found = [each for each in found if each[0].year == year]
    asks = _asks(turn.read, said)
    if asks:
        told = True
        forms = {form.id for form in calendar.forms(turn.read) if asks & set(form.asks)}
        found = [each for each in found if each[1] in forms]
    if not told:
        words = [word for word in said.split() if word not in ("bao", "cao", "so", "lieu", "nop", "nhap", "gui")]
        found = [each for each in found if words and all(word in fold(each[2]).split() for word in words)]
    return tuple(each[0] for each in found)


def _asks(read: Snapshot, said: str) -> set[str]:
    """What a form must ask for to fit: criteria for a self-score, movements when one is named, targets for the registration."""
    if any(word in said for word in SELF_SCORE):
        return {"criteria"}
    if any(word in said for word in PLAN_WORDS):
        return {"targets"}
    for movement in movements.all_movements(read):
        if said and any(fold(name) == said or f" {fold(name)} " in f" {said} " for name in (movement.name, *movement.aliases)):
            return {"movements"}
    return set()

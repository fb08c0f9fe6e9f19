"""Which report figures are for when a letter about another one came while the first was open, or before any was opened."""

from __future__ import annotations

from collections.abc import Iterable

from handlers.kit.reply import Choice, Go
from handlers.kit.turn import Turn
from handlers.reporting.desk import officer_units
from handlers.reporting.intake import figures_named
from handlers.reporting.items import items_of
from storage import calendar, duties
from storage.duties import Duty


def offered(turn: Turn, choices: Iterable[Choice]) -> tuple[Duty, ...]:
    """The reports that choices open, as far as the person can file them now."""
    named = [
        choice.action.argument.removeprefix("page ") for choice in choices
        if isinstance(choice.action, Go) and choice.action.command == "baocao"
    ]  # fmt: skip
    if not any(named):
        return ()
    mine = [duty for unit_id in officer_units(turn) for duty in duties.open_for(turn.read, unit_id, turn.now) if duty.form is not None]
    return tuple(duty for duty in mine if duty.id in named or duty.event_id in named)


def meant_by(turn: Turn, text: str, opened: str, others: tuple[Duty, ...], *, at_figure: bool) -> tuple[tuple[Duty, ...], bool]:
    """The other reports that a text with figures may be meant for, and whether it can be for nothing else; none: it is for the one that
    is ``opened`` (its duty's id).

    ``at_figure``: that one asks for a figure, so a bare one answers it. Of figures that name their items it is seen who asks for them.
    """
    if not any(char.isdigit() for char in text):
        return (), False
    own = duties.duty(turn.read, opened)
    naming = tuple(duty for duty in others if asks_for(turn, duty, text))
    asked_here = own is not None and asks_for(turn, own, text) > 0
    if naming or asked_here:
        return naming, len(naming) == 1 and own is not None and not asked_here
    return (others if at_figure else ()), False


def asks_for(turn: Turn, duty: Duty, text: str, *, alone: bool = False) -> int:
    """How many figures the text names that the duty's report asks for."""
    form = None if duty.form is None else calendar.form(turn.read, duty.form)
    return 0 if form is None else figures_named(items_of(turn.read, form, duty.year, duty.unit_id), text, alone=alone)

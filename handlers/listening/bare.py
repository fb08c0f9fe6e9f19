"""A text that only names something: a unit ("Lào Cai"), an indicator ("NTM01 của Lạng Sơn"), a day, a period. Which command it is for.

Asked last, when no phrase, no open question and no topic takes the text.
"""

from __future__ import annotations

import re

from handlers.kit.turn import Turn
from handlers.rules.dates import parse_day
from handlers.rules.names import Found
from handlers.rules.period_words import parse_period, take_year
from handlers.rules.text import fold
from handlers.scores.asked_period import take_asked
from handlers.scores.score_query import Problem, index_of, read_question, unnamed
from storage import units

LONGEST = 80
"""Characters. A longer text says more than a name."""

_LETTER = re.compile(r"[^\W\d_]")
_FIGURE = re.compile(r"(?<!nhóm )(?<!nhom )(?<![\w.,])-?\d[\d.,]*(?![\w.,])")
_DAY_LIKE = re.compile(r"\d\s?/\s?\d")


def names_unit(turn: Turn, text: str) -> bool:
    """Whether the text is the name of a unit, or initials of several, and nothing else."""
    if len(text) > LONGEST or not _LETTER.search(text):
        return False
    _, rest = take_year(text, turn.today)
    known = (units.members(turn.read, turn.today.year), units.all_units(turn.read))     # initials mean members first: "TQ"
    return any(_only(index_of(among).find_all(rest)) for among in known)


def _only(found: Found) -> bool:
    return bool(found.ids or found.unsure) and not unnamed(fold(found.rest))


def meant(turn: Turn, text: str) -> tuple[str, str] | None:
    """The command that a bare name is for, and its argument; None for a text that is more or names nothing."""
    if len(text) > LONGEST:
        return None
    if _LETTER.search(text) or _DAY_LIKE.search(text):
        day = parse_day(text, turn.today)
        if day is not None and not getattr(day, "rest", "").strip(" ?.,"):
            return "lich", text
    if not _LETTER.search(text):
        return None
    period = parse_period(text, turn.today)
    if period is not None and not period.rest.strip(" ?.,"):
        return ("xephang" if period.period == "year" and period.year is not None else "han"), text
    if names_unit(turn, text):
        return "xephang", text
    if _FIGURE.search(take_asked(take_year(text, turn.today)[1], turn.today).rest.lower()):
        return None         # "NTM01: 85" is a figure to be filed, not a question for one
    question = read_question(turn, "xephang", text)
    if isinstance(question, Problem) or question.kind == "total":
        return None
    return "xephang", text

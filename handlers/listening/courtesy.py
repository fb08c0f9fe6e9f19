"""What people say at the end of a talk: thanks, and a "yes" or "noted" to which no question is open. It is answered; nothing happens."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.kit.language import Language
from handlers.kit.message import Message, m
from handlers.rules.text import fold, strip_courtesy
from handlers.rules.yes_no import read_yes_or_no

LONGEST = 60
"""Characters. Who writes more says something else too."""

_THANKS = m("thanks|thank you|thank you very much|many thanks")
_HEARD = m("understood|noted|got it|seen|good|fine")

AT_YOUR_SERVICE = m("Glad to help.")
NOTHING_WAITS = m("Nothing is waiting to be confirmed.")


def thanks(text: str, languages: Sequence[Language]) -> bool:
    """Whether the text thanks, and nothing else."""
    return _says(text, (_THANKS,), languages)


def answer_to(text: str, languages: Sequence[Language]) -> Message | None:
    """What to say to a courtesy; None for a text that is none."""
    if thanks(text, languages):
        return AT_YOUR_SERVICE
    agreed = read_yes_or_no(text) == "yes" or _says(text, (m("Confirm"), _HEARD), languages)
    return NOTHING_WAITS if agreed else None


def _says(text: str, words: Sequence[Message], languages: Sequence[Language]) -> bool:
    if len(text) > LONGEST:
        return False
    said = fold(text)
    ways = {said, strip_courtesy(said)}
    return any(fold(word) in ways for language in languages for each in words for word in language.text(each).split("|"))

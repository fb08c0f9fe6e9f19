"""Which of the shown choices a typed text means: its number, its label, the label without diacritics, or a unique beginning."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.kit.language import Language
from handlers.kit.message import Message, m
from handlers.kit.reply import CONTROL_LABELS, Choice
from handlers.rules.text import fold, untelex

CONTROL_WORDS: dict[str, Message] = {
    "cancel": m("cancel|stop|quit"),
    "back": m("back|go back"),
    "skip": m("skip|pass"),
    "review": m("review|show all"),
}

SHORTEST_BEGINNING = 2


def numbered(choices: Sequence[Choice]) -> tuple[tuple[int, Choice], ...]:
    """The choices that carry a number, each with it (from 1), in the order shown."""
    return tuple(enumerate((choice for choice in choices if choice.numbered), start=1))


def control_word(text: str, languages: Sequence[Language]) -> str | None:
    """The control ("cancel", "back", …) that the text says and nothing else, in any of the languages."""
    said = fold(text).lstrip("/")
    every = [language.text(words) for words in CONTROL_WORDS.values() for language in languages]
    vocabulary = frozenset(word for phrases in every for phrase in phrases.split("|") for word in fold(phrase).split())
    said = fold(untelex(said, vocabulary))
    for control, words in CONTROL_WORDS.items():
        for language in languages:
            phrases = f"{language.text(words)}|{language.text(CONTROL_LABELS[control])}".split("|")
            if said in {fold(phrase) for phrase in phrases}:
                return control
    return None


def choose(text: str, choices: Sequence[Choice], languages: Sequence[Language], *, exact: bool = False) -> Choice | None:
    """The one choice the text means; None when it means none or could mean several.

    ``exact``: only a whole label counts (where the step awaits free text).
    """
    said = fold(text).rstrip(".)")
    if not said:
        return None
    if not exact and said.isdecimal():
        return next((choice for number, choice in numbered(choices) if number == int(said)), None)
    labels = [(choice, {fold(language.text(choice.label)) for language in languages}) for choice in choices]
    whole = [choice for choice, texts in labels if said in texts]
    if whole or exact or len(said) < SHORTEST_BEGINNING:
        return whole[0] if whole else None
    beginning = [choice for choice, texts in labels if any(text.startswith(said) for text in texts)]
    return beginning[0] if len(beginning) == 1 else None

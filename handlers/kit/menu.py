"""Which of the shown choices a typed text means: its number, its label, yes or no, a unique beginning, or words inside one label."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

from handlers.kit.language import Language
from handlers.kit.menu_numbers import numbers_in, without_lead
from handlers.kit.message import Message, m
from handlers.kit.reply import CONTROL_LABELS, CONTROLS, Answer, Choice, Go
from handlers.rules.short_texts import remembering
from handlers.rules.text import fold, is_syllable, strip_courtesy, untelex
from handlers.rules.yes_no import read_yes_or_no

CONTROL_WORDS: dict[str, Message] = {
    "cancel": m("cancel|stop|quit"),
    "back": m("back|go back"),
    "skip": m("skip|pass"),
    "review": m("review|show all"),
}

SHORTEST_BEGINNING = 2
SHORTEST_INSIDE = 3


def numbered(choices: Sequence[Choice]) -> tuple[tuple[int, Choice], ...]:
    """The choices that carry a number, each with it (from 1), in the order shown."""
    return tuple(enumerate((choice for choice in choices if choice.numbered), start=1))


def control_word(text: str, languages: Sequence[Language]) -> str | None:
    """The control ("cancel", "back", …) that the text says and nothing else, in any of the languages."""
    return _control(text, tuple(languages))


@remembering
def _control(text: str, languages: tuple[Language, ...]) -> str | None:
    vocabulary, controls = _controls(languages)
    return controls.get(fold(untelex(fold(text).lstrip("/"), vocabulary)))


@lru_cache(maxsize=16)
def _controls(languages: tuple[Language, ...]) -> tuple[frozenset[str], Mapping[str, str]]:
    """The words of the controls' phrases, and phrase -> control; of one that two have, the first's."""
    phrases = [
        (fold(phrase), control)
        for control, words in CONTROL_WORDS.items()
        for language in languages
        for phrase in f"{language.text(words)}|{language.text(CONTROL_LABELS[control])}".split("|")
    ]
    return frozenset(word for phrase, _ in phrases for word in phrase.split()), dict(reversed(phrases))


def choose(text: str, choices: Sequence[Choice], languages: Sequence[Language], *, exact: bool = False) -> Choice | None:
    """The one choice the text means; None when it means none or could mean several.

    ``exact``: only a whole label counts (where the step awaits free text or a figure).
    """
    said = fold(text).rstrip(".)")
    if not said:
        return None
    if not exact and said.isdecimal():
        return by_number(int(said), choices)
    labels = [(choice, {fold(language.text(choice.label)) for language in languages}) for choice in choices]
    whole = [choice for choice, texts in labels if said in texts]
    if whole or exact:
        return whole[0] if whole else None
    if len(numbers := numbers_in(text, languages)) == 1:
        return by_number(numbers[0], choices)
    ways = _ways(said, labels, languages)
    for way in ways:
        whole = [choice for choice, texts in labels if way in texts]
        if whole:
            return whole[0]
    meant = yes_or_no(text, choices)
    if meant is not None and not any(each is not meant and _begins(ways, texts) for each, texts in labels):
        return meant
    for way in ways:
        beginning = [choice for choice, texts in labels if len(way) >= SHORTEST_BEGINNING and any(text.startswith(way) for text in texts)]
        if beginning:
            return beginning[0] if len(beginning) == 1 else None
    return None


def choose_inside(text: str, choices: Sequence[Choice], languages: Sequence[Language]) -> Choice | None:
    """The one choice in whose label the words stand, the last of them perhaps only begun: "giao thông" for "Tai nạn giao thông"."""
    said = strip_courtesy(fold(text))
    if len(said) < SHORTEST_INSIDE:
        return None
    found = [
        choice for choice in choices if any(f" {said}" in f" {fold(language.text(choice.label))}" for language in languages)
    ]
    return found[0] if len(found) == 1 else None


def several(text: str, choices: Sequence[Choice], languages: Sequence[Language]) -> tuple[Choice, ...]:
    """The choices of a list of numbers ("1, 3"), where each of them can be chosen together with others; none if one cannot."""
    numbers = numbers_in(text, languages)
    found = tuple(choice for number in numbers if (choice := by_number(number, choices)) is not None and choice.several)
    return found if len(found) == len(numbers) > 1 else ()


def by_number(number: int, choices: Sequence[Choice]) -> Choice | None:
    return next((choice for each, choice in numbered(choices) if each == number), None)


def _ways(said: str, labels: Sequence[tuple[Choice, set[str]]], languages: Sequence[Language]) -> tuple[str, ...]:
    """What may have been meant: as typed, without polite words, without "choose" in front, without leftovers of telex."""
    plain = strip_courtesy(said)
    ways = [said, plain, without_lead(plain, languages)]
    if not all(is_syllable(word) for word in plain.split()):
        vocabulary = frozenset(word for _, texts in labels for text in texts for word in text.split())
        ways.append(fold(untelex(plain, vocabulary)))
    return tuple(dict.fromkeys(way for way in ways if way))


def yes_or_no(text: str, choices: Sequence[Choice]) -> Choice | None:
    """The choice that the text means by a yes or a no: of those that say of themselves that they are one.

    What is called wrong is a no as well where the no only leaves the question: it never stands for a value ("Not met").
    """
    said = read_yes_or_no(text)
    if said in (None, "unclear"):
        return None
    found = [choice for choice in choices if choice.says == said]
    if not found and said == "no":
        found = [choice for choice in choices if choice.says == "wrong"]
    if not found and said == "wrong":
        found = [choice for choice in choices if choice.says == "no" and _leaves(choice)]
    return found[0] if len(found) == 1 else None


def _leaves(choice: Choice) -> bool:
    return isinstance(choice.action, Go) or (isinstance(choice.action, Answer) and choice.action.value in CONTROLS)


def _begins(ways: Sequence[str], texts: Collection[str]) -> bool:
    """Whether a label begins with the words: "chưa" is the answer "Chưa có" before it is a no."""
    return any(text.startswith(f"{way} ") for text in texts for way in ways)

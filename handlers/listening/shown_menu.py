"""The list a person has before his eyes: which of its choices a text means, and what is said when a number means none of them."""

from __future__ import annotations

from collections.abc import Sequence

from handlers.kit.language import Language
from handlers.kit.menu import by_number, choose, choose_inside, several, yes_or_no
from handlers.kit.menu_numbers import numbers_in
from handlers.kit.message import m
from handlers.kit.reply import CONFIRM, Answer, Choice, Choices, say
from handlers.kit.turn import Outcome, Turn
from handlers.kit.wire import decode_choices
from storage import conversation
from storage.conversation import Menu

NUMBER_SECONDS = 12 * 3_600
"""How long after it was shown a typed number is taken for a choice: a "1" of tomorrow is no answer to yesterday's list."""

GROUP_SECONDS = 15 * 60

LIKELY = 20
"""A greater number was hardly meant for a list: rather for a figure."""


def mark_in_group(turn: Turn) -> str:
    """Whose list it is among several people: another one's number means another list."""
    return f"group/{turn.owner}"


class ShownMenu:
    """The last list shown where the turn was said; in a group the last one that this person was shown.

    ``of``: the last one of this dialogue's question, which letters and other lists may have followed.
    """

    def __init__(self, turn: Turn, languages: Sequence[Language], of: str | None = None) -> None:
        group = turn.place.kind == "group"
        menu = conversation.latest_menu(turn.read, turn.place.channel, turn.place.address, mark_in_group(turn) if group else of)
        self._languages = languages
        self._fresh = menu is not None and menu.created_at >= turn.now - (GROUP_SECONDS if group else NUMBER_SECONDS)
        self._menu: Menu | None = None if menu is None or menu.expires_at <= turn.now else menu
        self._choices = () if self._menu is None else decode_choices(self._menu.choices)

    @property
    def of_dialogue(self) -> str | None:
        """The dialogue whose question the list answers."""
        return None if self._menu is None else self._menu.dialogue

    @property
    def choices(self) -> tuple[Choice, ...]:
        """What stands in it, fresh or not."""
        return self._choices

    @property
    def commits(self) -> bool:
        """Whether one of its choices files or sends something."""
        return any(choice.action == CONFIRM for choice in self._choices)

    def names_number(self, text: str) -> bool:
        """Whether the text is numbers of a list and nothing else."""
        return bool(numbers_in(text, self._languages))

    def numbered(self, text: str) -> Choice | None:
        """The choice whose number the text is; None where it is none, or another text."""
        numbers = numbers_in(text, self._languages)
        return by_number(numbers[0], self._choices) if len(numbers) == 1 else None

    def choice(self, text: str, *, exact: bool) -> Choice | None:
        return choose(text, self._choices, self._languages, exact=exact) if self._fresh else None

    def agreed(self, text: str) -> Choice | None:
        """The choice that a yes or a no means, of those that say of themselves that they are one."""
        return yes_or_no(text, self._choices)

    def inside(self, text: str) -> Choice | None:
        """For a text that means nothing else: words that stand in one label alone."""
        return choose_inside(text, self._choices, self._languages) if self._fresh else None

    def together(self, text: str) -> tuple[Choice, ...]:
        """Several choices by their numbers."""
        return several(text, self._choices, self._languages) if self._fresh else ()

    def labels(self, choices: Sequence[Choice]) -> str:
        """The labels as they would be typed."""
        return ", ".join(self._languages[0].text(choice.label) for choice in choices)

    def again(self, text: str) -> Outcome | None:
        """The list once more, for numbers that choose nothing from it: none such, too many, or too late. None: the text is no number."""
        numbers = numbers_in(text, self._languages)
        kept = tuple(choice for choice in self._choices if not isinstance(choice.action, Answer))
        if not numbers or not kept or max(numbers) > LIKELY:
            return None
        if not self._fresh:
            return Outcome(say(m("The list with these numbers is no longer current. Please choose again:"), Choices(kept)))
        missing = next((number for number in numbers if by_number(number, self._choices) is None), None)
        if missing is not None:
            return Outcome(say(m("The list shown has no number {number}. Please choose again:", number=missing), Choices(kept)))
        if len(numbers) > 1:
            return Outcome(say(m("Only one of them can be chosen. Please choose again:"), Choices(kept)))
        return None

"""Lists that are too long for an answer: the ones nearest to now stay, and it is said how many are left and what shows them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from handlers.kit.message import Message, mn
from handlers.kit.reply import Text

T = TypeVar("T")


def nearest(found: Sequence[T], now: int, most: int, due: Callable[[T], int]) -> list[T]:
    """At most so many, in their order: what is due in these days is never hidden behind what is long past, or far away."""
    kept = sorted(range(len(found)), key=lambda place: (abs(due(found[place]) - now), place))[:most]
    return [found[place] for place in sorted(kept)]


def left_over(every: Sequence[object], shown: Sequence[object], words: Message) -> tuple[Text, ...]:
    """The line that says how many are not shown, and the words to type for them; nothing where all are."""
    count = len(every) - len(shown)
    if count <= 0:
        return ()
    return (Text(mn("{count} more: type “{words}” to see it.", "{count} more: type “{words}” to see them.", count, words=words), "note"),)

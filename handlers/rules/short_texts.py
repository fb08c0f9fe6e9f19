"""What was made of short texts, kept: names, codes and words are asked about over and over. What people write at length is not kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

SHORT = 60
"""Characters."""


def remembering(function: Callable[Concatenate[str, P], T]) -> Callable[Concatenate[str, P], T]:
    """The pure function of a text (and of whatever else it is given, by place), answering from memory for short ones."""
    remembered = lru_cache(maxsize=8_192)(function)

    @wraps(function)
    def asked(text: str, /, *args: P.args, **kwargs: P.kwargs) -> T:
        if len(text) > SHORT:
            return function(text, *args, **kwargs)
        return remembered(text, *args, **kwargs)  # type: ignore[arg-type]  # mypy does not know that they can be hashed

    return asked

"""The few facts about the running instance that an answer may mention. Some are known only after a while (the bot's own name)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Facts(Mapping[str, str]):
    """name -> text; a fact whose source is still empty is absent."""

    sources: Mapping[str, Callable[[], str]]

    def __getitem__(self, name: str) -> str:
        text = self.sources[name]()
        if not text:
            raise KeyError(name)
        return text

    def __iter__(self) -> Iterator[str]:
        return (name for name, source in self.sources.items() if source())

    def __len__(self) -> int:
        return sum(1 for _ in self)

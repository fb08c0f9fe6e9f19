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


@dataclass(frozen=True)
class Known(Mapping[str, str]):
    """What is ``fixed`` since the start, and the ``others``."""

    fixed: Mapping[str, str]
    others: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fixed[name] if name in self.fixed else self.others[name]

    def __iter__(self) -> Iterator[str]:
        yield from self.fixed
        yield from (name for name in self.others if name not in self.fixed)

    def __len__(self) -> int:
        return sum(1 for _ in self)

"""How far a letter has come: its rendered parts, and the platform's id of each one that was sent."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from bot.channels.base import Button, Part
from bot.rendering.parts import Link


@dataclass(slots=True)
class Progress:
    """``unknown``: how many attempts ended without an answer. Without parts it is rendered anew (on another channel, say).

    ``links``: of its files, by block; ``drawn``: the hashes of its charts' pictures. ``uncounted``: messages that have left and are not
    written down yet.
    """

    parts: list[Part]
    ids: list[str | None]
    unknown: int = 0
    links: dict[int, Link] = field(default_factory=dict)
    drawn: dict[int, str] = field(default_factory=dict)
    uncounted: int = 0

    @property
    def begun(self) -> bool:
        """Whether a part has arrived."""
        return any(each is not None for each in self.ids)

    def dump(self) -> str:
        links = {index: [link.size, link.url, link.until] for index, link in self.links.items()}
        parts = [asdict(part) for part in self.parts]
        kept = {"parts": parts, "ids": self.ids, "unknown": self.unknown, "links": links, "drawn": self.drawn}
        return json.dumps(kept, ensure_ascii=False)

    def receipt(self) -> str:
        """What is kept of a sent letter: the platform's ids. Its content stands in the reply."""
        return json.dumps({"ids": self.ids, "unknown": self.unknown})

    @classmethod
    def load(cls, text: str) -> Progress:
        """What `dump` wrote. What cannot be read (of another version of the program) is an attempt of which nothing is known."""
        try:
            raw = json.loads(text)
            parts = [
                Part(**{**part, "buttons": tuple(tuple(Button(**button) for button in row) for row in part["buttons"])})
                for part in raw["parts"]
            ]
            ids = [None if each is None else str(each) for each in raw["ids"]]
            if len(ids) != len(parts):
                raise ValueError("parts and ids do not belong together")
            links = {int(index): _link(given) for index, given in raw.get("links", {}).items()}
            drawn = {int(index): str(sha256) for index, sha256 in raw.get("drawn", {}).items()}
            return cls(parts, ids, int(raw["unknown"]), links, drawn)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return cls([], [], 1)


def _link(given: list[object] | int) -> Link:
    """Earlier versions kept the size alone."""
    if isinstance(given, int):
        return Link(given)
    size, url, until = given
    return Link(int(str(size)), str(url), int(str(until)))

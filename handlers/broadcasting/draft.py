"""What the secretary has said so far about a broadcast, as the dialogue's answers hold it between two turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from handlers.broadcasting.audience import Audience
from handlers.broadcasting.letter import Attached
from handlers.broadcasting.naming import Doubt, Heard
from handlers.kit.turn import Json


@dataclass(frozen=True, slots=True)
class Draft:
    """``id`` is minted at the beginning: the same draft confirmed twice is one broadcast.

    ``audience`` None: not said yet; while units are picked they stand in ``picked`` (with ``roles`` that narrow them). ``at`` is the
    instant it goes out, None at once; ``anyway``: at once though these are quiet hours. ``before`` is the text that another one has
    replaced, ``typed`` one of which it is being asked what it is: nothing that was typed is lost.
    """

    id: str
    audience: Audience | None = None
    roles: tuple[str, ...] = ()
    picked: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    text: str = ""
    attached: Attached | None = None
    at: int | None = None
    anyway: bool = False
    before: str = ""
    typed: str = ""

    def dump(self) -> dict[str, Json]:
        return {
            "id": self.id,
            "audience": None if self.audience is None else self.audience.dump(),
            "roles": list(self.roles),
            "picked": list(self.picked),
            "doubts": [[each.word, list(each.ids), each.merged] for each in self.doubts],
            "text": self.text,
            "file": None if self.attached is None else self.attached.dump(),
            "at": self.at,
            "anyway": self.anyway,
            "before": self.before,
            "typed": self.typed,
        }

    @classmethod
    def load(cls, answers: Mapping[str, Json]) -> Draft:
        said, at = answers.get("audience"), answers.get("at")
        return cls(
            str(answers["id"]),
            Audience.load(said) if isinstance(said, str) else None,
            _strings(answers.get("roles")),
            _strings(answers.get("picked")),
            tuple(_doubt(each) for each in _list(answers.get("doubts"))),
            str(answers.get("text", "")),
            Attached.load(answers.get("file")),
            at if isinstance(at, int) else None,
            bool(answers.get("anyway")),
            str(answers.get("before", "")),
            str(answers.get("typed", "")),
        )

    def with_text(self, text: str) -> Draft:
        """With another text; the one that it replaces can be had again."""
        before = self.text if self.text and self.text != text else self.before
        return replace(self, text=text, before="" if before == text else before, typed="")

    def without_text(self) -> Draft:
        """The text is to be typed anew; the one there was can be had again."""
        return replace(self, text="", before=self.text or self.before)

    def settled(self, heard: Heard) -> Draft:
        """With what was heard about the audience; the units named before stay picked."""
        if heard.everyone:
            return replace(self, audience=Audience(), roles=(), picked=(), doubts=())
        if heard.audience.event:
            return replace(self, audience=heard.audience, roles=(), picked=(), doubts=())
        picked = tuple(dict.fromkeys((*self.picked, *heard.audience.units)))
        roles = tuple(dict.fromkeys((*self.roles, *heard.audience.roles)))
        done = not heard.doubts and not heard.unknown and bool(picked or roles)
        return replace(
            self, audience=Audience(roles, picked) if done else None, roles=roles, picked=picked, doubts=(*self.doubts, *heard.doubts)
        )

    def with_unit(self, unit_id: str) -> Draft:
        """One more unit picked; the first doubt is settled by it."""
        return replace(self, audience=None, picked=tuple(dict.fromkeys((*self.picked, unit_id))), doubts=self.doubts[1:])

    def chosen(self) -> Draft:
        """Done with picking units."""
        return replace(self, audience=Audience(self.roles, self.picked), doubts=())


def _list(raw: Json) -> list[Json]:
    return raw if isinstance(raw, list) else []


def _strings(raw: Json) -> tuple[str, ...]:
    return tuple(str(each) for each in _list(raw))


def _doubt(raw: Json) -> Doubt:
    word, ids, merged = _list(raw)
    return Doubt(str(word), _strings(ids), bool(merged))

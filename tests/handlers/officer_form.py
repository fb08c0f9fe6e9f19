"""One officer's page of the form of a duty, without the web around it: what its fields show, and what is sent from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from handlers.kit.message import Message
from handlers.kit.reply import Reply
from handlers.kit.turn import Outcome, Said, Turn
from handlers.reporting.confirming import Confirmed
from handlers.reporting.desk import Desk, open_desk, save_effects
from handlers.reporting.form import Change, Filling, fill, mark
from handlers.reporting.form_filing import file_form
from tests.handlers.reporting_world import ENGLISH, M9, World

T = TypeVar("T")
NTM01, NTM02, NTM04, NGH01 = "NTM26.NTM01", "NTM26.NTM02", "NTM26.NTM04", "NTM26.NGH01"


class Form:
    """One officer's page of one duty: what its fields show, and what is sent from it."""

    def __init__(self, world: World, person: str = "lan", duty: str = M9) -> None:
        self.world, self.talk, self.duty = world, world.talk(person), duty
        self.seen: dict[str, str] = {}
        self.revision = 0
        self.filling = Filling.__new__(Filling)

    async def with_desk(self, function: Callable[[Turn, Desk], T]) -> T:
        found: list[T] = []

        def handle(turn: Turn) -> Outcome:
            desk = open_desk(turn, self.duty)
            assert isinstance(desk, Desk), desk
            found.append(function(turn, desk))
            return Outcome(Reply(()))

        await self.world.database.read(lambda read: self.talk.decide(read, Said(""), handle))
        return found[0]

    async def look(self) -> Desk:
        """The page is loaded."""
        desk = await self.with_desk(lambda turn, desk: desk)
        self.seen = {item.id: mark(item, desk.sheet.entries.get(item.id)) for item in desk.paper.items}
        self.revision = desk.revision
        return desk

    async def send(self, *changes: Change) -> Filling:
        """Fields are saved; what the page does not know of its own, it knows from its last look."""

        def decide(turn: Turn, desk: Desk) -> tuple[Filling, tuple[object, ...], Desk]:
            filling = fill(turn, desk, changes)
            return filling, save_effects(turn, desk, filling.sheet), desk

        self.filling, effects, desk = await self.with_desk(decide)
        await self.world.database.write(effects)  # type: ignore[arg-type]
        self.revision = desk.revision + bool(effects)
        return self.filling

    async def type(self, **fields: str) -> Filling:
        """``NTM01="85"``: typed into the field of that code."""
        desk = await self.with_desk(lambda turn, desk: desk)
        ids = {item.code.replace(".", "_"): item.id for item in desk.paper.items}
        return await self.send(*(Change(ids[code], raw, self.seen.get(ids[code], "")) for code, raw in fields.items()))

    async def stored(self) -> dict[str, str | None]:
        desk = await self.with_desk(lambda turn, desk: desk)
        return {item_id.removeprefix("NTM26."): entry.value for item_id, entry in desk.sheet.entries.items()}

    async def confirm(self, seen: int | None = None) -> Confirmed | Message:
        revision = self.revision if seen is None else seen
        done = await self.with_desk(lambda turn, desk: file_form(turn, desk, revision))
        if isinstance(done, Confirmed):
            await self.world.database.write(done.effects)
        return done


def said(filling: Filling, item_id: str) -> str:
    return " ".join(ENGLISH.text(line) for line in filling.questions[item_id].lines)

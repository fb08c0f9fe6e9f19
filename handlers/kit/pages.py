"""Links to pages of the web side, for what a chat cannot do: a whole form, a file on a channel without files, an upload."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.kit.turn import Turn
from storage import page_links
from storage.connection import Effect, effect

MINUTES = 30


@dataclass(frozen=True, slots=True)
class Page:
    """A page's address, and the effect that makes it good."""

    url: str
    effect: Effect


def page(turn: Turn, kind: page_links.Kind, subject: str, *, minutes: int = MINUTES) -> Page | None:
    """A new page for whoever speaks; None where the web side has no public address (`THIDUA_PUBLIC_URL`): say then how else it is done.

    The reply that shows the address says ``once``: it is forgotten as soon as it is sent.
    """
    root = turn.facts.get("public_url")
    if not root or turn.who is None:
        return None
    token, account = turn.mint_secret(), (turn.place.channel, turn.place.address)
    made = effect(page_links.add, token, kind, turn.who.id, subject, turn.now, turn.now + minutes * 60, account)
    return Page(f"{root}/p/#{token}", made)

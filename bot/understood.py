"""An update as the inbox keeps it: what was understood of it, as JSON. The platform's own payload is never stored.

So nothing is kept that no handler is given: the message that a file answers to, a telephone number beside a name, a place.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from bot.channels.base import Inbound, RemoteFile
from handlers.kit.turn import Input, Other, Said, Tapped

_KEPT = '{"understood":'
_OF_SCREENED = '{"screened":'
"""How versions before 0.2 wrote one that had been screened; they kept the others as their platform had written them."""

_KINDS: dict[str, type[Said | Tapped | Other]] = {"said": Said, "tapped": Tapped, "other": Other}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def write(inbound: Inbound) -> str:
    """The payload to store; `read` gives the same update again."""
    given = inbound.input
    if given is not None and type(given) not in _NAMES:
        raise TypeError(f"a channel gave {type(given).__name__}")
    fields = {**asdict(inbound), "kind_of_input": "" if given is None else _NAMES[type(given)]}  # type: ignore[index]
    return _KEPT + json.dumps(fields, ensure_ascii=False) + "}"


def read(payload: str) -> Inbound | None:
    """The update that was stored; None for a payload that an earlier version kept as its platform had written it."""
    if payload.startswith(_KEPT):
        fields = json.loads(payload)["understood"]
        kind = fields.pop("kind_of_input")
        given = fields.pop("input")
        file = fields.pop("file")
        return Inbound(
            **fields, input=None if not kind else _KINDS[kind](**given), file=None if file is None else RemoteFile(**file)
        )
    if payload.startswith(_OF_SCREENED):
        fields = json.loads(payload)["screened"]
        given = fields.pop("input")
        fields.pop("file")
        kept: Input = Said(**given) if "text" in given else Other(**given)
        return Inbound(**fields, input=kept)
    return None

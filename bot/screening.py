"""What never reaches the inbox as it was typed: State secrets, identity numbers, joining codes.

Of a marked message only the fact is kept (Luật Bảo vệ bí mật nhà nước 2025), of a code only its digest. What is stored instead of the
raw update is the understood one, without the content.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from bot.channels.base import Inbound
from handlers.kit.turn import Other, Said
from handlers.rules.identity_numbers import personal_number
from handlers.rules.joining_codes import find_code
from handlers.rules.secret_marks import secret_mark
from storage.invitations import digest

SCREENED = '{"screened":'


def screen(inbound: Inbound) -> str | None:
    """The payload to store instead of the raw one; None when the message may be stored as it came."""
    texts = [inbound.input.text] if isinstance(inbound.input, Said) else []
    names = []
    if inbound.file is not None:
        texts.append(inbound.file.caption)
        names.append(inbound.file.name)
    if any(secret_mark(text) for text in texts) or any(secret_mark(name, file_name=True) for name in names):
        return _stored(replace(inbound, input=Other("secret"), file=None))
    if any(personal_number(text) for text in (*texts, *names)):
        return _stored(replace(inbound, input=Other("personal"), file=None))
    if isinstance(inbound.input, Said):
        code = find_code(inbound.input.text)
        if code is not None:
            return _stored(replace(inbound, input=replace(inbound.input, text="••••••••", code_hash=digest(code))))
    return None


def only_the_fact(inbound: Inbound) -> str:
    """The payload of a message of which nothing is kept but that it came."""
    return _stored(replace(inbound, input=Other("unsupported"), file=None))


def read_screened(payload: str) -> Inbound | None:
    """The understood update that `screen` stored; None for a raw payload."""
    if not payload.startswith(SCREENED):
        return None
    raw = json.loads(payload)["screened"]
    given = raw.pop("input")
    raw.pop("file")
    return Inbound(**raw, input=Said(**given) if "text" in given else Other(**given))


def _stored(inbound: Inbound) -> str:
    return SCREENED + json.dumps(asdict(inbound), ensure_ascii=False) + "}"

"""What is never kept as it was typed: State secrets, identity numbers, joining codes.

Of a marked message only the fact is kept (Luật Bảo vệ bí mật nhà nước 2025), of a code only its digest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from bot.channels.base import Inbound
from handlers.kit.turn import Other, Said
from handlers.rules.identity_numbers import personal_number
from handlers.rules.joining_codes import find_code
from handlers.rules.secret_marks import secret_mark
from storage.invitations import digest


def screen(inbound: Inbound) -> Inbound:
    """The update as it may be kept and answered; ``inbound`` itself where nothing of it has to be left out."""
    if inbound.display_name and (secret_mark(inbound.display_name) or personal_number(inbound.display_name)):
        inbound = replace(inbound, display_name="")
    texts = [inbound.input.text] if isinstance(inbound.input, Said) else []
    names = []
    if inbound.file is not None:
        texts.append(inbound.file.caption)
        names.append(inbound.file.name)
    if any(secret_mark(text) for text in texts) or any(secret_mark(name, file_name=True) for name in names):
        return only_the_fact(inbound, "secret")
    if any(personal_number(text) for text in (*texts, *names)):
        return only_the_fact(inbound, "personal")
    if isinstance(inbound.input, Said):
        code = find_code(inbound.input.text)
        if code is not None:
            return replace(inbound, input=replace(inbound.input, text="••••••••", code_hash=digest(code)))
    return inbound


def only_the_fact(inbound: Inbound, kind: Literal["secret", "personal", "unsupported"] = "unsupported") -> Inbound:
    """A message of which nothing is kept but that it came."""
    return replace(inbound, input=Other(kind), file=None)

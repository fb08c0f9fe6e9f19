"""What a text about reminders wants: all of them off, all on, only some of them or at some hours, or to see how it stands.

Reminders are one switch. A wish for less than all ("buổi tối", "báo cáo quý", "tạm", "chỉ …") is no wish to switch everything off, and
a question ("sao không nhắc") is no wish at all.
"""

from __future__ import annotations

import re
from typing import Literal

from handlers.rules.text import fold, strip_courtesy
from handlers.rules.words import Spoken

Wish = Literal["off", "on", "part", "show"]

_OFF = frozenset(("off", "tat", "ngung", "ngat", "dung", "khong", "ko", "thoi", "huy", "bo", "stop", "no", "disable", "khoi"))
_ON = frozenset(("on", "bat", "mo", "enable"))
_ALL = frozenset(("""
    het ca tat moi toan bo hoan cac nhung all every any everything nhac nho nhacnho loi tin thong bao viec reminders reminder remind
    reminding me notifications turn send sending the toi em minh chau cho gui can phai muon nua di a nhe nha roi bot lam on vui xin de nghi
    hay giup dong chi please luon lai che do chuc nang duoc nhan gi ma ra khoi thi tro cai dat
""").split())  # noqa: SIM905
"""Words that say no less than everything."""

_OTHERWISE = frozenset(("tối", "tới", "bớt", "đúng"))
"""Other words than the ones above, which are the same without their marks: "tối" is no "tôi"."""

_ASKS = re.compile(
    r"\b(?:sao|vi sao|tai sao|the nao|khi nao|bao gio|may gio|lam gi|dau|con khong|chua)\b|\b(?:co|con|dang|van)\b.*\b(?:khong|ko|chua)$|"
    r"\bduoc (?:khong|ko)$|\bwhy\b|\bhow\b|\bwhen\b"
)


def read_wish(text: str) -> Wish:
    """The wish in the whole text as typed; "show" where it names none."""
    said = strip_courtesy(fold(text.lstrip("/")))
    words = re.findall(r"[^\W_]+", said)
    off, on = [word for word in words if word in _OFF], [word for word in words if word in _ON]
    if not off and not on:
        return "show"
    if "?" in text or _ASKS.search(said):
        return "show"
    if any(word.typed in _OTHERWISE for word in Spoken.of(text).words):
        return "part"
    rest = [word for word in words if word not in _ALL and word not in _OFF and word not in _ON]
    if rest or (off and on) or _double(words):
        return "part"
    return "off" if off else "on"


def _double(words: list[str]) -> bool:
    """ "Đừng tắt", "không ngừng nhắc": two that undo each other."""
    stops = [word for word in words if word in ("tat", "ngung", "ngat", "huy", "bo", "stop", "disable")]
    denials = [word for word in words if word in ("dung", "khong", "ko", "no", "khoi")]
    return bool(stops) and bool(denials)

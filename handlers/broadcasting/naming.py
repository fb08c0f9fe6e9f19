"""Which audience a text names: "toàn Cụm", "lãnh đạo các đơn vị", "Lạng Sơn, Cao Bằng", "các đơn vị chưa nộp báo cáo tổng kết"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from handlers import progress
from handlers.broadcasting.audience import EVERYBODY, Audience, members
from handlers.kit.turn import Turn
from handlers.rules.names import NameIndex
from handlers.rules.prose import announces
from handlers.rules.text import fold
from handlers.schedule.asked_time import Period, Words, asked_time
from handlers.scores.score_query import index_of
from storage import units
from storage.calendar import Event
from storage.people import UNIT_ROLES

MOST_PIECES = 200
LONGEST_AUDIENCE = 600
"""Characters. What is longer is the message itself."""

CALLED = re.compile(r"^(?:gui |ra |soan )?(?:thong bao|broadcast|notify)\b")
"""How a text begins, folded, that asks for a message to be sent."""

_BEFORE_TEXT = re.compile(r"^(?P<who>[^:\n]{1,600})(?::|\n)\s*(?P<text>\S.*)$", re.DOTALL)
_ADDRESSED = re.compile(r"^(?:(?:gui |ra )?thong bao |gui )?(?:cho|toi|den|to|for) ")
_APART = re.compile(r"\s*[,;\n]+\s*|\s+(?:và|va|and|&)\s+", re.IGNORECASE)
_TO = re.compile(
    r"^(?:\s*(?:thông báo|thong bao|broadcast|gửi|gui|ra|cho|tới|toi|đến|den|to|for|send|notify)(?=\s|:|$))+\s*", re.IGNORECASE
)
_EVERYONE = frozenset((
    "toan cum", "ca cum", "tat ca", "tat ca moi nguoi", "moi nguoi", "toan the", "toan bo", "toan bo cum", "tat ca cac don vi",
    "cac don vi", "tat ca don vi", "tat ca cac tinh", "cac tinh", "moi don vi", "cac don vi trong cum", "tat ca cac don vi trong cum",
    "cum", "everyone", "everybody", "all", "all units", "the whole cluster", "whole cluster",
))  # fmt: skip
_ROLE_WORDS = {
    "officer": "can bo dau moi|can bo phu trach|can bo|chuyen vien|dau moi|officers|officer",
    "leader": "lanh dao|leaders|leader",
    "verifier": "to tham dinh|tham dinh|verifiers|verifier",
    "observer": "quan sat|observers|observer",
    "secretary": "thu ky|secretaries|secretary",
    "admin": "quan tri|administrators|administrator|admin",
}
_ROLES = tuple((words, role) for role, every in _ROLE_WORDS.items() for words in every.split("|"))
_MISSING = re.compile(
    r"^(?:cac |nhung |tat ca )*(?:don vi |tinh |noi |ai |units? )*(?:con )?"
    r"(?:chua (?:nop|bao cao|gui|co so lieu)|(?:that have )?not (?:yet )?(?:reported|filed)|without a report)\b(?P<what>.*)$"
)
_FILLERS = frozenset((
    "cac", "nhung", "tat", "ca", "don", "vi", "tinh", "thanh", "pho", "xa", "phuong", "ubnd", "so", "noi", "vu", "cua", "cum", "trong",
    "toan", "doan", "dong", "chi", "nguoi", "moi", "cho", "va", "lanh", "dao", "can", "bo", "of", "the", "all", "units", "in",
))  # fmt: skip
"""Words around a name that say nothing more."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A name that could mean several units, or one that has gone into others: which one is meant?"""

    word: str
    ids: tuple[str, ...]
    merged: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What a text names. ``which_event``: units that have not filed, but of several deadlines; ``unknown``: what names nobody."""

    audience: Audience = EVERYBODY
    everyone: bool = False
    doubts: tuple[Doubt, ...] = ()
    unknown: tuple[str, ...] = ()
    which_event: bool = False

    @property
    def clear(self) -> bool:
        """Whether it names an audience and nothing else, doubts apart."""
        named = self.everyone or self.audience != EVERYBODY or bool(self.doubts) or self.which_event
        return named and not self.unknown


def hear(turn: Turn, text: str) -> Heard:
    """Read the text as an audience."""
    written = _TO.sub("", text.strip())
    said = written.strip(" .:")
    if not said:
        return Heard()
    missing = _MISSING.match(fold(said))
    if missing is not None and not announces(written):
        return _missing(turn, missing["what"].strip())
    heard = Heard()
    known = members(turn.read, turn.today)
    index = index_of(known)
    for piece in [piece for piece in _APART.split(said) if piece.strip()][:MOST_PIECES]:
        heard = _piece(turn, heard, piece.strip(), index, frozenset(unit.id for unit in known))
    return heard


def hear_with_text(turn: Turn, text: str) -> tuple[Heard | None, str]:
    """The audience before a colon (or in the first line) and the text behind it. Without an audience None, without a text ""."""
    found = _BEFORE_TEXT.match(text)
    if found is not None and not (found["who"][-1].isdigit() and found["text"][0].isdigit()):     # "14:30" is a time
        who, body = found["who"], found["text"].strip()
        heard = hear(turn, who)
        if heard == Heard():
            return None, body
        if heard.clear or heard.audience.units or heard.doubts or (heard.unknown and _ADDRESSED.match(fold(who))):
            return heard, body
    heard = hear(turn, text) if len(text) <= LONGEST_AUDIENCE else Heard()
    return (heard, "") if heard.clear else (None, "")


def _piece(turn: Turn, heard: Heard, piece: str, index: NameIndex, known: frozenset[str]) -> Heard:
    said = fold(piece)
    if said in _EVERYONE:
        return replace(heard, everyone=True)
    role = next(((words, role) for words, role in _ROLES if said == words or said.startswith(words + " ")), None)
    if role is not None:
        heard = replace(heard, audience=replace(heard.audience, roles=_added(heard.audience.roles, role[1])))
        piece = " ".join(piece.split()[len(role[0].split()) :])
        if not _says(fold(piece)):
            return heard
        if role[1] not in UNIT_ROLES:
            return replace(heard, unknown=(*heard.unknown, piece))
    found = index.find_all(piece)
    if (found.ids or found.unsure) and not _says(fold(found.rest)):
        doubts = tuple(Doubt(each.word, each.ids) for each in found.unsure)
        chosen = heard.audience.units
        for unit_id in found.ids:
            chosen = _added(chosen, unit_id)
        return replace(heard, audience=replace(heard.audience, units=chosen), doubts=heard.doubts + doubts)
    merged = _merged(turn, piece, known)
    if merged is not None:
        return replace(heard, doubts=(*heard.doubts, merged))
    return replace(heard, unknown=(*heard.unknown, piece))


def _merged(turn: Turn, piece: str, known: frozenset[str]) -> Doubt | None:
    """A unit of the past: its heirs among the members."""
    former = tuple(unit for unit in units.all_units(turn.read) if unit.id not in known)
    found = index_of(former).find_all(piece)
    ids = (*found.ids, *(unit_id for each in found.unsure for unit_id in each.ids))
    if not ids or _says(fold(found.rest)):
        return None
    heirs = tuple(dict.fromkeys(heir for unit_id in ids for heir in units.successors(turn.read, unit_id) if heir in known))
    return Doubt(units.name_of(turn.read, ids[0]), heirs, merged=True) if heirs else None


def _missing(turn: Turn, what: str) -> Heard:
    running = missing_events(turn)
    fitting = running
    asked = asked_time(what, turn.today) if what else None
    if isinstance(asked, Period):
        fitting = tuple(event for event in running if any(asked.fits(event, year) for year in asked.years))
    elif isinstance(asked, Words):
        fitting = tuple(event for event in running if asked.fits(event))
    filed = tuple(event for event in fitting if event.form is not None)
    fitting = filed if len(filed) == 1 else fitting     # a report rather than something that is only ticked off
    if len(fitting) == 1:
        return Heard(Audience(event=fitting[0].id))
    return Heard(which_event=True) if running else Heard(unknown=(what or "—",))


def missing_events(turn: Turn) -> tuple[Event, ...]:
    """The deadlines that are being collected and that somebody has not met."""
    return tuple(each.event for each in progress.running(turn) if each.missing)


def _added(known: tuple[str, ...], new: str) -> tuple[str, ...]:
    return known if new in known else (*known, new)


def _says(rest: str) -> bool:
    """Whether anything is left that is no filler."""
    return any(word not in _FILLERS for word in re.findall(r"[^\W_]+", rest))

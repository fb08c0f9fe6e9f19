"""Many figures in one message: "ntm01 85, ntm02 12", a pasted list, a pasted table, criteria as "I.2 4750" or "i2 4750".

Items are found by code anywhere, by name in front of a value. What is not understood is given back as typed, what may mean several
items is given back with them: nothing is guessed and nothing is lost.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from handlers.rules.list_marks import spelled_out
from handlers.rules.namematch import EXACT, Match, match_name, name_forms, spelled
from handlers.rules.numbers import Refused, parse_figure
from handlers.rules.text import fold

MAX_LINES = 300
_MOST_SPLITS = 4


@dataclass(frozen=True, slots=True)
class Item:
    """Something a form asks for: ``id`` as in storage (`NTM26.NTM01`, `I.2`, `II.7:vu_viec`), ``code`` and ``name`` as officers know
    it, ``unit`` and ``decimals`` of its figures."""

    id: str
    code: str
    name: str
    unit: str
    decimals: int
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One figure for one item; ``raw`` is as typed, for `parse_figure`. An item that is named twice has two entries."""

    item_id: str
    raw: str


@dataclass(frozen=True, slots=True)
class Unsure:
    """A figure whose item is not clear: ``text`` as typed, at most three items it may mean (likeliest first), the value."""

    text: str
    item_ids: tuple[str, ...]
    raw: str


@dataclass(frozen=True, slots=True)
class Block:
    """What was found in a message, each part in the order of the text."""

    entries: tuple[Entry, ...]
    unknown: tuple[str, ...]
    unsure: tuple[Unsure, ...]


_CODE = re.compile(
    r"(?<![\w.,/])(?:(?P<prefix>[^\W_]+)\.)??(?P<letters>[^\W\d_]{1,8})(?:\s?[.\-_]\s?|\s)?(?P<number>[0-9]{1,3})(?![0-9])"
    r"(?:\s*:\s*(?P<suffix>[^\W\d][\w]*))?(?=[\s:=()\[\]→>\-–—]|[.,;](?:\s|$)|$)"
)
_PLAN_WORD = re.compile(r"\s*[:(]?\s*(?:kế hoạch|ke hoach|kh)\b\)?", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-–—•*+▪●◦✓·>]+\s+|[•*▪●◦✓·]+\s*)?(?:\(?[0-9]{1,2}(?:[.)/]+|\s*:)\s+(?=\D)|[^\W\d_]\)\s*)?")
_TIE = re.compile(r"^[-–—](?=[0-9])|^(?:\s*(?:[:=→]|=>|[-–—]+>)\s*|\s*[-–—]+\s+|[,.;]?\s+)+")
_LIST_MARK = re.compile(r";|,(?=\s|$)|,(?![0-9])")
_FIELD_MARK = re.compile(r"\s*(?:[:=→]|\s[-–—]+>?\s)\s*")
_COUNTED = frozenset(("quy", "q", "thang", "nam", "ky", "dot", "nhom", "thu", "trang", "tuan", "ngay"))
_ANSWER_WORDS = frozenset(("chua", "khong", "ko", "kh", "nhu", "giu", "dat", "dang", "co", "van"))


def _is_value(raw: str, item: Item | None = None) -> bool:
    """Whether ``raw`` can be an answer at all: it holds a digit or says in words what `parse_figure` knows."""
    if re.search("[0-9]", raw):
        return True
    return not isinstance(parse_figure(raw, item.unit if item else "", item.decimals if item else 0), Refused)


class _Index:
    """The items by code and by name. Never changed once it is built: the forms of a year ask every unit for the same items."""

    __slots__ = ("by_code", "items", "names")

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = {item.id: item for item in items}
        self.by_code: dict[tuple[str, int], list[tuple[str, str, Item]]] = {}
        self.names = tuple((item.id, name_forms(item.name, (item.code, *item.aliases))) for item in items)
        for item in items:
            found = _CODE.fullmatch(item.id) or _CODE.fullmatch(item.code)
            if found is not None:
                key = (fold(found["letters"]), int(found["number"]))
                self.by_code.setdefault(key, []).append((fold(found["prefix"] or ""), fold(found["suffix"] or ""), item))

    def find(self, found: re.Match[str]) -> tuple[list[Item], int]:
        """The items a code in the text may mean, and where the code ends."""
        held = self.by_code.get((fold(found["letters"]), int(found["number"])), [])
        prefix, suffix = fold(found["prefix"] or ""), fold(found["suffix"] or "")
        if prefix:
            held = [entry for entry in held if entry[0] == prefix]
        with_suffix = [entry for entry in held if suffix and entry[1] == suffix]
        if with_suffix:
            return [entry[2] for entry in with_suffix], found.end()
        after = found.string[found.end("number") :]
        if (plan := _PLAN_WORD.match(after)) is not None and (plans := [entry for entry in held if entry[1] == "plan"]):
            return [entry[2] for entry in plans], found.end("number") + plan.end()
        plain = [entry for entry in held if not entry[1]] or held
        return [entry[2] for entry in plain], found.end("number")


_index = lru_cache(maxsize=128)(_Index)


@dataclass(slots=True)
class _Findings:
    entries: list[Entry] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    unsure: list[Unsure] = field(default_factory=list)

    def add_unknown(self, text: str) -> None:
        text = text.strip(" \t,;:.|-–—")
        if re.search(r"\w", text) and fold(text) not in ("va", "roi", "cac so lieu"):
            self.unknown.append(text)


def parse_block(text: str, items: Sequence[Item]) -> Block:
    """Read all figures of a message for the items that are asked for."""
    return _parsed(text, _index(tuple(items))) if len(text) <= _SHORT else _parse(text, _index(tuple(items)))


_SHORT = 200
"""A line of figures is read for each report that may be meant, then to take them; what is longer does not stay in memory."""


def _parse(text: str, index: _Index) -> Block:
    findings = _Findings()
    lines = unicodedata.normalize("NFKC", spelled_out(text)).splitlines()
    for line in lines[:MAX_LINES]:
        _read_line(_cleaned(line), index, findings)
    for line in lines[MAX_LINES:]:
        findings.add_unknown(line)
    return Block(tuple(findings.entries), tuple(findings.unknown), tuple(findings.unsure))


_parsed = lru_cache(maxsize=512)(_parse)


def looks_like_block(text: str, items: Sequence[Item]) -> bool:
    """Whether a message names at least one of the items together with a value. A bare figure does not."""
    if not re.search(r"[^\W\d_]", text):
        return False
    index = {item.id: item for item in items}
    return any(_is_value(entry.raw, index[entry.item_id]) for entry in parse_block(text, items).entries)


def _cleaned(line: str) -> str:
    line = "".join(char for char in line if char.isspace() or unicodedata.category(char) not in ("Cf", "Cc"))
    line = re.sub(r"[\t|]", " : ", line.strip().strip("|"))
    line = re.sub(r":(?: :)+", ":", " ".join(line.split())).strip(" :")
    return line[end.end() :] if (end := _BULLET.match(line)) else line


def _read_line(line: str, index: _Index, findings: _Findings) -> None:
    codes = list(_codes(line, index))
    if not codes:
        _read_names(line, index, findings)
        return
    if re.search(r"\w", line[: codes[0][0]]):
        _read_names(line[: codes[0][0]], index, findings)
    for place, (start, end, held) in enumerate(codes):
        upto = codes[place + 1][0] if place + 1 < len(codes) else len(line)
        _read_coded(line[start:end], line[end:upto], held, index, findings)


def _codes(line: str, index: _Index) -> Iterator[tuple[int, int, list[Item]]]:
    """Start, end and items of each code in a line. "quý 3: ntm01" looks like a code with a suffix and holds one: hence step by step."""
    at = 0
    while (found := _CODE.search(line, at)) is not None:
        held, end = index.find(found)
        if held:
            yield found.start(), end, held
        at = end


def _read_coded(code: str, region: str, held: list[Item], index: _Index, findings: _Findings) -> None:
    """A code and what follows it up to the next code."""
    tied = _TIE.match(region)
    raw = region[tied.end() :] if tied else region
    first, *others = _pieces(raw)
    value = _value(first, held[0])
    if len(held) == 1 and not _is_value(value, held[0]) and _is_value(_value(raw, held[0]), held[0]):
        value, others = _value(raw, held[0]), []  # the comma belonged to the name: "HT02 Số công trình, dự án: 4"
    if not re.search(r"\w", value):
        findings.add_unknown(code)
    elif len(held) == 1:
        findings.entries.append(Entry(held[0].id, value))
    else:
        _read_shared(f"{code}{region}", first, value, held, findings)
    for other in others:
        _read_names(other, index, findings)


def _read_shared(text: str, first: str, value: str, held: list[Item], findings: _Findings) -> None:
    """A code that several items share (the events of a criterion): their names may tell."""
    names = tuple((item.id, name_forms(item.name, item.aliases)) for item in held)
    match = match_name(spelled(first.removesuffix(value)), names) if first != value else None
    if match is not None and match.sure:
        findings.entries.append(Entry(match.item_ids[0], value))
    else:
        ids = match.item_ids if match is not None else tuple(item.id for item in held[:3])
        findings.unsure.append(Unsure(text.strip(" ,;."), ids, value))


def _pieces(text: str) -> list[str]:
    return [piece.strip() for piece in _LIST_MARK.split(text)] or [""]


def _tidy(raw: str) -> str:
    return re.sub(r"[\s,;.|]+(?:và|va)?$", "", re.sub(r"\s(?:và|va)$", "", raw.strip())).strip()


def _value(raw: str, item: Item) -> str:
    """The value in the text behind a code, where name and unit may stand too: "NTM01 Số xã đạt chuẩn NTM: 85"."""
    fields = [part for part in _FIELD_MARK.split(raw) if part.strip()]
    if len(fields) > 1:
        raw = next((part for part in reversed(fields) if _is_value(part, item)), fields[-1])
    raw = _tidy(raw)
    if isinstance(parse_figure(raw, item.unit, item.decimals), Refused):
        forms = name_forms(item.name, item.aliases)
        for name, value in _splits(raw):
            match = match_name(spelled(name), ((item.id, forms),))
            if match is not None and not isinstance(parse_figure(value, item.unit, item.decimals), Refused):
                return value
    return raw


def _splits(segment: str) -> Iterator[tuple[str, str]]:
    """The ways to cut "name value" in two: at the last mark, or before a word that can begin a value."""
    marks = list(_FIELD_MARK.finditer(segment))
    for mark in reversed(marks[-3:]):
        yield segment[: mark.start()], _tidy(segment[mark.end() :])
    words = segment.split()
    starts = [place for place in range(1, len(words)) if _can_begin(words, place)]
    for place in reversed(starts[-_MOST_SPLITS:]):
        yield " ".join(words[:place]), _tidy(" ".join(words[place:]))


def _can_begin(words: list[str], place: int) -> bool:
    """Whether a value can begin at the word: a number behind "quý" or before "tháng" names a period."""
    if not words[place].lstrip("-+(")[:1].isdigit():
        return fold(words[place]) in _ANSWER_WORDS
    following = fold(words[place + 1]) if place + 1 < len(words) else ""
    return fold(words[place - 1]) not in _COUNTED and following != "thang"


def _best_split(segment: str, index: _Index) -> tuple[Match, str] | None:
    best: tuple[Match, str] | None = None
    for name, value in _splits(segment):
        if not value or not _is_value(value):
            continue
        match = match_name(spelled(name), index.names)
        if match is not None and (best is None or _weight((match, value)) > _weight(best)):
            best = match, value
            if match.sure and match.score == EXACT:
                break
    return best


def _read_names(segment: str, index: _Index, findings: _Findings) -> None:
    """A segment without codes: one name with its value, or several in a row."""
    segment = segment.strip()
    pieces = [piece for piece in _pieces(segment) if piece]
    parts = _read_pieces(pieces, index) if len(pieces) > 1 else []
    whole = _best_split(segment, index)
    found = sum(part is not None for _, part in parts)
    if found > 1 or (found == 1 and (whole is None or not whole[0].sure)):
        for text, part in parts:
            _keep(text, part, findings)
    else:
        _keep(segment, whole, findings)


def _read_pieces(pieces: list[str], index: _Index) -> list[tuple[str, tuple[Match, str] | None]]:
    """Each piece with what it says. A piece without a value may be the beginning of the next one's name ("Số công trình, dự án: 4")."""
    parts: list[tuple[str, tuple[Match, str] | None]] = []
    for piece in pieces:
        found = _best_split(piece, index)
        if parts and parts[-1][1] is None:
            longer = f"{parts[-1][0]}, {piece}"
            joined = _best_split(longer, index)
            if joined is not None and (found is None or _weight(joined) > _weight(found)):
                parts[-1] = longer, joined
                continue
        parts.append((piece, found))
    return parts


def _weight(found: tuple[Match, str]) -> tuple[bool, float]:
    return found[0].sure, found[0].score


def _keep(segment: str, found: tuple[Match, str] | None, findings: _Findings) -> None:
    if found is None:
        findings.add_unknown(segment)
    elif found[0].sure:
        findings.entries.append(Entry(found[0].item_ids[0], found[1]))
    else:
        findings.unsure.append(Unsure(segment, found[0].item_ids, found[1]))

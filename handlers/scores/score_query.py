"""What a question about scores names: the year, the unit, a group, criterion, movement or indicator, a page, the highest or lowest.

Shared by /xephang, /diem and /sosanh. What cannot be read becomes a `Problem`: a clear answer with choices, never a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, cast

from handlers.kit.message import Day, Message, m, verbatim
from handlers.kit.reply import Choice, Choices, Go
from handlers.kit.turn import Outcome, Said, Turn, answer
from handlers.rules.names import Name, NameIndex, One, Several
from handlers.rules.period_words import take_year
from handlers.rules.picture_words import take_picture
from handlers.rules.short_texts import remembering
from handlers.rules.table import ScoringTable
from handlers.rules.text import clip, fold
from handlers.scores.asked_period import AskedPeriod, take_asked, words_of
from handlers.scores.standing import load_table
from storage import movements, scoring_tables, units
from storage.connection import Snapshot
from storage.memory import once
from storage.units import Unit

Kind = Literal["total", "group", "criterion", "movement", "indicator"]
Extreme = Literal["", "highest", "lowest"]

LABEL_CHARS = 40
"""How much of a long name stands on a button."""

_REF = re.compile(r"#(group|criterion|movement|indicator):([\w.]+)")
_PAGE = re.compile(r"\b(?:trang|page)\s*(\d{1,4})\b")
_GROUP = re.compile(r"\b(?:nhom|group)\s+([ivx]+|\d+)\b")
_CODE = re.compile(r"(?<![\w.])[a-z]+[a-z0-9]*\.?\d+(?:\.\d+)?(?!\w)(?!\.\d)")
_DOTTED = re.compile(r"(?<![\w.])[a-z]+\d*\.[a-z]+\d+(?!\w)")
_ITEM_LIKE = re.compile(r"^(?:nhom|group)\b|^[a-z]+\d*\.?\d+(?:\.\d+)?$")
_HIGHEST = re.compile(r"\b(?:cao nhat|lon nhat|nhieu nhat|tot nhat|highest|best)\b")
_LOWEST = re.compile(r"\b(?:thap nhat|it nhat|kem nhat|nho nhat|lowest|worst)\b")
_WORD = re.compile(r"[^\W_]+(?:[.\-][^\W_]+)*")
FILLERS = frozenset(
    """
    cua nam nay tinh thanh pho hien tai bay gio cho toi don vi minh em chi anh dang dung thu may bao nhieu the nao ra sao la
    o trong cum toan ca tam chinh thuc moi nhat thi dua bang ket qua xem co duoc va voi ve ai gi do den luc ngay hom thang
    diem hang xep cach tong so phong trao tieu criterion unit of in for my our and with versus vs year nhe nhi a giup dau
    tat day du con lai
    """.split()  # noqa: SIM905
)
"""Words of courtesy and of the question itself, which name nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked. ``ids``: the units named, in their order. ``item``: group id, criterion id, movement id or indicator item id.

    ``picture``: it was asked for as a picture.
    """

    table: ScoringTable
    year: int
    year_named: bool
    ids: tuple[str, ...] = ()
    kind: Kind = "total"
    item: str = ""
    page: int = 0
    extreme: Extreme = ""
    picture: bool = False
    period: str = ""              # the one that was named (`asked_period`): figures are of exactly that one, scores of the year

    @property
    def unit_id(self) -> str | None:
        return self.ids[0] if self.ids else None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why the question cannot be answered as it stands."""

    outcome: Outcome


@once
def default_year(read: Snapshot, today: date) -> int | None:
    """The calendar year if it has a scoring table (from January to March the one before, while that is open), else the newest one."""
    known = scoring_tables.years_with_table(read)
    if today.month <= 3 and today.year - 1 in known:
        before = units.year(read, today.year - 1)
        if before is not None and before.closed_at is None:
            return today.year - 1
    if today.year in known:
        return today.year
    return next((year for year in known if year < today.year), known[0] if known else None)


def read_question(turn: Turn, command: str, argument: str) -> Question | Problem:
    """Read the text beside the phrase; ``command`` is what the choices of a problem lead back to."""
    named, asked, page, rest = _when_and_where(argument, turn.today)
    if asked.several:
        return Problem(answer(m("Please ask for one period at a time.")))
    year = named if named is not None else default_year(turn.read, turn.today)
    table = None if year is None else load_table(turn.read, year)
    if year is None or table is None:
        return Problem(_no_table(turn, command, year))
    rest, picture = take_picture(rest, turn.input.text if isinstance(turn.input, Said) else argument)
    rest, highest = _flag(_HIGHEST, rest)
    rest, lowest = _flag(_LOWEST, rest)
    if isinstance(turn.input, Said):      # the phrase that found the command may have been "cao nhất" itself
        said = fold(turn.input.text)
        highest, lowest = highest or _HIGHEST.search(said) is not None, lowest or _LOWEST.search(said) is not None
    kind, item, rest = _subject(turn.read, table, year, rest)
    ids, rest = _ids(turn.read, rest)
    if not ids and unnamed(rest):
        found = _unit(turn, command, year, argument, rest, (kind, item, asked.period))
        if isinstance(found, Problem):
            return found
        ids, rest = found
    if kind == "total" and unnamed(rest):
        by_name = _by_name(turn, command, table, year, rest, asked.period)
        if isinstance(by_name, Problem):
            return by_name
        if by_name is None and not ids:
            return Problem(_unknown(turn, command, year, argument, rest))
        kind, item = by_name or (kind, item)
    for unit_id in ids:
        problem = not_member(turn.read, unit_id, year)
        if problem is not None:
            return Problem(_other_years(turn.read, command, unit_id, problem))
    extreme: Extreme = "highest" if highest else "lowest" if lowest else ""
    return Question(table, year, named is not None, ids, kind, item, int(page or 0), extreme, picture, asked.period)


@remembering
def _when_and_where(text: str, today: date) -> tuple[int | None, AskedPeriod, str, str]:
    """The year named, the period, the page; and the rest, folded."""
    year, rest = take_year(text, today)
    asked = take_asked(rest, today)
    rest, page = _take(_PAGE, fold_keeping_ids(asked.rest))
    return asked.year if year is None else year, asked, page, rest


def fold_keeping_ids(text: str) -> str:
    """Folded, but what buttons name (`ref`, `item_ref`) as it is."""
    return " ".join(word if re.fullmatch(r"@\w+|#\w+:[\w.]+", word) else fold(word) for word in text.split())


def ref(unit_id: str) -> str:
    """A unit as a button names it, beyond any doubt between two units of one name."""
    return f"@{unit_id}"


def item_ref(kind: Kind, item: str) -> str:
    """A movement or indicator as a button names it."""
    return f"#{kind}:{item}"


def _take(pattern: re.Pattern[str], text: str) -> tuple[str, str]:
    found = pattern.search(text)
    return (text, "") if found is None else (f"{text[: found.start()]} {text[found.end() :]}".strip(), found[1])


def _flag(pattern: re.Pattern[str], text: str) -> tuple[str, bool]:
    found = pattern.search(text)
    return (text, False) if found is None else (f"{text[: found.start()]} {text[found.end() :]}".strip(), True)


def _ids(read: Snapshot, text: str) -> tuple[tuple[str, ...], str]:
    known = [word for word in text.split() if word.startswith("@") and units.unit(read, word[1:]) is not None]
    rest = " ".join(word for word in text.split() if not word.startswith("@"))
    return tuple(word[1:] for word in known), rest


def unnamed(rest: str) -> bool:
    """Whether anything is left that is not a word of courtesy or of the question itself."""
    return any(word not in FILLERS for word in _WORD.findall(rest))


def _subject(read: Snapshot, table: ScoringTable, year: int, text: str) -> tuple[Kind, str, str]:
    """A group, criterion or indicator named by its code, or what a button names."""
    if not text:
        return "total", "", text
    named = _REF.search(text)
    if named is not None:
        return cast(Kind, named[1]), named[2], f"{text[: named.start()]} {text[named.end() :]}".strip()
    group = _GROUP.search(text)
    if group is not None:
        wanted = group[1]
        for place, each in enumerate(table.groups, start=1):
            if wanted in (each.id.lower(), str(place)):
                return "group", each.id, f"{text[: group.start()]} {text[group.end() :]}".strip()
    criteria = {each.id.lower().replace(".", ""): each.id for each in table.criteria}
    for found in (*_DOTTED.finditer(text), *_CODE.finditer(text)):
        code = found[0]
        rest = f"{text[: found.start()]} {text[found.end() :]}".strip()
        if code.replace(".", "") in criteria:
            return "criterion", criteria[code.replace(".", "")], rest
        indicator = next((item for item, known in _indicator_codes(read, year) if code in known), None)
        if indicator is not None:
            return "indicator", indicator, rest
    return "total", "", text


def _indicator_codes(read: Snapshot, year: int) -> tuple[tuple[str, tuple[str, str]], ...]:
    return tuple(
        (each.item_id, (each.code.lower(), each.item_id.lower()))
        for movement in movements.open_in(read, year)
        for each in movements.indicators(read, movement.id)
    )


# Units --------------------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _index(names: tuple[Name, ...]) -> NameIndex:
    return NameIndex(names)


def index_of(found: tuple[Unit, ...]) -> NameIndex:
    """An index of these units by name and aliases, built once for each set of them."""
    return _index(tuple(Name(each.id, each.name, each.aliases) for each in found))


def _unit(
    turn: Turn, command: str, year: int, argument: str, text: str, about: tuple[Kind, str, str]
) -> tuple[tuple[str, ...], str] | Problem:
    """The units named, members of the year before others, and the text without them."""
    members = units.members(turn.read, year)
    found = index_of(members).find_all(text)
    if found.unsure:
        kind, item, period = about
        known = " ".join((words_of(period), item_ref(kind, item) if item else "", *map(ref, found.ids)))
        doubt = found.unsure[0]
        return Problem(which(turn, command, year, Several(doubt.ids, as_typed(argument, doubt.word), doubt.rest), known))
    if not unnamed(found.rest):
        return found.ids, found.rest
    taken = {each.id for each in members}
    others = tuple(each for each in units.all_units(turn.read) if each.id not in taken)
    match index_of(others).find(found.rest):
        case One(id=unit_id, rest=rest):
            return (*found.ids, unit_id), rest
        case Several(ids=ids, rest=rest):
            latest = max(ids, key=lambda each: (_first_day(turn.read, each), each))
            return (*found.ids, latest), rest
    return found.ids, found.rest


def as_typed(argument: str, folded: str) -> str:
    """The words of the question that were folded, as the person wrote them."""
    words, count = argument.split(), len(folded.split())
    for start in range(len(words) - count + 1):
        typed = " ".join(words[start : start + count])
        if fold(typed) == folded:
            return typed
    return folded


def _first_day(read: Snapshot, unit_id: str) -> str:
    unit = units.unit(read, unit_id)
    return "" if unit is None else unit.valid_from or ""


def which(turn: Turn, command: str, year: int, doubt: Several, rest: str) -> Outcome:
    """ "LC": Lai Châu hay Lào Cai?"""
    found = [unit for unit in (units.unit(turn.read, each) for each in doubt.ids) if unit is not None]
    choices = tuple(
        Choice(label(unit, found), Go(command, " ".join(f"{rest} {ref(unit.id)} {year}".split()))) for unit in found
    )
    return answer(m("Which unit is meant by “{word}”?", word=doubt.word), Choices(choices, columns=2))


def label(unit: Unit, among: list[Unit]) -> Message:
    """The unit's name; where two share it, with the day one ended or began."""
    if sum(each.name == unit.name for each in among) < 2:
        return verbatim(unit.name)
    if unit.valid_to is not None:
        return m("{unit} (until {day})", unit=unit.name, day=Day(date.fromisoformat(unit.valid_to)))
    return m("{unit} (since {day})", unit=unit.name, day=Day(date.fromisoformat(unit.valid_from or "0001-01-01")))


def not_member(read: Snapshot, unit_id: str, year: int) -> Message | None:
    """Why the unit is not in that year's ranking: merged, not yet existing, not a member; None when it is a member."""
    if units.is_member(read, year, unit_id):
        return None
    unit = units.unit(read, unit_id)
    if unit is None:
        return m("No unit is known as {unit}.", unit=unit_id)
    if unit.valid_to is not None and unit.valid_to < f"{year}-01-01":
        heirs = tuple(units.name_of(read, each) for each in units.successors(read, unit_id))
        since = date.fromisoformat(unit.valid_to) + timedelta(days=1)
        if heirs:
            return m("{unit} was merged into {heirs} on {day}; it has no ranking of its own in {year}.", unit=unit.name, heirs=heirs,
                     day=Day(since), year=str(year))  # fmt: skip
        return m("{unit} ceased to exist on {day}.", unit=unit.name, day=Day(since))
    if unit.valid_from is not None and unit.valid_from > f"{year}-12-31":
        return m(
            "{unit} has existed in its present form only since {day}; it has no ranking in {year}.", unit=unit.name,
            day=Day(date.fromisoformat(unit.valid_from)), year=str(year),
        )  # fmt: skip
    return m("{unit} was not a member of the cluster in {year}.", unit=unit.name, year=str(year))


# Problems -----------------------------------------------------------------------------------------------------------------------


def _no_table(turn: Turn, command: str, year: int | None) -> Outcome:
    known = scoring_tables.years_with_table(turn.read)
    if not known or year is None:
        return answer(m("No scoring table has been issued yet, so there is no ranking."))
    choices = tuple(Choice(m("Year {year}", year=str(each)), Go(command, str(each))) for each in known)
    return answer(
        m("There is no scoring table for {year}. Years with data: {years}.", year=str(year), years=tuple(str(each) for each in known)),
        Choices(choices, columns=3),
    )


def _other_years(read: Snapshot, command: str, unit_id: str, why: Message) -> Outcome:
    years = [year for year in scoring_tables.years_with_table(read) if units.is_member(read, year, unit_id)]
    content: list[object] = [why]
    if years:
        content.append(
            Choices(tuple(Choice(m("Year {year}", year=str(each)), Go(command, f"{ref(unit_id)} {each}")) for each in years), columns=3)
        )
    return answer(*content)


def _unknown(turn: Turn, command: str, year: int, argument: str, rest: str) -> Outcome:
    members = units.members(turn.read, year)
    named = clip(as_typed(argument, " ".join(word for word in rest.split() if word not in FILLERS)), LABEL_CHARS)
    if re.fullmatch(r"\d{4}", named):
        return _no_table(turn, command, int(named))
    if _ITEM_LIKE.search(fold(named)):
        return answer(
            m("Not clear: {year} has no group, criterion or indicator “{name}”.", name=named, year=str(year)),
            m("Please ask with a code such as “group I”, “I.2” or “NTM01”."),
        )
    if len(members) > 12:
        return answer(m("Not clear: no unit of {year} is called “{name}”.", name=named, year=str(year)))
    return answer(
        m("Not clear: no unit of {year} is called “{name}”. The units are:", name=named, year=str(year)),
        Choices(tuple(Choice(verbatim(each.name), Go(command, f"{ref(each.id)} {year}")) for each in members), columns=2),
    )


def _by_name(turn: Turn, command: str, table: ScoringTable, year: int, rest: str, period: str) -> tuple[Kind, str] | Problem | None:
    """A criterion, indicator or movement by words of its name ("thu ngân sách", "nông thôn mới")."""
    wanted = {word for word in _WORD.findall(rest) if word not in FILLERS}
    if len("".join(wanted)) < 3:
        return None

    def named(*names: str) -> bool:
        return any(wanted <= set(_WORD.findall(fold(name))) for name in names)

    found: list[tuple[Kind, str, str, str]] = [("criterion", each.id, each.id, each.name) for each in table.criteria if named(each.name)]
    for movement in movements.open_in(turn.read, year):
        if named(movement.name, *movement.aliases):
            found.append(("movement", movement.id, movement.id, movement.name))
            continue
        found += [
            ("indicator", each.item_id, each.code, each.name)
            for each in movements.indicators(turn.read, movement.id)
            if named(each.name)
        ]
    if "phong trao" in rest and any(kind == "movement" for kind, *_ in found):
        found = [each for each in found if each[0] == "movement"]
    if not found:
        return None
    whole = [each for each in found if {word for word in _WORD.findall(fold(each[3])) if word not in FILLERS} == wanted]
    if len(found) == 1 or len(whole) == 1:
        return (whole or found)[0][:2]
    choices = tuple(
        Choice(
            m("{code} {name}", code=code, name=clip(name, LABEL_CHARS)),
            Go(command, f"{words_of(period)} {item_ref(kind, item)} {year}".strip()),
        )
        for kind, item, code, name in found[:8]
    )
    more = (m("{count} more are called so: please ask with more of the name, or its code.", count=len(found) - 8),) if found[8:] else ()
    return Problem(answer(m("Which one is meant?"), *more, Choices(choices)))

"""What an entry of a plan file may say. Each reader declares its keys (or columns) once; whatever else stands there is found.

A misspelt key would be lost without a word: no reminders, no holidays, another ranking. So one that resembles a known key, or that
belongs elsewhere in the file, is an error. One that resembles nothing is an officer's own remark: a warning, and it stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from handlers.kit.message import Message, m
from handlers.rules.text import fold

REMARKS = ("basis", "source", "note")
TOP = ""
"""The place of a file's own keys."""

_NEAR = 68
"""Of 100: how much a misspelt word has in common with the right one (``valid_until`` and ``valid_to``: 74)."""

_SHORTEST_BEGINNING = 3    # letters


@dataclass(frozen=True, slots=True)
class Keys:
    """``read``: the keys that mean something; ``also``: those too, but they stay among what is kept as it is. ``remarks`` only stay.

    ``keeps``: whether what is not known stays as well. ``free``: the keys are ids that the file itself chooses. ``pattern``: a further
    key that means something, whose name carries a year.
    """

    read: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    keeps: bool = False
    free: bool = False
    pattern: re.Pattern[str] | None = None

    @property
    def known(self) -> tuple[str, ...]:
        return (*self.meaning, *self.remarks)

    @property
    def meaning(self) -> tuple[str, ...]:
        return (*self.read, *self.also)

    def means(self, key: str) -> bool:
        """Whether a key is more than a remark."""
        return key in self.meaning or (self.pattern is not None and self.pattern.fullmatch(key) is not None)


Schema = Mapping[str, Keys]
"""The keys of every kind of entry of a file, by the place where it stands (``events``, ``groups.criteria``)."""


@dataclass(frozen=True, slots=True)
class Strange:
    """A key that is not known where it stands. ``meant``: the key it is an error for; it is not missed a second time."""

    key: str
    message: Message
    warning: bool
    meant: str | None = None


def strange(given: Collection[str], schema: Schema, place: str) -> Iterator[Strange]:
    """The keys of an entry that its place does not know."""
    keys = schema[place]
    for key in given:
        if keys.free or key in keys.known:
            continue
        near = nearest(key, (each for each in keys.known if each not in given))
        if near is not None:
            error = near in keys.meaning
            yield Strange(key, m("{key} is not known here; is {near} meant?", key=key, near=near), not error, near if error else None)
            continue
        elsewhere = next((name for name, others in schema.items() if key in others.meaning and key not in REMARKS), None)
        if elsewhere == TOP:
            yield Strange(key, m("{key} is not known here, only at the top level", key=key), warning=False)
        elif elsewhere is not None:
            yield Strange(key, m("{key} is not known here, only under {place}", key=key, place=elsewhere), warning=False)
        elif keys.keeps:
            yield Strange(key, m("{key} is not known and changes nothing; known are {known}", key=key, known=keys.known), warning=True)
        else:
            yield Strange(key, m("{key} is not known here and is not kept", key=key), warning=True)


def strange_columns(given: Collection[str], keys: Keys) -> Iterator[Strange]:
    """The columns of a CSV file that are not known."""
    for column in given:
        if column in keys.remarks or keys.means(column):
            continue
        near = nearest(column, (each for each in keys.known if each not in given))
        if not column:
            yield Strange(column, m("a column has no name; what stands in it is not read"), warning=True)
        elif near is not None:
            error = near in keys.meaning
            yield Strange(column, m("the column {column} is not known; is {near} meant?", column=column, near=near), not error, near)
        else:
            text = m("the column {column} is not known and changes nothing; known are {known}", column=column, known=keys.known)
            yield Strange(column, text, warning=True)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that ``word`` is most likely a slip for, or None when it resembles none."""
    from rapidfuzz import fuzz  # on first use: sound files never need it
    from rapidfuzz.distance import OSA

    plain = _plain(word)
    best, found = 0.0, None
    for each in known:
        other = _plain(each)
        alike = fuzz.ratio(plain, other)
        if min(len(plain), len(other)) >= _SHORTEST_BEGINNING and (plain.startswith(other) or other.startswith(plain)):
            alike = max(alike, _NEAR)
        if len(other) >= _SHORTEST_BEGINNING and OSA.distance(plain, other, score_cutoff=1) <= 1:    # mim: min
            alike = max(alike, _NEAR)
        if word.lower() in each.split("_"):    # hours: working_hours
            alike = max(alike, _NEAR)
        if alike > best:
            best, found = alike, each
    return found if best >= _NEAR else None


def _plain(word: str) -> str:
    """Without capitals, diacritics and what joins words: ``OfYear`` and ``of-year`` are ``of_year``."""
    return re.sub(r"[\W_]+", "", fold(word))

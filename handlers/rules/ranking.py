"""The ranking of a year: the table's order, shared ranks, exclusions, and what it takes to reach a rank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from handlers.rules.scoring import UnitScore, to_stored
from handlers.rules.table import Exclusion, ScoringTable

_OFFSET = 10**12    # stored points and counts lie far within: the difference is never negative
UNRANKED: frozenset[Exclusion] = frozenset({"postponed", "annulled"})


@dataclass(frozen=True, slots=True)
class Place:
    """A unit's place: its rank (None: not ranked) among the listed."""

    unit_id: str
    rank: int | None


@dataclass(frozen=True, slots=True)
class Needed:
    """``points`` more in the total reach the rank; ``more``: just above that, since the order of ties decides for the other unit."""

    points: Fraction
    more: bool


def rank_key(table: ScoringTable, total: int, groups: Mapping[str, int], late_reports: int, exclusion: Exclusion | None) -> str | None:
    """A text that sorts as the units rank: greater is better, equal shares the rank, None is unranked.

    Points in stored ten-thousandths. Who is *ranked last* stands behind everybody else, and in the table's order among the like.
    """
    if exclusion in UNRANKED:
        return None
    return ("0" if exclusion == "ranked_last" else "1") + order_key(table, total, groups, late_reports)


def order_key(table: ScoringTable, total: int, groups: Mapping[str, int], late_reports: int) -> str:
    """The table's order as one sortable text, without regard to exclusions: greater is better."""
    parts = []
    for key in table.order:
        value = {"total": total, "group": groups.get(key.group_id, 0), "late_reports": late_reports}[key.what]
        parts.append(f"{_OFFSET + value if key.descending else _OFFSET - value:014d}")
    return ".".join(parts)


def key_of(table: ScoringTable, score: UnitScore) -> str | None:
    """`rank_key` of a score."""
    groups = {name: to_stored(points) for name, points in score.groups.items()}
    return rank_key(table, to_stored(score.total), groups, score.late_reports, score.exclusion)


def rank(table: ScoringTable, scores: Mapping[str, UnitScore], names: Mapping[str, str] | None = None) -> tuple[Place, ...]:
    """The places of all units: ranked ones first (1, 2, 2, 4), then *postponed*, then *annulled*.

    ``names``: unit id -> what decides the order of listing among equals (it does not change the rank); the id by default.
    """
    keys = {unit_id: key_of(table, score) for unit_id, score in scores.items()}

    def listed(unit_id: str) -> tuple[int, str, str]:
        return listing(keys[unit_id], scores[unit_id].exclusion, (names or {}).get(unit_id, unit_id), unit_id)

    ordered = sorted(scores, key=listed)
    ordered.sort(key=lambda unit_id: keys[unit_id] or "", reverse=True)    # stable: equals keep their order
    ranked = sorted((key for key in keys.values() if key is not None), reverse=True)
    first = {key: ranked.index(key) + 1 for key in ranked}
    return tuple(Place(unit_id, None if (key := keys[unit_id]) is None else first[key]) for unit_id in ordered)


def listing(key: str | None, exclusion: str | None, name: str, unit_id: str) -> tuple[int, str, str]:
    """Where a unit is listed among those of the same rank key: the unranked by their exclusion, all by name."""
    return (0 if key is not None else 1 if exclusion == "postponed" else 2, name, unit_id)


def needed(mine_total: int, mine_rest: str, other_total: int, other_rest: str) -> Needed:
    """What the unit behind needs to reach the one before it. ``rest``: the order key after the total, which decides at equal totals."""
    return Needed(Fraction(other_total - mine_total, 10_000), more=mine_rest < other_rest)


def total_first(table: ScoringTable) -> bool:
    """Whether the total decides before anything else, so that a gap in points means something."""
    return bool(table.order) and table.order[0].what == "total" and table.order[0].descending


def after_total(key: str) -> str:
    """The part of a rank key that decides at equal totals."""
    return key.partition(".")[2]


Change = Literal["up", "down", "same"]


def change(before: int | None, after: int | None) -> tuple[Change, int] | None:
    """How a rank moved since a snapshot, and by how many places; None when one of the two is not ranked."""
    if before is None or after is None:
        return None
    if after == before:
        return "same", 0
    return ("up" if after < before else "down"), abs(before - after)

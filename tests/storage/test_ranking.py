"""The lines of a ranking, read one by one, beside a plain reckoning of the whole list, on random clusters with many ties."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage import ranking, units
from storage import standings as kept
from storage.connection import Database, Snapshot, effect
from storage.ranking import ASKED_ENOUGH, InMemory, Line, Lines, OnFile
from storage.standings import StoredScore, Total, UnitScores

YEAR = 2024


def scored(unit_id: str, key: str | None, exclusion: str | None, missing: int) -> UnitScores:
    total = Total(unit_id, 5, 0, 0, 5, 0, missing, 2 - missing, 1, exclusion, key, 100)
    return UnitScores(total, {"I": 5}, (StoredScore("I.1", 5, bool(missing), None),))


async def cluster(path: Path, given: dict[str, tuple[str | None, str | None, int]]) -> Database:
    database = await Database.open(path)
    await database.write(
        [
            *(effect(units.save_unit, units.Unit(each, f"Tỉnh {each}", "", each.lower(), (), None, None, None)) for each in given),
            *(effect(units.save_membership, YEAR, each, "member") for each in given),
            effect(kept.save_scores, YEAR, tuple(scored(each, *rest) for each, rest in given.items())),
        ]
    )
    return database


def reckoned(given: dict[str, tuple[str | None, str | None, int]]) -> list[Line]:
    """The whole list as the rules say it, in plain Python."""
    ranked = sorted((each for each in given if given[each][0] is not None), key=lambda each: each.lower())
    ranked.sort(key=lambda each: given[each][0] or "", reverse=True)
    others = sorted((each for each in given if given[each][0] is None), key=lambda each: (given[each][1] != "postponed", each.lower()))
    lines = []
    for unit_id in (*ranked, *others):
        key, exclusion, missing = given[unit_id]
        rank = None if key is None else 1 + sum(other[0] is not None and other[0] > key for other in given.values())
        lines.append(Line(rank, unit_id, f"Tỉnh {unit_id}", 5, missing, exclusion, key))
    return lines


def clusters() -> Iterator[dict[str, tuple[str | None, str | None, int]]]:
    for seed in range(12):
        draw = random.Random(seed)
        names = draw.sample("ABCDEFGHIJKLMNOPQRSTUVWXYZ", draw.choice((1, 2, 7, 20)))
        keys = [f"1.{digit}" for digit in range(draw.choice((1, 3, 9)))]
        given: dict[str, tuple[str | None, str | None, int]] = {}
        for name in names:
            exclusion = draw.choice((None, None, None, None, "postponed", "annulled"))
            given[name] = (None if exclusion else draw.choice(keys), exclusion, draw.choice((0, 0, 1)))
        yield given


@pytest.mark.parametrize("given", list(clusters()))
async def test_each_line_and_its_neighbours_are_those_of_the_whole_list(
    tmp_path: Path, given: dict[str, tuple[str | None, str | None, int]]
) -> None:
    lines = reckoned(given)
    ranked = [line for line in lines if line.rank is not None]

    def look(lines_of: Lines) -> None:
        assert list(lines_of.page(0, -1)) == lines
        for start in range(len(lines)):
            assert list(lines_of.page(start, 3)) == lines[start : start + 3]
        for place, line in enumerate(lines):
            assert lines_of.unit(line.unit_id) == line
            assert lines_of.place(line.unit_id) == (place if line.rank is not None else None)
        assert lines_of.unit("?") is None
        assert lines_of.place("?") is None
        for place, line in enumerate(ranked):
            assert lines_of.before(line) == (ranked[place - 1] if place else None)
            assert lines_of.after(line) == (ranked[place + 1] if place + 1 < len(ranked) else None)
            better = [other for other in ranked if (other.rank_key or "") > (line.rank_key or "")]
            worse = [other for other in ranked if (other.rank_key or "") < (line.rank_key or "")]
            nearest = next((other for other in better if other.rank_key == better[-1].rank_key), None) if better else None
            assert lines_of.above(line) == nearest
            assert lines_of.below(line) == (worse[0] if worse else None)

    def look_at_both(read: Snapshot) -> None:
        look(ranking.OnFile(read, YEAR))
        look(ranking.InMemory(lines))
        assert list(ranking.lacking(read, YEAR)) == sorted(line.name for line in lines if line.missing)

    database = await cluster(tmp_path / "t.sqlite3", given)
    try:
        await database.read(look_at_both)
    finally:
        await database.close()


async def test_a_ranking_that_is_asked_for_again_and_again_is_read_once_and_never_stale(tmp_path: Path) -> None:
    database = await cluster(tmp_path / "t.sqlite3", {"A": ("1.5", None, 0), "B": ("1.7", None, 0)})

    def asked(read: Snapshot) -> Lines:
        return ranking.lines(read, YEAR, kept.overview(read, YEAR)[1])

    async def first() -> tuple[type[Lines], str]:
        found = await database.read(asked)
        return type(found), (await database.read(lambda read: asked(read).page(0, 1)))[0].unit_id

    try:
        assert await first() == (OnFile, "B")
        for _ in range(ASKED_ENOUGH):
            await database.read(asked)
        assert await first() == (InMemory, "B")
        assert await database.read(asked) is await database.read(asked), "another reader has the same lines"
        await database.write([effect(kept.save_scores, YEAR, (scored("A", "1.9", None, 0),))])
        assert await first() == (OnFile, "A")
    finally:
        await database.close()

"""The rank on a receipt is the one that stands once everything the filing moves is written, the scores of other units included."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from handlers.reporting.filing import place_after
from storage import ranking
from storage import standings as kept
from storage.connection import effect
from storage.standings import Shift
from tests.storage.test_ranking import YEAR, cluster, scored


async def test_who_becomes_the_best_unit_overtakes_those_whose_points_fall_by_it(tmp_path: Path) -> None:
    database = await cluster(tmp_path / "t.sqlite3", {"A": ("1.3", None, 0), "B": ("1.7", None, 0), "C": ("1.8", None, 0)})
    try:
        second = await database.read(lambda read: kept.total(read, YEAR, "B"))
        assert second is not None
        filing = (
            effect(kept.save_scores, YEAR, (scored("A", "1.6", None, 0),)),
            effect(kept.shift_scores, YEAR, (Shift(second, replace(second, rank_key="1.5"), {"I.1": 4}, {"I": 4}),)),
        )
        place = await database.read(lambda read: place_after(read, YEAR, "A", filing))
        await database.write(filing)
        line = await database.read(lambda read: ranking.OnFile(read, YEAR).unit("A"))
        assert (place is not None and place.rank, line is not None and line.rank) == (2, 2)
    finally:
        await database.close()

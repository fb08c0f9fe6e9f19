"""CSV files as they come: quotes that never close, short rows, files that are too large."""

from __future__ import annotations

from pathlib import Path
from typing import Any, SupportsIndex

from bot.plan.findings import Findings
from bot.plan.sources import parse_csv


class Counted(str):
    """A text that counts how many of its characters are looked at for a sign."""

    looked = 0

    def split(self, sep: str | None = None, maxsplit: SupportsIndex = -1) -> list[str]:
        return [Counted(each) for each in super().split(sep, maxsplit)]

    def __add__(self, other: str) -> Counted:
        return Counted(super().__add__(other))

    def count(self, *args: Any) -> int:
        Counted.looked += len(self)
        return super().count(*args)


def test_a_quote_that_never_closes_costs_one_look_at_the_file(tmp_path: Path) -> None:
    Counted.looked = 0
    text = "a,b,c\n1,2,3\n" + '1,"2,3\n' + '1,"2",3\n' * 2_000
    findings = Findings()
    file = parse_csv(Counted(text), "x.csv", findings)
    assert file is not None
    assert [(each.line, each.message.msgid) for each in file.faults] == [(3, "a quotation mark is opened and never closed")]
    assert 0 < Counted.looked <= 2 * len(text)

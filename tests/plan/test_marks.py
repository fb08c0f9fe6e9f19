"""What the sample plans say to officers holds no note of their makers, and no English."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.plan.marks import note_in

READ = (
    ("holidays", "name"), ("events", "title"), ("events", "place"), ("forms", "name"), ("movements", "name"),
    ("movements", "plan_document"), ("indicators", "name"), ("criteria", "name"), ("adjustment_items", "name"), ("units", "name"),
)  # fmt: skip
ENGLISH = re.compile(r"\b(?:the|of|from|day|off|by|with|unverified|constructed|sourced|assumed|own|note|year|month)\b", re.IGNORECASE)


@pytest.mark.parametrize(("table", "column"), READ)
def test_officers_read_vietnamese_alone(sample: Path, table: str, column: str) -> None:
    with closing(sqlite3.connect(sample)) as database:
        texts = [row[0] for row in database.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")]  # noqa: S608
    assert texts
    assert [text for text in texts if note_in(text) or ENGLISH.search(text)] == []


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("Ngày Văn hóa Việt Nam (day off from 2026, unverified)", "(day off from 2026, unverified)"),
        ("Cao Bằng (giả định)", "(giả định)"), ("Giỗ Tổ Hùng Vương [TODO: check]", "[TODO: check]"),
        ("Tết Bính Ngọ (mùng 1 = 17/02/2026)", ""),
        ("Báo cáo tổng kết năm (ước thực hiện)", ""), ("Lễ phát động (trực tuyến 34 tỉnh, thành phố)", ""), ("trực tuyến", ""),
    ],
)  # fmt: skip
def test_what_is_a_note(text: str, note: str) -> None:
    assert note_in(text) == note

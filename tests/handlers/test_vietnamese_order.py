"""Units and people stand in Vietnamese order in every list that somebody reads, whatever their ids and the bytes of their names say."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest

from handlers.registry import registry
from handlers.rules.text import sort_key
from tests.chat import WITH_BUTTONS, Chat
from tests.conftest import START
from tests.transcript import Player, Step

RENAMED = {      # neither the order of the ids nor that of the code points is the alphabet's
    "CAO_BANG": "Yên Bái", "DIEN_BIEN": "Ứng Hòa", "LAI_CHAU": "Điện Biên", "LANG_SON": "Ân Thi", "LAO_CAI_M": "Ăn Khê",
    "SON_LA": "Đà Nẵng", "TUYEN_QUANG": "An Giang",
}  # fmt: skip
SPEAKERS = ("Hà (thư ký)", "Lan (cán bộ, Ân Thi)", "Huy (lãnh đạo, Yên Bái)", "Bình (thẩm định)", "Cúc (quan sát)", "Dũng (quản trị)")
QUESTIONS = """
ai chưa nộp | ai chưa nộp quý 3 | ai chưa nộp 6 tháng | tiến độ E16 | tiến độ E08 | tiến độ E04 | ai nộp muộn | tiến độ quý 1
xếp hạng | xếp hạng 2024 | xếp hạng 2025 | xếp hạng nhóm I | xếp hạng nhóm III | xếp hạng I.2 | xếp hạng I.16 | xếp hạng II.7
xếp hạng ntm01 | xếp hạng ntm02 | xếp hạng ht14 | cao nhất | thấp nhất | tỉnh nào thấp nhất nhóm II | điểm | điểm toàn cụm
so sánh an giang đà nẵng yên bái | so sánh an giang với ứng hòa | xếp hạng biểu đồ | danh sách cán bộ | mời cán bộ
ai tham gia | lịch | hạn
soạn thông báo | thông báo cho các đơn vị chưa nộp | hạn mức | việc của tôi | báo cáo toàn cụm | ai dự hội nghị | sửa
nhắc E12 | 1 | 2 | hủy
"""


@pytest.fixture
async def player(cluster: Callable[[], Path]) -> AsyncIterator[Player]:
    path = cluster()
    with closing(sqlite3.connect(path)) as database, database:
        for unit_id, name in RENAMED.items():
            database.execute(
                "UPDATE units SET name = ?, sort_key = ?, aliases = '[]', short_code = '' WHERE id = ?", (name, sort_key(name), unit_id)
            )
        database.execute("UPDATE people SET consent_at = NULL WHERE id IN (SELECT person_id FROM posts WHERE unit_id IS NOT NULL)")
    chat = Chat(path, START, WITH_BUTTONS, "paper")
    await chat.open()
    yield Player(chat)
    await chat.close()


def runs(lines: list[str]) -> list[list[tuple[int | None, str]]]:
    """Every list of units in an answer: names with commas between, names at the head of lines that follow, labels side by side.

    Each name with its rank where it has one: only those of one rank are in alphabetical order.
    """
    name = "|".join(sorted(RENAMED.values(), key=len, reverse=True))
    found = [
        [(None, each) for each in re.findall(name, line)]
        for text in lines
        for line in re.findall(rf"(?:{name})(?: \([^()]*\))?(?:(?:, |; | và |\] \[)(?:{name})(?: \([^()]*\))?)+", text)
    ]
    held = [post[1] for line in lines if (post := re.search(rf"(?:cán bộ|lãnh đạo đơn vị), ({name})$", line))]
    if len(held) > 1:
        found.append([(None, each) for each in held])
    heads = [re.match(rf"(?:(\d+)\. |- )?({name})\b", line) for line in lines]
    run: list[tuple[int | None, str]] = []
    for head in (*heads, None):
        if head is None:
            found += [run] if len(run) > 1 else []
            run = []
        else:
            run.append((None if head[1] is None else int(head[1]), head[2]))
    return found


def in_order(run: list[tuple[int | None, str]], own: str) -> bool:
    """Whether those of one rank, or all where there are none, stand in Vietnamese order; the reader's own unit may stand first."""
    rest = run[1:] if run[0][0] is None and run[0][1] == own else run
    return all(one[0] != other[0] or sort_key(one[1]) <= sort_key(other[1]) for one, other in pairwise(rest))


async def test_every_list_of_units_stands_in_vietnamese_order(player: Player) -> None:
    questions = [each.strip() for line in QUESTIONS.strip().splitlines() for each in line.split("|")]
    commands = [f"/{command.name}" for command in registry().commands if command.order is not None]
    wrong: list[str] = []
    lists = 0
    for speaker in SPEAKERS:
        await player.play(Step("#", f"as {speaker}", []))
        own = found[1] if (found := re.search(r", ([^)]+)\)", speaker)) else ""
        for text in (*questions, *commands):
            lines = await player.play(Step(">", text, []))
            for run in runs(lines):
                lists += 1
                if not in_order(run, own):
                    wrong.append(f"{speaker}: {text}: {', '.join(name for _, name in run)}")
            if text.startswith("/"):
                await player.play(Step(">", "hủy", []))
    assert not wrong, "\n".join(wrong)
    assert lists > 60


def test_the_words_of_this_test_tell_the_orders_apart() -> None:
    names = sorted(RENAMED.values(), key=sort_key)
    assert names == ["An Giang", "Ăn Khê", "Ân Thi", "Đà Nẵng", "Điện Biên", "Ứng Hòa", "Yên Bái"]
    assert sorted(RENAMED.values()) != names
    assert [RENAMED[unit_id] for unit_id in sorted(RENAMED)] != names
    assert runs(["Chưa nộp: Yên Bái, An Giang"]) == [[(None, "Yên Bái"), (None, "An Giang")]]
    assert not in_order([(None, "Yên Bái"), (None, "An Giang")], "")
    assert not in_order([(4, "Yên Bái"), (4, "An Giang"), (6, "Đà Nẵng")], "")
    assert in_order([(4, "An Giang"), (4, "Yên Bái"), (6, "Đà Nẵng")], "")

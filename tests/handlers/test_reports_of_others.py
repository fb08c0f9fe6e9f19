"""Words about the report of another unit: never answered with one's own, and its figures never taken into one's own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from handlers.rules.names import Name, NameIndex
from storage import reports
from tests.chat import WITH_BUTTONS, Chat
from tests.conftest import START
from tests.transcript import Player, Step


@pytest.fixture
async def officer(cluster: Callable[[], Path]) -> AsyncIterator[Player]:
    """Tẩn Thị Hoa of Lai Châu, who owes three reports."""
    chat = Chat(cluster(), START, WITH_BUTTONS, "paper")
    await chat.open()
    player = Player(chat)
    await player.play(Step("#", "as Hoa (cán bộ, Lai Châu)", []))
    yield player
    await chat.close()


ASKED = """
báo cáo quý 1 của Sơn La | báo cáo quý 3 của tỉnh Sơn La | xem báo cáo Sơn La | bao cao quy 1 son la | báo cáo quý 3 SL
sơn la báo cáo quý 3 | nộp báo cáo quý 3 cho Sơn La | gửi báo cáo 6 tháng của Sơn La | báo cáo của Cao Bằng | báo cáo cao bang quy 1
báo cáo tổng kết năm của Điện Biên | báo cáo tự chấm điểm của Lạng Sơn | đồng chí cho xem báo cáo quý 1 của Tuyên Quang
việc của Sơn La | nhiệm vụ của Điện Biên | hạn của Sơn La | hạn nộp báo cáo quý 3 của Sơn La | sửa báo cáo quý 1 của Sơn La
rút báo cáo quý 1 của Cao Bằng | nộp nhầm báo cáo quý 1 của Lạng Sơn | báo cáo quý 1 của Hà Giang | sơn la nộp báo cáo quý 3 chưa
"""


@pytest.mark.parametrize("text", [each.strip() for line in ASKED.strip().splitlines() for each in line.split("|")])
async def test_words_about_another_units_report_open_and_show_nothing_of_ones_own(officer: Player, text: str) -> None:
    lines = await officer.play(Step(">", text, []))
    told = "\n".join(lines)
    assert lines
    assert "Tẩn Thị Hoa" not in told
    assert "Lai Châu" not in told
    assert "[Nộp ngay]" not in told
    assert "1/27" not in told
    assert "1/36" not in told


GIVEN = """
ntm01 của sơn la: 23 | báo cáo quý 3 của Sơn La: ntm01 23 | báo cáo quý 3 cho tỉnh Sơn La: ntm01 23, ntm02 4
đơn vị Sơn La: ntm01 23 | NTM01 23 xã (của Sơn La)
"""


@pytest.mark.parametrize("text", [each.strip() for line in GIVEN.strip().splitlines() for each in line.split("|")])
@pytest.mark.parametrize("opened", [False, True])
async def test_figures_of_another_unit_are_never_taken_into_ones_own(officer: Player, text: str, opened: bool) -> None:
    if opened:
        await officer.play(Step(">", "báo cáo quý 3", []))
    lines = await officer.play(Step(">", text, []))
    assert lines
    drafts = await officer.chat.application.database.read(
        lambda read: [reports.draft(read, f"{event}:LAI_CHAU") for event in ("E12", "E15", "E16")]
    )
    assert drafts == [None, None, None]


async def test_ones_own_name_beside_the_figures_changes_nothing(officer: Player) -> None:
    await officer.play(Step(">", "báo cáo quý 3 của Lai Châu: ntm01 12", []))
    draft = await officer.chat.application.database.read(lambda read: reports.draft(read, "E15:LAI_CHAU"))
    assert draft is not None
    assert '"12"' in draft.content


def test_an_owner_is_a_whole_name_behind_a_word_that_says_so() -> None:
    index = NameIndex([Name("SL", "Sơn La"), Name("DK", "Đoàn Kết")])
    assert index.owners("ntm01 của sơn la: 23") == ("SL",)
    assert index.owners("tỉnh Sơn La ntm01 23") == ("SL",)
    assert index.owners("số chi đoàn kết nạp đảng viên 12") == ()
    assert index.owners("của SL 12") == ()
    assert index.owners("ntm01 23") == ()

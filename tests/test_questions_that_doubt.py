"""Every question that takes a yes or a no: what is typed for one answers that question, and stores nothing else.

The catalogue is walked: a question that is new there must be put into one of the lists below, with the talk that leads to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.language import CATALOGUES
from bot.language.po import translations
from handlers.reporting import checks
from handlers.reporting.draft import loads
from handlers.rules import doubts
from storage import people, reports
from tests.chat import WITH_BUTTONS, WITHOUT_BUTTONS, Chat
from tests.conftest import START
from tests.transcript import Player, Step

YES = ("có", "đúng", "vâng ạ", "ok", "phải", "dạ", "ừ", "chuẩn rồi", "dạ đúng rồi đồng chí ạ", "không nhầm", "co", "👍")
NO = ("không", "ko", "k", "chưa", "sai", "nhầm", "không ạ", "dạ không", "chưa đúng", "không phải", "nhầm rồi ạ", "khong dung")
NEITHER = ("đúng không", "có, sai rồi", "không, đúng rồi")

DOUBTED = {
    "{value} is outside {low} to {high}: is that right?": ("HT11", "60", "150"),
    "{value} is negative: is that right?": ("NTM05", "40", "-2"),
    "{value} is more than there are ({limit}): is that right?": ("NTM01", "12", "120"),
    "{times} times the last period's figure ({last}): is the unit of measure right?": ("DN01", "60", "5900"),
    "only 1/{times} of the last period's figure ({last}): is the unit of measure right?": ("HT12", "73", "6"),
    "{code} ({value}) is more than {other} ({limit}): is that right?": ("NTM02", "2", "13"),
}
"""Doubt -> code, a figure that is plausible for Lai Châu's third quarter, and one that brings this doubt."""

OTHERS: dict[str, tuple[str, int, tuple[str, ...], str, str]] = {
    "{unit} has gone into {heirs}. Is the message for that unit?": (
        "Hà (thư ký)", START, ("thông báo cho Hà Giang: Mai họp lúc 8h.",), "Người nhận: Tuyên Quang", "Gửi thông báo cho ai?"),
    "These are quiet hours. Is the message to wait until {when}?": (
        "Hà (thư ký)", START + 13 * 3600, ("thông báo cho Lạng Sơn: Mai họp lúc 8h.",), "Thời điểm gửi: 07:00", "Gửi vào lúc nào?"),
    "Is this one meant? Or please type another time.": (
        "Hà (thư ký)", START, ("thông báo cho Lạng Sơn: Mai họp lúc 8h.", "hẹn giờ gửi", "7h"), "Thời điểm gửi: 07:00", "Gửi vào lúc nào?"),
    "Erasing removes name, office and chat accounts and ends all posts at once. It cannot be undone. Erase?": (
        "Lan (cán bộ, Lạng Sơn)", START, ("xóa dữ liệu của tôi",), "", "Không có gì thay đổi"),
    "They are on now, and nothing was changed. Are all of them to be turned off?": (
        "Lan (cán bộ, Lạng Sơn)", START, ("đừng nhắc tôi buổi tối nữa",), "Đã tắt nhắc", "Đang bật nhắc"),
    "They are off now. Are they to be turned on?": (
        "Lan (cán bộ, Lạng Sơn)", START, ("tắt nhắc", "chỉ nhắc tôi buổi sáng thôi"), "Đã bật nhắc", "Đã tắt nhắc"),
    "Delete the draft of “{title}”? What was entered is lost for all officers of the unit.": (
        "Lan (cán bộ, Lạng Sơn)", START, ("nộp báo cáo năm", "I.2 900", "hủy", "xóa bản nháp"), "", "bản nháp được giữ lại"),
}  # fmt: skip
"""Question -> who is asked, when, the talk that leads there; what follows on a yes ("": no word agrees to it, the button does), on a no."""

PLAYED_ELSEWHERE = {
    "Has this been fulfilled?": "tests/handlers/test_deadlines.py",
    "Send “{text}” to {count}: {places}?": "tests/transcripts/broadcast/restart_in_the_middle.txt",
    "Send “{text}” again to {count}: {places}?": "tests/transcripts/broadcast/joined_later.txt",
    "After that, {account} sees nothing of the cluster any more. Unlink it?": "tests/transcripts/link/undone.txt",
    "One browser is signed in to the chat page. End its session?": "tests/transcripts/data/page_sessions.txt",
    "End the post of {name}: {post}?": "tests/transcripts/people/list_and_end.txt",
}

OPEN = re.compile(r"\b(?:which|whom|whose|what|where)\b|Another unit|{first} or {second}|^When is it|^Who attends", re.IGNORECASE)
"""Questions that a yes or a no does not answer."""


VIETNAMESE = translations((CATALOGUES / "vi" / "LC_MESSAGES" / "thidua.po").read_text(encoding="utf-8"))


CONVERSATION = "".join(path.read_text(encoding="utf-8") for path in sorted(Path("handlers").rglob("*.py")))


def asked() -> list[str]:
    """The questions of the catalogue that somebody is asked in a chat."""
    questions = [msgid for _, msgid in VIETNAMESE if re.search(r"\?(?: |$)", msgid) and "|" not in msgid]
    return [each for each in questions if f'm("{each}"' in CONVERSATION or f'"{each}",' in CONVERSATION]


def test_every_question_is_known_here() -> None:
    one_step = "".join(Path(module.__file__ or "").read_text(encoding="utf-8") for module in (doubts, checks))
    known = DOUBTED.keys() | OTHERS.keys() | PLAYED_ELSEWHERE.keys()
    assert [each for each in asked() if each not in known and f'"{each}"' not in one_step and not OPEN.search(each)] == []
    assert set(known) <= set(asked())
    for path in PLAYED_ELSEWHERE.values():
        assert Path(path).exists()


async def begun(database: Path, who: str, start: int, *, buttons: bool) -> tuple[Chat, Player]:
    chat = Chat(database, start, WITH_BUTTONS if buttons else WITHOUT_BUTTONS, "testbuttons" if buttons else "testlines")
    await chat.open()
    player = Player(chat)
    await player.play(Step("#", f"as {who}", []))
    return chat, player


async def said(player: Player, text: str) -> str:
    return "\n".join(await player.play(Step(">", text, [])))


async def drafted(chat: Chat, code: str) -> str | None:
    """What Lai Châu's draft of the third quarter holds for the item."""
    draft = await chat.application.database.read(lambda read: reports.draft(read, "E15:LAI_CHAU"))
    found = {} if draft is None else {name.rpartition(".")[2]: entry.value for name, entry in loads(draft.content).entries.items()}
    return found.get(code)


@pytest.mark.parametrize("buttons", [True, False], ids=["buttons", "lines"])
@pytest.mark.parametrize(("doubt", "case"), DOUBTED.items(), ids=[code for code, _, _ in DOUBTED.values()])
async def test_a_doubted_figure(cluster: Callable[[], Path], doubt: str, case: tuple[str, str, str], buttons: bool) -> None:
    code, sane, doubtful = case
    chat, player = await begun(cluster(), "Hoa (cán bộ, Lai Châu)", START, buttons=buttons)
    asking = max(re.split(r"\{\w+\}", VIETNAMESE[None, doubt][0]), key=len).strip(" :")
    try:
        await said(player, "nộp báo cáo quý 3")
        await said(player, "ntm01 12")
        for word in (*NO, *NEITHER, *YES):
            await said(player, f"{code} {sane}")
            assert await drafted(chat, code) == sane
            question = await said(player, f"{code} {doubtful}")
            assert asking in question
            after = await said(player, word)
            assert await drafted(chat, code) == (doubtful if word in YES else sane), word
            assert "Chưa rõ số liệu" not in after
            assert (asking in after) == (word in NEITHER), word
            if word in NEITHER:
                await said(player, "không")
    finally:
        await chat.close()


@pytest.mark.parametrize("buttons", [True, False], ids=["buttons", "lines"])
@pytest.mark.parametrize(("word", "kept"), [("không", "12"), ("chưa đúng", "12"), ("vâng ạ", "120")])
async def test_with_a_reminder_in_between(cluster: Callable[[], Path], word: str, kept: str, buttons: bool) -> None:
    """The reminder's list stands last, and a yes or a no is still for the question above it."""
    chat, player = await begun(cluster(), "Hoa (cán bộ, Lai Châu)", START + 3 * 86_400 + 13 * 3_600, buttons=buttons)
    try:
        await said(player, "nộp báo cáo quý 3")
        await said(player, "ntm01 12")
        await said(player, "ntm01 120")
        assert "Kính gửi" in (await player.play(Step("@", "+11h", [])))[0]
        await said(player, word)
        assert await drafted(chat, "NTM01") == kept
    finally:
        await chat.close()


@pytest.mark.parametrize("buttons", [True, False], ids=["buttons", "lines"])
@pytest.mark.parametrize("question", OTHERS)
async def test_another_question(cluster: Callable[[], Path], question: str, buttons: bool) -> None:
    who, start, steps, on_yes, on_no = OTHERS[question]
    asking = max(re.split(r"\{\w+\}", VIETNAMESE[None, question][0]), key=len).strip(" :“”")
    agreed, refused = dict.fromkeys(("có", "dạ vâng", "đúng rồi ạ"), on_yes), dict.fromkeys(("không", "dạ thôi ạ", "chưa"), on_no)
    for word, follows in (agreed | refused).items():
        chat, player = await begun(cluster(), who, start, buttons=buttons)
        try:
            for step in steps:
                last = await said(player, step)
            assert asking in last
            after = await said(player, word)
            assert follows in after, (word, after)
            assert bool(follows) or asking in after, (word, after)
            if not follows:
                holders = await chat.application.database.read(lambda read: people.holders(read, "2026-11-23", role="officer"))
                assert any(person.name.endswith("Lan") for person, _ in holders)
        finally:
            await chat.close()

"""Officers who say, tap, send and edit anything in any order, while days pass and the program restarts."""

from __future__ import annotations

import asyncio
import logging
import re
import shutil
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.chat import WITH_BUTTONS, WITHOUT_BUTTONS, Chat
from tests.conftest import START
from tests.consistency import problems
from tests.transcript import Player, Step

PEOPLE = (
    "Đức (cán bộ, Lào Cai)", "Mai (cán bộ, Lào Cai)", "Hoa (cán bộ, Lai Châu)", "Thành (lãnh đạo, Lạng Sơn)", "Hà (thư ký)",
    "Toàn (thẩm định)", "stranger one",
)  # fmt: skip

SECRETARY, STRANGER = PEOPLE[4], PEOPLE[6]
USEFUL = (
    "ntm01 12, ntm02 1", "ntm01 13", "báo cáo", "sửa", "I.2 4750", "báo cáo quý 3", "nhập nhầm", "85", "1", "2", "xóa dữ liệu của tôi",
    "bỏ qua",
)  # fmt: skip

SAYINGS = (
    "báo cáo", "nop bao cao", "ntm01 85, ntm02 12", "ntm01 85\nntm02 12\nntm03 3", "NTM01: 1.234", "I.2 4750", "i2 4750", "vg01 0",
    "85", "1.234", "1,2 tỷ", "98,5 %", "-3", "abc", "0", "1", "2", "3", "1,3", "như kỳ trước", "không phát sinh", "chưa có", "bỏ qua",
    "lùi", "xem lại", "xác nhận", "hủy", "sửa", "đồng ý", "có", "không", "xep hang", "xep hang lao cai", "xếp hạng LC", "còn Sơn La?",
    "điểm", "vì sao", "so sánh lạng sơn với cao bằng", "hạn", "lịch", "thứ sáu tuần sau", "31/02", "5/13", "việc của tôi", "ai chưa nộp",
    "nhắc nhở", "tắt", "bật", "nhắc lại chiều nay", "thông báo", "thông báo cho toàn cụm: Ngày mai họp lúc 14h", "mời cán bộ Lạng Sơn",
    "người dùng", "dữ liệu của tôi", "xóa dữ liệu của tôi", "ngôn ngữ", "tiếng anh", "help", "/start", "/start ABCD2345", "ABCD2345",
    "/baocao", "/sua", "/huy", "/lienket", "/hanmuc", "CÓ", "KHÔNG", "1-3", "2,4 5",
    "/xephang 2024", "/xephang 1900", "/diem I.2", "/tiendo", "/thongbao", "/nguoi", "/khongco", "👍", "   ",
    "MẬT", "số CCCD 012345678901", "Nguyễn Văn A", "nhập nhầm", "a" * 4000, "lý do: nhập nhầm số", "quý 3", "6 tháng đầu năm", "2026",
    "Đồng chí cho hỏi lịch họp", "cảm ơn", "'; DROP TABLE people; --", "<b>&amp;</b>", "{name} %s {0}", "\u202etrái", "ntm01 " + "9" * 40,
)  # fmt: skip

T = TypeVar("T")


class _Errors(logging.Handler):
    """Keeps what was logged as an error: an exception that somebody caught is still a defect."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(record.getMessage())


class Conversations(RuleBasedStateMachine):
    """Officers who do anything in any order; the state is the application's own."""

    sample: Path
    buttons = True

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="thidua-fuzz-"))
        self.errors = _Errors()
        logging.getLogger().addHandler(self.errors)
        self.chat = Chat(
            Path(shutil.copy(self.sample, self.folder / "fuzz.sqlite3")), START, WITH_BUTTONS if self.buttons else WITHOUT_BUTTONS, "test"
        )
        self.run(self.chat.open())
        self.player = Player(self.chat)
        self.addresses: dict[str, str] = {}
        self.menus: list[tuple[str, str, int]] = []
        self.last: tuple[str, dict[str, object]] | None = None
        self.answered = True

    def run(self, waiting: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(waiting)

    @initialize()
    def everybody_is_known(self) -> None:
        for who in PEOPLE:
            self.run(self.player.play(Step("#", f"as {who}", [])))
            self.addresses[who] = self.player.address

    @rule(who=st.sampled_from(PEOPLE), text=st.one_of(st.sampled_from(SAYINGS), st.text(max_size=60)))
    def says(self, who: str, text: str) -> None:
        self.answered = bool(self.run(self.chat.say(self.addresses[who], text)))
        self.last = (self.addresses[who], {"kind": "text", "text": text})
        self._remember(who)

    @rule(who=st.sampled_from(PEOPLE[:2]), text=st.sampled_from(("báo cáo", "ntm01 85, ntm02 12", "xem lại", "xác nhận", "sửa", "1", "85")))
    def reports(self, who: str, text: str) -> None:
        self.says(who, text)

    @rule(who=st.sampled_from((*PEOPLE[:3], PEOPLE[4])), words=st.lists(st.sampled_from(USEFUL), min_size=1, max_size=3))
    def works_to_the_end(self, who: str, words: list[str]) -> None:
        """A whole piece of work, so that chance does not stop before anything is filed: words, review, confirm."""
        for text in (*words, "xem lại"):
            self.says(who, text)
        self.chooses_by_name(who, "Xác nhận")

    @rule(who=st.sampled_from(PEOPLE), label=st.sampled_from(("Xác nhận", "Đồng ý", "Xem lại", "Sửa", "Lùi", "Bỏ qua", "Có", "Hủy")))
    def chooses_by_name(self, who: str, label: str) -> None:
        menu, choices = self.run(self.chat.choices(self.addresses[who]))
        labels = [self.chat.language.text(choice.label) for choice in choices]
        if label in labels:
            self.answered = bool(self.run(self.chat.tap(self.addresses[who], menu, labels.index(label))))
            self._remember(who)

    @rule(unit=st.sampled_from(("Lạng Sơn", "Sơn La")), code_again=st.booleans())
    def invites_and_is_joined(self, unit: str, code_again: bool) -> None:
        parts = self.run(self.chat.say(self.addresses[SECRETARY], f"mời cán bộ {unit}"))
        codes = re.findall(r"\bTHDU[A-Z0-9]{4}\b", "\n".join(part.text for part in parts))
        for code in codes * (1 + code_again):
            self.says(STRANGER, code)
            self.chooses_by_name(STRANGER, "Đồng ý")

    @rule(who=st.sampled_from(PEOPLE), place=st.integers(0, 30))
    def chooses(self, who: str, place: int) -> None:
        menu, choices = self.run(self.chat.choices(self.addresses[who]))
        if choices:
            self.answered = bool(self.run(self.chat.tap(self.addresses[who], menu, place % len(choices))))
            self._remember(who)

    @precondition(lambda self: self.menus)
    @rule(data=st.data())
    def taps_something_old(self, data: st.DataObject) -> None:
        address, menu, count = data.draw(st.sampled_from(self.menus))
        times = data.draw(st.integers(1, 2))
        for _ in range(times):
            self.answered = bool(self.run(self.chat.tap(address, menu, data.draw(st.integers(0, count)))))

    @rule(who=st.sampled_from(PEOPLE), menu=st.text(max_size=20), index=st.integers(0, 999))
    def taps_what_never_was(self, who: str, menu: str, index: int) -> None:
        self.answered = bool(self.run(self.chat.tap(self.addresses[who], menu, index)))

    @rule(who=st.sampled_from(PEOPLE), text=st.sampled_from(SAYINGS))
    def edits(self, who: str, text: str) -> None:
        self.run(self.chat.say(self.addresses[who], text, edited=True, id=self.chat.last_id))

    @rule(
        who=st.sampled_from(PEOPLE),
        name=st.sampled_from(("baocao.pdf", "anh.jpg", "TỐI MẬT.docx", "x" * 300, "virus.exe", "", "../../etc/passwd")),
        content=st.binary(max_size=20),
        kind=st.sampled_from(("application/pdf", "image/jpeg", "", "text/html")),
    )
    def sends_a_file(self, who: str, name: str, content: bytes, kind: str) -> None:
        self.answered = bool(self.run(self.chat.send_file(self.addresses[who], name, content, kind)))

    @precondition(lambda self: self.last is not None)
    @rule(times=st.integers(2, 3))
    def says_all_at_once(self, times: int) -> None:
        """The same words several times before the first is answered: an impatient thumb."""
        assert self.last is not None
        address, message = self.last

        async def hurry() -> None:
            receive = self.chat.application.receiver(self.chat.channel.name)
            await asyncio.gather(*(receive(*self.chat.letter(address, message)) for _ in range(times)))
            await self.chat.application.settle()

        self.run(hurry())
        self.chat.new(address)

    @rule(text=st.sampled_from(("ntm01 86", "xác nhận", "sửa", "hủy", "xem lại", "1")))
    def two_of_a_unit_at_once(self, text: str) -> None:
        async def both() -> None:
            receive = self.chat.application.receiver(self.chat.channel.name)
            letters = [self.chat.letter(self.addresses[who], {"kind": "text", "text": text}) for who in PEOPLE[:2]]
            await asyncio.gather(*(receive(*letter) for letter in letters))
            await self.chat.application.settle()

        self.run(both())

    @rule(seconds=st.sampled_from((1, 60, 3_600, 86_400, 7 * 86_400, -3_600)))
    def time_passes(self, seconds: int) -> None:
        self.chat.clock.advance(seconds)
        self.run(self.chat.application.tick())
        self.run(self.chat.application.settle())

    @rule(down=st.sampled_from((0, 0, 3_600, 86_400)))
    def restarts(self, down: int) -> None:
        self.run(self.chat.restart(down))

    @invariant()
    def everybody_is_answered_and_nothing_broke(self) -> None:
        assert self.answered, "somebody got no answer"
        self.answered = True
        assert self.errors.seen == []

    def teardown(self) -> None:
        logging.getLogger().removeHandler(self.errors)
        try:
            found = problems(self.chat.path, now=self.chat.clock.now())
        finally:
            self.run(self.chat.close())
            self.run(self.loop.shutdown_default_executor())
            self.loop.close()
            shutil.rmtree(self.folder)
        assert found == []

    def _remember(self, who: str) -> None:
        menu, choices = self.run(self.chat.choices(self.addresses[who]))
        if choices:
            self.menus.append((self.addresses[who], menu, len(choices)))

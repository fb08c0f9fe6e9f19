"""Any sequence of texts, taps, files, edits, broadcasts, links, groups, refusals, pages, days and restarts leaves a consistent database.

And everybody is answered. ``DRILL=full`` plays more and longer ones, other ones each time.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from bot.channels.base import Blocked
from tests.fuzz.machine import PEOPLE, SAYINGS, SECRETARY, Conversations
from tests.fuzz.pages import OnPages

FULL = os.environ.get("DRILL") == "full"
SECOND_PHONES = ("stranger two", "stranger three")
GROUP = "group-1"
AUDIENCES = ("toàn Cụm", "cán bộ", "Lào Cai", "Lai Châu, Lạng Sơn", "chưa nộp", "thẩm định", "")
OF_BROADCASTS = ("Xác nhận", "Hẹn giờ gửi", "Gửi ngay", "Sửa", "Dừng gửi", "Kết quả gửi", "Làm mới", "Các thông báo gần đây", "Hủy")
NOTICES = ("Ngày mai họp lúc 14h.", "x" * 3_900, "Gửi hồ sơ trước 31/02", "<b>{name}</b> %s", "MẬT", "số CCCD 012345678901", " ")


class Wider(Conversations):
    """What concerns several people: broadcasts, second accounts, groups, addresses that refuse, and answers that come late."""

    @initialize()
    def second_phones(self) -> None:
        self.addresses |= {who: who.replace(" ", "-") for who in SECOND_PHONES}

    @rule(audience=st.sampled_from(AUDIENCES), text=st.sampled_from(NOTICES), then=st.lists(st.sampled_from(OF_BROADCASTS), max_size=4))
    def broadcasts(self, audience: str, text: str, then: list[str]) -> None:
        self.says(SECRETARY, f"/thongbao {audience}: {text}")
        for label in then:
            self.chooses_by_name(SECRETARY, label)

    @rule(when=st.sampled_from(("14h", "8h thứ Hai", "hôm qua", "31/02", "7h30 ngày 25/12", "23h59")), down=st.sampled_from((0, 86_400)))
    def schedules_a_broadcast(self, when: str, down: int) -> None:
        self.says(SECRETARY, f"/thongbao toàn Cụm: {NOTICES[0]}")
        self.chooses_by_name(SECRETARY, "Hẹn giờ gửi")
        self.says(SECRETARY, when)
        self.chooses_by_name(SECRETARY, "Xác nhận")
        self.restarts(down)

    @rule(
        who=st.sampled_from(PEOPLE[:5]), other=st.sampled_from((*SECOND_PHONES, PEOPLE[2])), late=st.sampled_from((0, 0, 601)),
        label=st.sampled_from(("Đồng ý", "Đồng ý", "Hủy")),
    )
    def links_another_account(self, who: str, other: str, late: int, label: str) -> None:
        parts = self.run(self.chat.say(self.addresses[who], "/lienket code"))
        self.time_passes(late)
        for code in re.findall(r"\bTHDU[A-Z0-9]{4}\b", "\n".join(part.text for part in parts)):
            self.says(other, code)
            self.chooses_by_name(other, label)

    @rule(who=st.sampled_from((*PEOPLE[:2], *SECOND_PHONES)), place=st.integers(0, 5))
    def looks_after_his_accounts(self, who: str, place: int) -> None:
        self.says(who, "/lienket")
        self.chooses(who, place)
        self.chooses_by_name(who, "Hủy liên kết")

    @rule(who=st.sampled_from(SECOND_PHONES), text=st.sampled_from(SAYINGS))
    def says_on_the_second_phone(self, who: str, text: str) -> None:
        self.says(who, text)

    @rule(who=st.sampled_from(PEOPLE), text=st.sampled_from(SAYINGS), edited=st.booleans())
    def says_in_a_group(self, who: str, text: str, edited: bool) -> None:
        """Silence is an answer there: nobody is told twice in ten minutes that something is for the private chat."""
        self.run(self.chat.say(GROUP, text, place="group", sender=self.addresses[who], edited=edited))
        self.chat.new(self.addresses[who])

    @rule(who=st.sampled_from(PEOPLE), place=st.integers(0, 12))
    def taps_in_the_group(self, who: str, place: int) -> None:
        menu, choices = self.run(self.chat.choices(GROUP))
        if choices:
            tap = {"kind": "tap", "menu": menu, "index": place % len(choices), "place": "group", "sender": self.addresses[who]}
            self.run(self.chat._receive(GROUP, tap))

    @rule(who=st.sampled_from(PEOPLE[:2]), late=st.sampled_from((3_600, 8 * 86_400, 40 * 86_400)))
    def confirms_late(self, who: str, late: int) -> None:
        for text in ("báo cáo", "ntm01 12, ntm02 1", "xem lại"):
            self.says(who, text)
        self.time_passes(late)
        self.chooses_by_name(who, "Xác nhận")

    @rule(who=st.sampled_from((*PEOPLE, *SECOND_PHONES)), text=st.sampled_from(SAYINGS))
    def has_blocked_us_for_a_moment(self, who: str, text: str) -> None:
        """Whoever writes again is answered again."""
        barred = self.addresses[who]
        self.chat.channel.refuse = lambda address, part: Blocked("blocked") if address == barred else None
        try:
            self.says(who, text)
            self.time_passes(60)
        finally:
            self.chat.channel.refuse = lambda address, part: None
        self.says(who, text)


@pytest.mark.parametrize("buttons", [True, False], ids=["buttons", "plain"])
@pytest.mark.parametrize("kind", [Wider, OnPages], ids=["wider", "pages"])
def test_any_conversation_leaves_a_consistent_database(sample: Path, kind: type[Conversations], buttons: bool) -> None:
    machine: type[Conversations] = type("Machine", (kind,), {"sample": sample, "buttons": buttons})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=200 if FULL else 12, stateful_step_count=60 if FULL else 30, deadline=None, derandomize=not FULL,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip

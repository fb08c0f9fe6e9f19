"""The page of a long report in reminders: one choice more where a letter is about one report, and no link in the letter itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers.kit.reply import Go
from handlers.kit.wire import decode_choices
from handlers.schedule import agenda
from handlers.schedule.agenda import Free
from handlers.schedule.reminder_letter import Item, Writer
from storage.duties import Duty
from storage.reminders import Recipient
from tests.handlers.small_cluster import EVENTS, ZONE, at

FREE = Free({}, frozenset())
NOW = at("2026-11-23 08:00")
LAN = Recipient("lan", "Hoàng Thị Lan", "", "vi", True, "phone", "lan", (("LANG_SON", "officer"),))


def item(event_id: str, *, files: bool = True) -> Item:
    event = next(each for each in EVENTS if each.id == event_id)
    dated = agenda.dated(event, FREE, ZONE)
    duty = Duty(f"{event_id}:LANG_SON", event_id, "LANG_SON", 2026, event.form, event.period or "", dated.due, dated.effective, 0)
    return Item(f"duty:{duty.id}", 1, dated, False, duty, files=files)


def chosen(items: list[Item], *, paged: bool) -> list[str]:
    """What the letter's choices do."""
    letter, menu = Writer(NOW, ZONE, FREE, {}, {}, lambda duty: paged).letter(LAN, items)
    assert "/p/" not in letter
    return [f"{choice.action.command} {choice.action.argument}" for choice in decode_choices(menu or "[]") if isinstance(choice.action, Go)]


@pytest.mark.parametrize("paged", [True, False])
def test_one_long_report_has_a_page(paged: bool) -> None:
    found = chosen([item("E16")], paged=paged)
    assert ("baocao page E16:LANG_SON" in found) == paged
    assert found[0] == "baocao E16"


def test_several_reports_stay_short() -> None:
    assert [each for each in chosen([item("E16"), item("E15")], paged=True) if "page" in each] == []


def test_a_leader_and_a_cancelled_date_have_none() -> None:
    assert chosen([item("E16", files=False)], paged=True) == []
    one = item("E16")
    called_off = replace(one, dated=replace(one.dated, event=replace(one.dated.event, extras='{"cancelled": true}')))
    assert chosen([called_off], paged=True) == []

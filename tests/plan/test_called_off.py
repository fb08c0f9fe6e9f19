"""An event that is called off in the plan: it stays in the calendar, asks nothing, leaves an audit row, and can be restored."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage import audit, calendar, duties, reports
from storage.connection import effect
from tests.handlers.small_cluster import ZONE, SmallCluster, at
from tests.plan_change import change_plan

NOW = at("2026-11-23 09:00")


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    yield opened
    await opened.database.close()


async def actions(cluster: SmallCluster, event_id: str) -> list[str]:
    entries = await cluster.database.read(lambda read: audit.entries(read, subject=f"event:{event_id}"))
    return [each.action for each in reversed(entries)]


async def test_a_deadline_is_called_off_and_restored(cluster: SmallCluster, tmp_path: Path) -> None:
    await change_plan(cluster.database, tmp_path / "1", ZONE, NOW, {"E16": "hủy"})
    event = await cluster.database.read(lambda read: calendar.event(read, "E16"))
    assert event is not None
    assert event.cancelled
    owed = await cluster.database.read(lambda read: duties.of_event(read, "E16"))
    assert {each.status for each in owed} == {"cancelled"}
    await change_plan(cluster.database, tmp_path / "2", ZONE, NOW, {"E16": "khôi phục"})
    owed = await cluster.database.read(lambda read: duties.of_event(read, "E16"))
    assert {each.status for each in owed} == {"open"}
    assert await actions(cluster, "E16") == ["event.cancel", "event.restore"]


async def test_another_day_and_place_leave_a_row_each(cluster: SmallCluster, tmp_path: Path) -> None:
    await change_plan(cluster.database, tmp_path / "1", ZONE, NOW, {"E23": "ngày 2027-03-19; địa điểm Lào Cai"})
    assert await actions(cluster, "E23") == ["event.move", "event.place"]
    await change_plan(cluster.database, tmp_path / "2", ZONE, NOW, {"E23": "bỏ"})
    assert await actions(cluster, "E23") == ["event.move", "event.place", "event.remove"]


async def test_called_off_is_true_or_false(tmp_path: Path) -> None:
    from bot.plan.calendar import read
    from bot.plan.content import CALENDAR
    from bot.plan.findings import Findings

    text = (
        'year: 2026\nevents:\n  - {id: E1, date: 2026-11-30, kind: deadline, title: "Báo cáo", who: [member], cancelled: maybe}\n'
    )
    (tmp_path / CALENDAR).write_text(text, encoding="utf-8")
    findings = Findings()
    read(tmp_path / CALENDAR, findings)
    assert [each.line for each in findings.found if not each.warning] == [3]


async def test_a_deadline_moved_back_relieves_who_filed_late_and_one_brought_forward_burdens_nobody(
    cluster: SmallCluster, tmp_path: Path
) -> None:
    filed = at("2026-12-02 10:00")
    await cluster.write(
        effect(reports.file, "r1", "LANG_SON", 2026, "BC-TUCHAM", "year-estimate", "E16:LANG_SON", 0, "filing", (), (), "lan", filed, 2),
        effect(reports.file, "r1", "LANG_SON", 2026, "BC-TUCHAM", "year-estimate", "E16:LANG_SON", 1, "correction", (), (), "lan",
               filed + 86_400, 2, "sửa"),
        effect(duties.complete, "E16:LANG_SON", "lan", filed),
    )  # fmt: skip

    async def late() -> list[int]:
        return [each.days_late for each in await cluster.database.read(lambda read: reports.revisions(read, "r1"))]

    for number, (day, expected) in enumerate((("2026-12-01", [1, 1]), ("2026-12-04", [0, 0]), ("2026-11-27", [0, 0]))):
        await change_plan(cluster.database, tmp_path / str(number), ZONE, filed + 90_000, {"E16": f"ngày {day}"})
        assert await late() == expected
    relieved = await cluster.database.read(lambda read: audit.entries(read, subject="report:r1"))
    assert [(each.before, each.after) for each in relieved if each.action == "report.relieve"] == [("1", "0")] * 2 + [("2", "1")] * 2

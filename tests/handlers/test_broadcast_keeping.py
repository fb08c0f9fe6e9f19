"""Broadcasts to many units, and what is kept of them: pages, totals, the export, letters that expire."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handlers import broadcast
from handlers.broadcasting.due import due_broadcasts
from storage import export, outbox
from storage.connection import Transaction, effect
from tests.handlers.broadcast_world import NOW, confirmed, latest, letters, look, settle_all
from tests.handlers.small_cluster import ZONE, SmallCluster, at, labels_of, text_of


@pytest.fixture
async def cluster(tmp_path: Path) -> AsyncIterator[SmallCluster]:
    opened = await SmallCluster.open(tmp_path)
    yield opened
    await opened.database.close()


def _communes(tx: Transaction, count: int) -> None:
    for number in range(count):
        unit = f"XA_{number:03}"
        tx.execute("INSERT INTO units (id, name, sort_key) VALUES (?, ?, ?)", (unit, f"Xã {number:03}", f"xa {number:03}"))
        tx.execute("INSERT INTO memberships (year, unit_id, role) VALUES (2026, ?, 'member')", (unit,))
        tx.execute("INSERT INTO people (id, name, consent_at, created_at) VALUES (?, ?, 0, 0)", (f"x{number}", f"Người {number}"))
        tx.execute("INSERT INTO accounts (channel, address, person_id, linked_at) VALUES ('test', ?, ?, 0)", (f"x{number}", f"x{number}"))
        tx.execute(
            "INSERT INTO posts (id, person_id, unit_id, role, valid_from) VALUES (?, ?, ?, 'officer', '2025-01-01')",
            (f"x{number}", f"x{number}", unit),
        )


async def test_many_units_are_counted_and_paged(cluster: SmallCluster) -> None:
    await cluster.write(effect(_communes, 45))
    await confirmed(cluster, "toàn Cụm: Họp lúc 14h")
    ident = (await latest(cluster)).id
    shown = await cluster.turn("ha", NOW, broadcast.handle, f"show {ident}")
    assert "Đang chờ gửi: 50 người · 48 đơn vị" in text_of(shown.reply)
    assert "Xem theo đơn vị" in labels_of(shown.reply)
    first = text_of((await cluster.turn("ha", NOW, broadcast.handle, f"places {ident} 1")).reply)
    assert "Tuyên Quang · Chưa tham gia" in first
    assert len(first.splitlines()) == 21
    last = await cluster.turn("ha", NOW, broadcast.handle, f"places {ident} 3")
    assert "trang 3/3" in text_of(last.reply)
    assert "Trang sau" not in labels_of(last.reply)


async def test_after_ninety_days_only_the_counts_are_left(cluster: SmallCluster) -> None:
    await confirmed(cluster, "Lạng Sơn, Tuyên Quang: Họp lúc 14h")
    await cluster.write(effect(settle_all))
    await look(cluster, "2026-11-23 09:05")
    later = "2027-02-22 09:00"
    await look(cluster, later)
    await cluster.write(effect(outbox.drop_old, at(later)))
    given = await latest(cluster)
    assert (given.body, given.sha256) == ("", None)
    assert json.loads(str(given.counts)) == {"sent": 2, "unreachable": 0}
    text = await cluster.ask("ha", later, broadcast.handle, f"show {given.id}")
    assert "Đã gửi: 2 người" in text
    assert "đã gửi tới 2/2 người" in await cluster.ask("ha", later, broadcast.handle)
    await look(cluster, later)


async def test_the_export_holds_them_with_their_recipients(cluster: SmallCluster) -> None:
    await confirmed(cluster, "Lạng Sơn, Tuyên Quang: Họp lúc 14h")
    await cluster.write(effect(settle_all))
    sheets = {sheet.name: sheet for sheet in export.SHEETS}
    assert ",".join(sheets["broadcasts"].columns) == "broadcast,person,confirmed_at,audience,text,file,send_at,state,rounds,counts"
    assert ",".join(sheets["broadcast_recipients"].columns) == "broadcast,unit_id,person,role,state,round"
    told = await cluster.database.read(lambda read: [row[1:] for row in export.rows(read, sheets["broadcast_recipients"])])
    assert told == [("LANG_SON", "lan", "", "sent", 1), ("LANG_SON", "thanh", "", "sent", 1), ("TUYEN_QUANG", "", "", "unreachable", 1)]
    assert len(await cluster.database.read(lambda read: list(export.rows(read, sheets["broadcasts"])))) == 1


async def test_letters_of_a_channel_that_does_not_run_expire(cluster: SmallCluster) -> None:
    await confirmed(cluster, "Lạng Sơn: Họp lúc 14h")
    await look(cluster, "2026-11-29 09:00")
    assert (await latest(cluster)).state == "sending"
    await look(cluster, "2026-11-30 09:00")
    assert (await latest(cluster)).state == "done"
    assert len(await letters(cluster, "dropped")) == 2


async def test_the_end_of_one_round_does_not_end_the_next(cluster: SmallCluster) -> None:
    await confirmed(cluster, "Lạng Sơn: Họp lúc 14h")
    await cluster.write(effect(settle_all, "failed"))
    ended = await cluster.database.read(lambda read: due_broadcasts(read, at(NOW), ZONE))
    ident = (await latest(cluster)).id
    await cluster.turn("ha", NOW, broadcast.handle, f"resent {ident} 2")
    await cluster.write(*ended)
    assert (await latest(cluster)).state == "sending"
    assert len(await letters(cluster)) == 2

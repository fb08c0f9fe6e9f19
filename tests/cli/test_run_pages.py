"""`thidua run` with its pages: a link given on Zalo, opened in a browser, and still open after a SIGKILL."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from storage import page_links
from tests.channels.fake_zalo import TOKEN, FakeZalo
from tests.cli.service import Service, free_port

CHAT = "zalo-hoa"
HEADERS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def zalo() -> AsyncIterator[FakeZalo]:
    async with FakeZalo() as fake:
        yield fake


async def test_evidence_by_a_page_that_outlives_the_program(sample: Path, tmp_path: Path, zalo: FakeZalo) -> None:
    shutil.copy(sample, tmp_path / "cluster.sqlite3")
    with closing(sqlite3.connect(tmp_path / "cluster.sqlite3")) as database, database:
        database.execute("INSERT INTO accounts (channel, address, person_id, linked_at) VALUES ('zalo', ?, 'langson-canbo', 0)", (CHAT,))
        database.execute("UPDATE duties SET due = 4102444800, effective = 4102444800 WHERE status = 'open'")
    port = free_port()
    root = f"http://127.0.0.1:{port}"
    given = {
        "THIDUA_ZALO_TOKEN": TOKEN, "THIDUA_ZALO_API": zalo.root, "THIDUA_WEB": f"127.0.0.1:{port}", "THIDUA_PUBLIC_URL": root,
        "THIDUA_LOG": "DEBUG",
    }  # fmt: skip
    logs = ""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=HEADERS) as browser:
        async with Service(tmp_path, **given) as service:
            await service.running()
            await zalo.say(CHAT, "/baocao upload E16:LANG_SON")
            await zalo.until(lambda: any("/p/" in text for text in zalo.texts[CHAT]))
            (token,) = re.findall(rf"{root}/p/#([\w-]{{43}})", "\n".join(zalo.texts[CHAT]))
            async with browser.post(f"{root}/p/open", data={"key": token}) as answer:
                assert (answer.status, str(answer.url)) == (200, f"{root}/upload/{page_links.digest(token)}")
            logs += service.told
        async with Service(tmp_path, **given) as service:
            await service.running()
            form = aiohttp.FormData()
            form.add_field("file", BytesIO(b"%PDF-1.7"), filename="bien-ban.pdf", content_type="application/pdf")
            async with browser.post(f"{root}/upload/{page_links.digest(token)}", data=form) as answer:
                assert answer.status == 200
            await zalo.until(lambda: any("bien-ban.pdf" in text for text in zalo.texts[CHAT]))
            assert await service.terminated() == 0
            logs += service.told
    folder = tmp_path / "cluster.sqlite3.files"
    written = [folder, *folder.iterdir()]
    assert len(written) > 1
    assert [path for path in written if path.stat().st_mode & 0o077] == []
    assert token not in logs
    assert "bien-ban" not in logs

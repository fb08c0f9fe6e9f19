"""What the doctor says of Telegram, Zalo and the web side."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bot.clock import SystemClock
from bot.doctor import (
    on_telegram,
    on_the_web,
    on_zalo,
)
from bot.doctor.asking import Answer, Answers, ask
from bot.doctor.reached import reached
from tests.conftest import START
from tests.doctor.examining import HOST, ME, context, said

# Telegram -------------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(
    ("problem", "text"),
    [("name", "cannot be resolved"), ("connection", "cannot be connected to"), ("certificate", "certificate"), ("silence", "in time"),
     ("garbage", "not the API of Telegram")],
)  # fmt: skip
def test_where_the_way_ends(monkeypatch: pytest.MonkeyPatch, problem: Any, text: str) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    ((level, told),) = said(reached(Answers(HOST, problem), "Telegram"))
    assert level == "serious"
    assert text in told
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    assert [each[0] for each in said(reached(Answers(HOST, problem), "Telegram"))] == ["serious", "note"]
    assert said(reached(Answers(HOST), "Telegram")) == [("fine", f"{HOST} answers.")]


def test_each_platform_tells_of_its_way(tmp_path: Path) -> None:
    assert said(on_telegram.way(context(tmp_path, telegram=Answers(HOST))))[0][0] == "fine"
    assert said(on_zalo.way(context(tmp_path, zalo=Answers("z"))))[0][0] == "fine"
    assert said(on_telegram.way(context(tmp_path))) == said(on_zalo.way(context(tmp_path))) == []


@pytest.mark.parametrize(
    ("answers", "level", "text"),
    [
        (None, "note", "Telegram is off"),
        (Answers(HOST, "silence"), "unknown", "were not checked"),
        (Answers(HOST, me=ME), "fine", "https://t.me/thidua_bot"),
        (Answers(HOST, me=Answer(200, {}, ok=True)), "warning", "no user name"),
        (Answers(HOST, me=Answer(401)), "serious", "(401)"),
        (Answers(HOST, me=Answer(404)), "serious", "(404)"),
        (Answers(HOST, me=Answer(429)), "unknown", "(429)"),
        (Answers(HOST, me=Answer(502)), "unknown", "answered 502"),
    ],
)
def test_the_token(tmp_path: Path, answers: Answers | None, level: str, text: str) -> None:
    ((found, told),) = said(on_telegram.token(context(tmp_path, telegram=answers)))
    assert found == level
    assert text in told


WEBHOOK = {"THIDUA_TELEGRAM_WEBHOOK": "https://ours.vn", "THIDUA_WEB": "127.0.0.1:8080"}


@pytest.mark.parametrize(
    ("environ", "url", "holder", "level", "text"),
    [
        ({}, "", None, "fine", "by polling"),
        ({}, "https://other.vn/x", None, "warning", "while these settings poll"),
        ({}, "https://other.vn/x", "1@host", "serious", "officers get no answer"),
        (WEBHOOK, "https://ours.vn/telegram/abc", "1@host", "fine", "ours.vn"),
        (WEBHOOK, "", None, "warning", "not set at Telegram"),
        (WEBHOOK, "", "1@host", "serious", "not set at Telegram"),
        (WEBHOOK, "https://other.vn", "1@host", "serious", "leads to other.vn, not to ours.vn"),
    ],
)
def test_webhook_and_polling(tmp_path: Path, environ: dict[str, str], url: str, holder: str | None, level: str, text: str) -> None:
    answers = Answers(HOST, me=ME, webhook=Answer(200, {"url": url}, ok=True))
    ((found, told),) = said(on_telegram.who_takes_updates(context(tmp_path, environ, telegram=answers, holder=holder)))
    assert found == level
    assert text in told
    assert "abc" not in told, "the path of a webhook may be a key"


def test_what_telegram_met_at_the_webhook(tmp_path: Path) -> None:
    def told(at: int) -> list[tuple[str, str]]:
        info = {"url": "https://ours.vn/secret", "last_error_date": at, "last_error_message": "SSL error"}
        return said(on_telegram.webhook_errors(context(tmp_path, telegram=Answers(HOST, webhook=Answer(200, info, ok=True)))))

    assert told(START - 60)[0][0] == "warning"
    assert "SSL error" in told(START - 60)[0][1]
    assert told(START - 3 * 86_400)[0][0] == "note"


@pytest.mark.parametrize(
    ("count", "holder", "levels"),
    [(0, None, []), (3, None, ["note"]), (500, None, ["warning"]), (3, "1@host", []), (500, "1@host", ["warning"])],
)
def test_what_waits_at_telegram(tmp_path: Path, count: int, holder: str | None, levels: list[str]) -> None:
    answers = Answers(HOST, webhook=Answer(200, {"url": "", "pending_update_count": count}, ok=True))
    assert [each[0] for each in said(on_telegram.waiting(context(tmp_path, telegram=answers, holder=holder)))] == levels


def test_privacy_mode_and_the_country(tmp_path: Path) -> None:
    open_bot = Answers(HOST, me=Answer(200, {"can_read_all_group_messages": True}, ok=True))
    assert [each[0] for each in said(on_telegram.groups(context(tmp_path, telegram=open_bot)))] == ["warning"]
    assert said(on_telegram.groups(context(tmp_path, telegram=Answers(HOST, me=ME)))) == []
    assert [each[0] for each in said(on_telegram.in_viet_nam(context(tmp_path, telegram=Answers(HOST, me=ME))))] == ["note"]


# Zalo and the web side ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(
    ("answers", "level"),
    [
        (None, "note"), (Answers("z", "connection"), "unknown"), (Answers("z", me=Answer(200, {"account_name": "bot"}, ok=True)), "fine"),
        (Answers("z", me=Answer(403, ok=False)), "unknown"), (Answers("z", me=Answer(429, ok=False)), "serious"),
        (Answers("z", me=Answer(401)), "serious"), (Answers("z", me=Answer(502)), "unknown"),
        (Answers("z", me=Answer(200, {}, "unknown bot", ok=False, code=401)), "serious"),
        (Answers("z", me=Answer(200, {}, "unknown bot", ok=False)), "unknown"), (Answers("z", me=Answer(404)), "serious"),
    ],
)  # fmt: skip
def test_zalos_token(tmp_path: Path, answers: Answers | None, level: str) -> None:
    assert [each[0] for each in said(on_zalo.token(context(tmp_path, zalo=answers)))] == [level]


@pytest.mark.parametrize(
    ("webhook", "url", "levels"),
    [("", "", ["warning"]), ("", "https://other.vn", ["warning", "warning"]), ("https://ours.vn", "https://ours.vn/x", ["fine"]),
     ("https://ours.vn", "", ["warning"]), ("https://ours.vn", "https://other.vn", ["serious"])],
)  # fmt: skip
def test_zalos_webhook(tmp_path: Path, webhook: str, url: str, levels: list[str]) -> None:
    environ = {"THIDUA_ZALO_TOKEN": "z", "THIDUA_ZALO_WEBHOOK": webhook}
    answers = Answers("z", me=Answer(200, ok=True), webhook=Answer(200, {"url": url}, ok=True))
    assert [each[0] for each in said(on_zalo.webhook(context(tmp_path, environ, zalo=answers)))] == levels


@pytest.mark.parametrize(
    ("answers", "holder", "level"),
    [(Answers("x.vn", me=Answer(200)), "1@h", "fine"), (Answers("x.vn", me=Answer(502)), "1@h", "warning"),
     (Answers("x.vn", "certificate"), "1@h", "serious"), (Answers("x.vn", me=Answer(502)), None, "note")],
)  # fmt: skip
def test_the_public_address(tmp_path: Path, answers: Answers, holder: str | None, level: str) -> None:
    environ = {"THIDUA_WEB": "127.0.0.1:8080", "THIDUA_PUBLIC_URL": "https://x.vn"}
    assert [each[0] for each in said(on_the_web.public_address(context(tmp_path, environ, public=answers, holder=holder)))] == [level]


@pytest.mark.parametrize(
    ("problem", "text"),
    [("name", "is not known"), ("certificate", "is not trusted"), ("garbage", "does not speak HTTP"), ("connection", "does not answer"),
     ("silence", "does not answer")],
)  # fmt: skip
def test_why_the_public_address_is_not_reached(tmp_path: Path, problem: Any, text: str) -> None:
    environ = {"THIDUA_WEB": "127.0.0.1:8080", "THIDUA_PUBLIC_URL": "https://x.vn"}
    ((level, told),) = said(on_the_web.public_address(context(tmp_path, environ, public=Answers("x.vn", problem), holder="1@h")))
    assert (level, text in told) == ("serious", True)


@pytest.fixture
def own_certificate(tmp_path: Path) -> ssl.SSLContext:
    """Of a server that has signed its certificate itself."""
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"]  # fmt: skip
    subprocess.run(made, cwd=tmp_path, check=True, capture_output=True)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    return tls


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
async def test_a_certificate_that_is_not_trusted_is_told_as_such(own_certificate: ssl.SSLContext) -> None:
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0, ssl=own_certificate)
    port = server.sockets[0].getsockname()[1]
    for token in (None, "1:token"):
        answers = await asyncio.to_thread(ask, f"https://localhost:{port}", token, SystemClock())
        assert (answers.host, answers.problem) == (f"localhost:{port}", "certificate")
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("answers", "level", "text"),
    [
        (None, None, ""),
        (Answers("127.0.0.1:8080", "connection"), "serious", "does not answer at 127.0.0.1:8080"),
        (Answers("127.0.0.1:8080", me=Answer(200, {"ok": True, "failed": []})), "fine", "it is well"),
        (Answers("127.0.0.1:8080", me=Answer(503, {"ok": False, "failed": ["channel:telegram"]})), "serious", "channel:telegram"),
        (Answers("127.0.0.1:8080", me=Answer(404)), "serious", "404"),
    ],
)
def test_what_the_running_bot_says_of_itself(tmp_path: Path, answers: Answers | None, level: str | None, text: str) -> None:
    found = said(on_the_web.own_health(context(tmp_path, own=answers)))
    assert [each[0] for each in found] == ([] if level is None else [level])
    assert all(text in told for _, told in found)

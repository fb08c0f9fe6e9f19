"""``thidua doctor``: against a Bot API on loopback, beside a running bot, on damaged files, and with nothing there at all."""

from __future__ import annotations

import asyncio
import shutil
import socket
import sqlite3
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import lock
from bot.doctor import asking, examination, of_program
from bot.doctor.context import Context
from bot.doctor.finding import Finding, fine
from handlers.kit.message import verbatim
from tests.channels.fake_telegram import TOKEN, FakeTelegram
from tests.channels.loopback import Failure
from tests.cli.running import Ran, Run

SECRET = TOKEN.partition(":")[2]
DATABASE = Path("cluster.sqlite3")


@pytest.fixture(autouse=True)
def _private(monkeypatch: pytest.MonkeyPatch, thidua: Run) -> None:
    """As a province should run it: a folder of its own."""
    Path.cwd().chmod(0o700)
    for name in ("THIDUA_TELEGRAM_API", "THIDUA_ZALO_TOKEN", "THIDUA_ZALO_API", "THIDUA_PUBLIC_URL", "THIDUA_TELEGRAM_WEBHOOK"):
        monkeypatch.delenv(name, raising=False)


def write_env(*lines: str) -> None:
    path = Path(".env")
    path.write_text("\n".join(lines), encoding="utf-8")
    path.chmod(0o600)


def configure(root: str) -> None:
    write_env(f"THIDUA_TELEGRAM_TOKEN={TOKEN}", f"THIDUA_TELEGRAM_API={root}")


async def asked(thidua: Run, *words: str) -> Ran:
    """The command in a thread, beside the server's loop. It never shows the token."""
    ran = await asyncio.to_thread(thidua, "doctor", *words)
    assert SECRET not in ran.out + ran.err
    return ran


def listing() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path.cwd().iterdir() if path.is_file()}


def test_with_nothing_there_it_says_what_to_do_and_makes_nothing(thidua: Run) -> None:
    ran = thidua("doctor")
    assert ran.status == 1
    assert "✘ Chưa cấu hình kênh nào.\n    → Ghi THIDUA_TELEGRAM_TOKEN" in ran.out
    assert "Chưa có cơ sở dữ liệu" in ran.out
    assert "Tổng cộng: 1 nghiêm trọng" in ran.out
    assert list(Path.cwd().iterdir()) == []


def test_it_speaks_english(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THIDUA_LANGUAGE", "en")
    ran = thidua("doctor")
    assert "✘ No channel is configured." in ran.out
    assert "In all: 1 serious, " in ran.out


def test_the_command_line_and_bad_settings_end_with_2(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert thidua("doctor", "--all").status == 2
    monkeypatch.setenv("THIDUA_WEB", "8080")
    assert thidua("doctor").status == 2


async def test_all_is_well(thidua: Run, sample: Path) -> None:
    shutil.copy(sample, "cluster.sqlite3")
    async with FakeTelegram() as server:
        configure(server.root)
        before = listing()
        ran = await asked(thidua)
        assert ran.status == 0, ran.out
        for text in ("@thidua_bot", "Cơ sở dữ liệu nguyên vẹn", "Đồng hồ khớp", "polling; không có webhook", "Tổng cộng: 0 nghiêm trọng"):
            assert text in ran.out
        assert listing() == before
        assert {call.method for call in server.calls} == {"getMe", "getWebhookInfo"}
        assert server.violations == []


async def test_beside_a_running_bot(thidua: Run, sample: Path) -> None:
    shutil.copy(sample, "cluster.sqlite3")
    held = lock.hold(DATABASE)
    writer = sqlite3.connect("cluster.sqlite3", isolation_level=None)
    try:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO settings (name, value) VALUES ('x', 'y')")
        async with FakeTelegram() as server:
            configure(server.root)
            server.webhook = "https://elsewhere.vn/hook"
            ran = await asked(thidua)
        assert ran.status == 1
        assert "Hệ thống đang chạy" in ran.out
        assert "✘ Webhook tại elsewhere.vn đang nhận tin" in ran.out
        assert "Cơ sở dữ liệu nguyên vẹn" in ran.out
        writer.execute("COMMIT")
        with pytest.raises(lock.AlreadyRunning):
            lock.hold(DATABASE)
    finally:
        writer.close()
        held.close()


async def test_a_token_that_telegram_does_not_know(thidua: Run) -> None:
    async with FakeTelegram("1:other") as server:
        configure(server.root)
        ran = await asked(thidua)
    assert ran.status == 1
    assert "✘ Telegram không chấp nhận token (401)" in ran.out


@pytest.mark.parametrize(
    ("failure", "said"),
    [(Failure("hang"), "không trả lời kịp"), (Failure("reset_before"), "không đúng giao diện"),
     (Failure("garbage"), "không đúng giao diện"), (Failure(status=502, body="<html>Bad gateway</html>"), "trả lời 502")],
    ids=["hang", "reset", "garbage", "proxy"],
)  # fmt: skip
async def test_a_server_that_does_not_answer_well(thidua: Run, monkeypatch: pytest.MonkeyPatch, failure: Failure, said: str) -> None:
    monkeypatch.setattr(asking, "ANSWER_SECONDS", 0.3)
    async with FakeTelegram() as server:
        configure(server.root)
        for method in ("getMe", "getWebhookInfo"):
            server.fail(method, failure, failure)      # a broken connection is tried once more
        ran = await asked(thidua)
    assert said in ran.out


async def test_nobody_listens(thidua: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        configure(f"http://127.0.0.1:{free.getsockname()[1]}")
        ran = await asked(thidua)
    assert ran.status == 1
    assert "Không kết nối được tới 127.0.0.1" in ran.out
    assert "? Chưa đối chiếu được đồng hồ" in ran.out


async def test_a_server_without_tls(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ANSWER_SECONDS", 3)
    async with FakeTelegram() as server:
        configure(server.root.replace("http:", "https:"))
        ran = await asked(thidua)
    assert ran.status == 1
    assert "Chứng thư số của 127.0.0.1" in ran.out


async def test_a_name_that_leads_nowhere(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    configure("https://api.telegram.example")
    ran = await asked(thidua)
    assert ran.status == 1
    assert "Không phân giải được tên api.telegram.example (DNS)" in ran.out


async def test_a_resolver_that_hangs_holds_nobody_up(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait() and [])
    monkeypatch.setattr(asking, "NAME_SECONDS", 0.2)
    configure("https://api.telegram.example")
    ran = await asked(thidua)
    ended.set()
    assert "Không phân giải được tên api.telegram.example (DNS)" in ran.out


async def test_zalo_is_asked_at_its_own_address(thidua: Run) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        write_env("THIDUA_ZALO_TOKEN=zalo-token-1234", f"THIDUA_ZALO_API=http://127.0.0.1:{free.getsockname()[1]}")
        ran = await asked(thidua)
    assert ran.status == 1
    assert "Zalo đang dùng polling" in ran.out
    assert "zalo-token-1234" not in ran.out


def test_a_damaged_database(thidua: Run, sample: Path) -> None:
    content = bytearray(sample.read_bytes())
    for page in range(20, len(content) // 4096 - 1, 3):
        content[page * 4096 : page * 4096 + 512] = b"\xff" * 512
    Path("cluster.sqlite3").write_bytes(content)
    ran = thidua("doctor")
    assert ran.status == 1
    assert "Cơ sở dữ liệu bị hỏng" in ran.out
    assert "thidua restore" in ran.out


def test_a_file_that_is_no_database(thidua: Run) -> None:
    Path("cluster.sqlite3").write_bytes(b"this is not a database at all" * 40)
    ran = thidua("doctor")
    assert ran.status == 1
    assert "không phải cơ sở dữ liệu" in ran.out


@pytest.mark.parametrize(("version", "said"), [(9999, "phiên bản mới hơn (9999)"), (0, "ở phiên bản 0")])
def test_a_database_of_another_version(thidua: Run, sample: Path, version: int, said: str) -> None:
    shutil.copy(sample, "cluster.sqlite3")
    connection = sqlite3.connect("cluster.sqlite3")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    ran = thidua("doctor")
    assert said in ran.out
    assert "Chưa kiểm tra: cơ sở dữ liệu thuộc phiên bản khác" in ran.out


def test_brief_tells_only_what_is_to_be_done(thidua: Run) -> None:
    ran = thidua("doctor", "--brief")
    assert "✘" in ran.out
    assert "✔" not in ran.out
    assert "Tổng cộng" in ran.out


def broken(context: Context) -> Iterator[Finding]:
    raise ValueError(f"ông Nguyễn Văn A {TOKEN}")


def test_a_check_that_fails_hides_no_other(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    group = of_program.GROUP
    changed = type(group)(group.title, (broken, *group.checks))
    monkeypatch.setattr(examination, "GROUPS", (changed,))
    ran = thidua("doctor")
    assert ran.status == 0
    assert "? Không thực hiện được kiểm tra test_doctor.broken (ValueError)." in ran.out
    assert "✔ Python" in ran.out
    assert "Nguyễn" not in ran.out


def test_a_check_that_hangs_is_not_waited_for(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def hangs(context: Context) -> Iterator[Finding]:
        ended.wait()
        return iter(())

    group = of_program.GROUP
    monkeypatch.setattr(examination, "GROUPS", (type(group)(group.title, (hangs,)),))
    monkeypatch.setattr(examination, "SECONDS", 0.2)
    ran = thidua("doctor")
    ended.set()
    assert "? Không đủ thời gian" in ran.out


def test_what_was_found_before_the_time_was_over_is_told(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def hangs(context: Context) -> Iterator[Finding]:
        yield fine(verbatim("Trước đó"))
        ended.wait()

    group = of_program.GROUP
    monkeypatch.setattr(examination, "GROUPS", (type(group)(group.title, (hangs,)),))
    monkeypatch.setattr(examination, "SECONDS", 0.2)
    ran = thidua("doctor")
    ended.set()
    assert "✔ Trước đó" in ran.out
    assert "? Không đủ thời gian" in ran.out


def test_words_of_others_cannot_steer_the_terminal(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    group = of_program.GROUP
    changed = type(group)(group.title, (lambda context: [fine(verbatim("a\x1b[2Jb\nc"))],))
    monkeypatch.setattr(examination, "GROUPS", (changed,))
    assert "✔ a�[2Jb�c\n" in thidua("doctor").out


async def test_a_defect_in_asking_is_told_without_its_text(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(root: str, token: str | None, clock: object) -> None:
        raise RuntimeError(f"{root}/bot{token}")

    monkeypatch.setattr(examination, "ask", fails)
    configure("http://127.0.0.1:9")
    assert "không đúng giao diện" in (await asked(thidua)).out


def test_on_a_terminal_that_is_not_utf_8(thidua: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THIDUA_LANGUAGE", "en")
    with Path("out.txt").open("w", encoding="ascii") as terminal, monkeypatch.context() as patched:
        patched.setattr(sys, "stdout", terminal)
        assert thidua("doctor").status == 1
    assert "x No channel is configured." in Path("out.txt").read_text(encoding="ascii")

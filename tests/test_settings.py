"""The operator's settings: defaults, the .env file, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import HostPort, SettingError, load, read_dotenv


def test_nothing_set_gives_the_defaults() -> None:
    settings = load({})
    assert settings.database == Path("thidua.sqlite3")
    assert (settings.zone.key, settings.language, settings.log) == ("Asia/Ho_Chi_Minh", "vi", "INFO")
    assert settings.telegram_api == "https://api.telegram.org"
    assert (settings.telegram_token, settings.web, settings.metrics, settings.public_url) == (None, None, None, None)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("THIDUA_LOG=debug\nTHIDUA_LANGUAGE=en\nOTHER=x\n", encoding="utf-8")
    settings = load({"THIDUA_LANGUAGE": "vi"}, path)
    assert (settings.log, settings.language) == ("DEBUG", "vi")


def test_the_file_has_comments_quotes_and_exports(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(
        "\ufeff# ours\nexport A=1\nB='two # words' # said\nC=\"three\"\nD = four # comment\nE=\nF=a=b\n", encoding="utf-8"
    )
    assert read_dotenv(path) == {"A": "1", "B": "two # words", "C": "three", "D": "four", "E": "", "F": "a=b"}
    assert read_dotenv(tmp_path / "absent") == {}


def test_how_long_a_browser_stays_signed_in() -> None:
    assert load({}).webchat == (30, 180)
    assert load({"THIDUA_WEBCHAT": "1, 7"}).webchat == (1, 7)
    assert load({"THIDUA_WEBCHAT": "OFF"}).webchat is None


def test_what_zalos_plan_takes() -> None:
    assert load({}).zalo_quota == (3_000, 50)
    assert load({"THIDUA_ZALO_QUOTA": "20000"}).zalo_quota == (20_000, None)
    assert load({"THIDUA_ZALO_QUOTA": "20000, 500"}).zalo_quota == (20_000, 500)
    assert load({"THIDUA_ZALO_QUOTA": "Off"}).zalo_quota is None


def test_hosts_and_ports() -> None:
    assert load({"THIDUA_WEB": "127.0.0.1:8080"}).web == HostPort("127.0.0.1", 8080)
    assert load({"THIDUA_METRICS": "[::1]:9100"}).metrics == HostPort("::1", 9100)
    assert load({"THIDUA_PUBLIC_URL": "https://thidua.vn/bot/"}).public_url == "https://thidua.vn/bot"


@pytest.mark.parametrize(
    ("name", "value"),
    [("THIDUA_WEB", ":80"), ("THIDUA_WEB", "host:"), ("THIDUA_WEB", "host:0"), ("THIDUA_WEB", "a b:80"), ("THIDUA_PUBLIC_URL", "ftp://x"),
     ("THIDUA_ZALO_API", "https://"), ("THIDUA_TELEGRAM_API", "https://x:port"), ("THIDUA_TELEGRAM_TOKEN", "12 34"),
     ("THIDUA_TIMEZONE", "../etc"), ("THIDUA_DATABASE", "/"), ("THIDUA_WEBCHAT", "30"), ("THIDUA_WEBCHAT", "90 30"),
     ("THIDUA_WEBCHAT", "0 5"), ("THIDUA_WEBCHAT", "on"), ("THIDUA_ZALO_QUOTA", "0"),
     ("THIDUA_ZALO_QUOTA", "3000 50 1"), ("THIDUA_ZALO_QUOTA", "many")],
)  # fmt: skip
def test_what_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingError):
        load({name: value})


def test_a_database_that_this_user_cannot_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_dir", refused)
    with pytest.raises(SettingError, match="cannot be reached"):
        load({"THIDUA_DATABASE": "/var/lib/thidua/thidua.sqlite3"})


@pytest.mark.parametrize("line", ["nonsense", "A B=1", "A='open", '="x"'])
def test_lines_that_are_no_settings(tmp_path: Path, line: str) -> None:
    path = tmp_path / ".env"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(SettingError):
        read_dotenv(path)

"""The operator's settings: environment variables, or a ``.env`` file in the working folder (the environment wins)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from handlers.kit.message import Message, m

DEFAULT_ZONE = "Asia/Ho_Chi_Minh"
DEFAULT_LANGUAGE = "vi"
LANGUAGES = ("vi", "en")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class SettingError(Exception):
    """A setting is missing or wrong; ``message`` says which and what is expected. The program ends with exit status 2."""

    def __init__(self, message: Message) -> None:
        super().__init__(message.msgid)
        self.message = message


@dataclass(frozen=True, slots=True)
class HostPort:
    """Where a server of ours listens."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, read and checked. An optional one that is not set is None (tokens, addresses)."""

    database: Path
    telegram_token: str | None
    telegram_api: str
    telegram_webhook: str | None
    zalo_token: str | None
    zalo_api: str
    zalo_webhook: str | None
    web: HostPort | None
    public_url: str | None
    metrics: HostPort | None
    zone: ZoneInfo
    language: str
    log: str
    backup: Path | None
    telegram_pace: tuple[int, int, int] | None
    webchat: tuple[int, int] | None
    zalo_quota: tuple[int, int | None] | None


NAMES = (
    "THIDUA_DATABASE", "THIDUA_TELEGRAM_TOKEN", "THIDUA_TELEGRAM_API", "THIDUA_TELEGRAM_WEBHOOK", "THIDUA_ZALO_TOKEN",
    "THIDUA_ZALO_API", "THIDUA_ZALO_WEBHOOK", "THIDUA_WEB", "THIDUA_PUBLIC_URL", "THIDUA_METRICS", "THIDUA_TIMEZONE",
    "THIDUA_LANGUAGE", "THIDUA_LOG", "THIDUA_BACKUP", "THIDUA_TELEGRAM_PACE", "THIDUA_WEBCHAT", "THIDUA_ZALO_QUOTA",
)  # fmt: skip
"""The names that operators use; each stands in the README."""

DEFAULT_TELEGRAM_API = "https://api.telegram.org"
DEFAULT_ZALO_API = "https://bot-api.zaloplatforms.com"
DEFAULT_TELEGRAM_PACE = "30 1 20"
"""Telegram's own limits: messages a second altogether, a second to one chat, a minute to one group."""

DEFAULT_ZALO_QUOTA = "3000 50"
"""Zalo's free plan: messages a month, people."""

DEFAULT_WEBCHAT = "30 180"
"""Days that a browser stays signed in to the chat page: not used, and however much it is used."""


def load(environ: Mapping[str, str], dotenv: Path | None = None) -> Settings:
    """The settings from the environment and, where ``dotenv`` names a file that exists, from it. Raises SettingError."""
    given = {name: value for name, value in read_dotenv(dotenv).items() if name in NAMES} if dotenv is not None else {}
    given |= {name: value for name, value in environ.items() if name in NAMES}
    given = {name: value.strip() for name, value in given.items() if value.strip()}
    return Settings(
        database=_database(given.get("THIDUA_DATABASE", "thidua.sqlite3")),
        telegram_token=_token(given, "THIDUA_TELEGRAM_TOKEN"),
        telegram_api=_url(given, "THIDUA_TELEGRAM_API") or DEFAULT_TELEGRAM_API,
        telegram_webhook=_url(given, "THIDUA_TELEGRAM_WEBHOOK"),
        zalo_token=_token(given, "THIDUA_ZALO_TOKEN"),
        zalo_api=_url(given, "THIDUA_ZALO_API") or DEFAULT_ZALO_API,
        zalo_webhook=_url(given, "THIDUA_ZALO_WEBHOOK"),
        web=_host_port(given, "THIDUA_WEB"),
        public_url=_url(given, "THIDUA_PUBLIC_URL"),
        metrics=_host_port(given, "THIDUA_METRICS"),
        zone=_zone(given.get("THIDUA_TIMEZONE", DEFAULT_ZONE)),
        language=_one_of("THIDUA_LANGUAGE", given.get("THIDUA_LANGUAGE", DEFAULT_LANGUAGE).lower(), LANGUAGES),
        log=_one_of("THIDUA_LOG", given.get("THIDUA_LOG", "INFO").upper(), LOG_LEVELS),
        backup=_folder(given, "THIDUA_BACKUP"),
        telegram_pace=_pace(given.get("THIDUA_TELEGRAM_PACE", DEFAULT_TELEGRAM_PACE)),
        webchat=_webchat(given.get("THIDUA_WEBCHAT", DEFAULT_WEBCHAT)),
        zalo_quota=_quota(given.get("THIDUA_ZALO_QUOTA", DEFAULT_ZALO_QUOTA)),
    )


def read_dotenv(path: Path) -> dict[str, str]:
    """NAME=VALUE lines of a ``.env`` file; ``#`` begins a comment, quotes keep spaces and #, ``export`` may stand in front.

    A file that does not exist has no settings. Raises SettingError for a line that is none of this, or a file that cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(m("{file} cannot be read: it must be a UTF-8 text file", file=str(path))) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, sign, value = text.removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        parsed = _unquoted(value)
        if not sign or not name.replace("_", "").isalnum() or parsed is None:
            raise SettingError(m("{file}, line {line}: expected NAME=VALUE", file=str(path), line=str(number)))
        found[name] = parsed
    return found


def _unquoted(value: str) -> str | None:
    if value[:1] in ("'", '"'):
        end = value.find(value[0], 1)
        rest = value[end + 1 :].strip()
        return value[1:end] if end > 0 and (not rest or rest.startswith("#")) else None
    if value.startswith("#"):
        return ""
    return value.split(" #", 1)[0].rstrip()


def _database(value: str) -> Path:
    path = Path(value).expanduser()
    try:
        is_folder, has_folder = path.is_dir(), path.absolute().parent.is_dir()
    except OSError as error:
        raise SettingError(m("THIDUA_DATABASE: {value} cannot be reached with the rights of this user", value=value)) from error
    if is_folder:
        raise SettingError(m("THIDUA_DATABASE: {value} is a folder, expected a file", value=value))
    if not has_folder:
        raise SettingError(m("THIDUA_DATABASE: the folder of {value} does not exist", value=value))
    return path


def _folder(given: Mapping[str, str], name: str) -> Path | None:
    """A folder, which may still have to be made."""
    value = given.get(name)
    if value is None:
        return None
    path = Path(value).expanduser()
    if path.exists() and not path.is_dir():
        raise SettingError(m("{name}: {value} is a file, expected a folder", name=name, value=value))
    return path


def _token(given: Mapping[str, str], name: str) -> str | None:
    value = given.get(name)
    if value is not None and (any(sign.isspace() for sign in value) or not value.isascii()):
        raise SettingError(m("{name}: a token has no spaces", name=name))
    return value


def _url(given: Mapping[str, str], name: str) -> str | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound:
        raise SettingError(m("{name}: expected an address like https://example.vn, not {value}", name=name, value=value))
    return value.rstrip("/")


def _host_port(given: Mapping[str, str], name: str) -> HostPort | None:
    value = given.get(name)
    if value is None:
        return None
    host, _, port = value.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536 or any(sign.isspace() for sign in host):
        raise SettingError(m("{name}: expected host:port like 127.0.0.1:8080, not {value}", name=name, value=value))
    return HostPort(host, int(port))


def _pace(value: str) -> tuple[int, int, int] | None:
    if value.lower() == "off":
        return None
    numbers = [int(word) if word.isascii() and word.isdecimal() else 0 for word in value.replace(",", " ").split()]
    if len(numbers) != 3 or not all(0 < number <= 10_000 for number in numbers):
        raise SettingError(
            m(
                "THIDUA_TELEGRAM_PACE: expected three whole numbers (a second, a second to one chat, a minute to one group) like 30 1 20,"
                " or off; not {value}",
                value=value,
            )
        )
    return numbers[0], numbers[1], numbers[2]


def _webchat(value: str) -> tuple[int, int] | None:
    if value.lower() == "off":
        return None
    numbers = [int(word) if word.isascii() and word.isdecimal() else 0 for word in value.replace(",", " ").split()]
    if len(numbers) != 2 or not 0 < numbers[0] <= numbers[1] <= 3_650:
        raise SettingError(
            m(
                "THIDUA_WEBCHAT: expected two numbers of days (signed in without use, signed in at the longest) like 30 180, or off;"
                " not {value}",
                value=value,
            )
        )
    return numbers[0], numbers[1]


def _quota(value: str) -> tuple[int, int | None] | None:
    """Messages a month, and people where they are limited."""
    if value.lower() == "off":
        return None
    numbers = [int(word) if word.isascii() and word.isdecimal() else 0 for word in value.replace(",", " ").split()]
    if len(numbers) not in (1, 2) or not all(0 < number <= 100_000_000 for number in numbers):
        raise SettingError(
            m("THIDUA_ZALO_QUOTA: expected messages a month and people, like 3000 50, messages alone, or off; not {value}", value=value)
        )
    return numbers[0], numbers[1] if len(numbers) == 2 else None


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingError(m("THIDUA_TIMEZONE: {value} is not a time zone; example: Asia/Ho_Chi_Minh", value=value)) from error


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise SettingError(m("{name}: expected {allowed}, not {value}", name=name, allowed=tuple(allowed), value=value))
    return value

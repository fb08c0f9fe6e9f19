"""The settings: what is set, by whom it can be read, and what does not go together."""

from __future__ import annotations

import difflib
import re
import stat
from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.doctor.context import Context
from bot.doctor.finding import Finding, Group, fine, note, serious, warning
from bot.settings import DEFAULT_ZONE, NAMES, HostPort
from handlers.kit.message import Value, m

TELEGRAM_TOKEN = re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}")
SECRETS = ("THIDUA_TELEGRAM_TOKEN", "THIDUA_ZALO_TOKEN")
TELEGRAM_PORTS = (443, 80, 88, 8443)
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def channels(context: Context) -> Iterable[Finding]:
    """Without a token, and without the chat page, there is nothing to run."""
    settings = context.settings
    names: list[Value] = [name for name, token in (("Telegram", settings.telegram_token), ("Zalo", settings.zalo_token)) if token]
    if settings.web is not None and settings.public_url is not None and settings.webchat is not None:
        names.append(m("chat page"))
    if names:
        yield fine(m("Channels configured: {channels}", channels=tuple(names)))
    else:
        yield serious(
            m("No channel is configured."), m("Put THIDUA_TELEGRAM_TOKEN (from @BotFather) or THIDUA_ZALO_TOKEN into .env.")
        )


def names(context: Context) -> Iterable[Finding]:
    """A misspelt setting is no error anywhere else: it would simply not count."""
    for name in sorted(set(context.given) - set(NAMES)):
        near = difflib.get_close_matches(name, NAMES, 1)
        if near:
            yield warning(
                m("{name} is no setting, so it has no effect.", name=name), m("Perhaps {near} is meant: rename it.", near=near[0])
            )
        else:
            yield warning(m("{name} is no setting, so it has no effect.", name=name), m("Remove it; the README lists the settings."))


def env_file(context: Context) -> Iterable[Finding]:
    """The file with the tokens is the operator's own."""
    try:
        mode, folder = context.dotenv.stat().st_mode, context.dotenv.absolute().parent.stat().st_mode
    except OSError:
        return
    file = str(context.dotenv)
    if not mode & stat.S_IRWXO or not folder & stat.S_IXOTH:
        yield fine(m("{file} cannot be read by other users of this machine.", file=file))
        return
    found = serious if any(context.given.get(name) in (file, "both") for name in SECRETS) else warning
    yield found(m("Every user of this machine can read or change {file}.", file=file), m("Run: chmod 600 {file}", file=file))


def token_shape(context: Context) -> Iterable[Finding]:
    """A token that was cut while copying."""
    token = context.settings.telegram_token
    if token is not None and not TELEGRAM_TOKEN.fullmatch(token):
        yield warning(
            m("{name} does not look like a token (digits, a colon, at least 30 characters).", name="THIDUA_TELEGRAM_TOKEN"),
            m("Copy it again from @BotFather (/mybots, API Token), the whole line."),
        )


def webhooks(context: Context) -> Iterable[Finding]:
    """A webhook is a public https address with our web side behind it."""
    settings = context.settings
    for name, url in (("THIDUA_TELEGRAM_WEBHOOK", settings.telegram_webhook), ("THIDUA_ZALO_WEBHOOK", settings.zalo_webhook)):
        if url is None:
            continue
        parts = urlsplit(url)
        if parts.scheme != "https":
            yield serious(
                m("{name} must begin with https://: the platform sends nothing to an open address.", name=name),
                m("Put a reverse proxy with a certificate in front (deploy/Caddyfile) and give its https address."),
            )
        elif name.startswith("THIDUA_TELEGRAM") and (parts.port or 443) not in TELEGRAM_PORTS:
            yield serious(
                m("{name}: Telegram sends to the ports 443, 80, 88 and 8443 only, not to {port}.", name=name, port=str(parts.port)),
                m("Let the reverse proxy listen on 443."),
            )
        if settings.web is None:
            yield serious(
                m("{name} is set, but THIDUA_WEB is not: nothing listens for the platform's messages.", name=name),
                m("Set THIDUA_WEB=127.0.0.1:8080 and let the reverse proxy forward to it."),
            )


def web_side(context: Context) -> Iterable[Finding]:
    """Who can reach the web side and the figures about the program."""
    settings = context.settings
    if settings.public_url is not None:
        parts = urlsplit(settings.public_url)
        if parts.scheme != "https" and not _loopback(HostPort(parts.hostname or "", 0)):
            yield warning(
                m("THIDUA_PUBLIC_URL is not https: what officers type on its pages can be read on the way."),
                m("Put a reverse proxy with a certificate in front (deploy/Caddyfile) and give its https address."),
            )
        if settings.web is None:
            yield warning(
                m("THIDUA_PUBLIC_URL is set, but THIDUA_WEB is not: its links lead nowhere."),
                m("Set THIDUA_WEB=127.0.0.1:8080 and let the reverse proxy forward to it."),
            )
    if settings.metrics is not None and settings.metrics == settings.web:
        yield serious(
            m("THIDUA_METRICS and THIDUA_WEB are the same address."),
            m("Give THIDUA_METRICS a port of its own, for example 127.0.0.1:9100."),
        )
    for name, place in (("THIDUA_WEB", settings.web), ("THIDUA_METRICS", settings.metrics)):
        if place is not None and not _loopback(place):
            yield note(
                m("{name} listens beyond this machine ({host}).", name=name, host=f"{place.host}:{place.port}"),
                m("Right inside a container; elsewhere let only the reverse proxy or the monitoring reach it (firewall, or 127.0.0.1)."),
            )


def chat_page(context: Context) -> Iterable[Finding]:
    """The way in for officers who have neither Zalo nor Telegram at hand."""
    settings = context.settings
    if settings.webchat is None:
        yield note(m("The chat page is switched off (THIDUA_WEBCHAT=off)."))
    elif settings.web is None:
        return
    elif settings.public_url is None:
        yield note(m("There is no chat page and no other page for officers: THIDUA_PUBLIC_URL is not set."))
    elif urlsplit(settings.public_url).scheme == "https":
        yield fine(m("Officers without Zalo or Telegram sign in at {url}.", url=f"{settings.public_url}/chat"))
    else:
        yield note(m("Over http the chat page cannot be installed on a phone, and its sessions can be read on the way."))


def twice(context: Context) -> Iterable[Finding]:
    """A name that stands in the file and, otherwise, in the environment: the environment wins, which surprises."""
    for name, place in sorted(context.given.items()):
        if place == "both":
            yield note(m("{name} stands in the environment and, with another value, in {file}: the environment counts.", name=name,
                         file=str(context.dotenv)))  # fmt: skip


def token_in_environment(context: Context) -> Iterable[Finding]:
    if any(context.environ.get(name, "").strip() for name in SECRETS):
        yield note(m("A token stands in the environment: `thidua demo` refuses to start in this shell."))


def habits(context: Context) -> Iterable[Finding]:
    """Settings that are right, but seldom meant."""
    if context.settings.zone.key != DEFAULT_ZONE:
        yield note(m("Days and hours are those of {zone}, not of Viet Nam.", zone=context.settings.zone.key))
    if context.settings.log == "DEBUG":
        yield note(m("THIDUA_LOG=DEBUG writes a lot."), m("Set it back to INFO once the fault is found."))


def _loopback(place: HostPort) -> bool:
    return place.host in LOOPBACK


GROUP = Group(
    m("Settings"), (channels, names, env_file, token_shape, webhooks, web_side, chat_page, twice, token_in_environment, habits)
)

"""Telegram: the token, the way there, and who takes the updates (polling and webhook exclude each other)."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.doctor.context import Context
from bot.doctor.finding import Finding, Group, fine, note, serious, unknown, warning
from bot.doctor.reached import reached
from handlers.kit.message import Moment, m, mn

MANY_WAITING = 100
RECENT_SECONDS = 86_400


def way(context: Context) -> Iterable[Finding]:
    """DNS, connection, TLS, answer."""
    if context.telegram is not None:
        yield from reached(context.telegram, "Telegram")


def token(context: Context) -> Iterable[Finding]:
    """Does Telegram know the token, and whose is it?"""
    answers = context.telegram
    if answers is None:
        if context.settings.telegram_token is None:
            yield note(m("Telegram is off: THIDUA_TELEGRAM_TOKEN is not set."))
        return
    if answers.problem:
        yield unknown(m("Token, name and webhook were not checked: Telegram could not be asked."))
    elif answers.me.ok:
        name = str(answers.me.result.get("username", ""))
        if name:
            yield fine(m("The token is valid: @{name}, https://t.me/{name}", name=name))
        else:
            yield warning(m("The token is valid, but the bot has no user name."), m("Give it one with @BotFather: invitations link to it."))
    elif answers.me.status in (401, 404):
        yield serious(
            m("Telegram does not accept the token ({status}).", status=str(answers.me.status)),
            m("Copy it again from @BotFather (/mybots, API Token) into THIDUA_TELEGRAM_TOKEN; a revoked one stays invalid."),
        )
    elif answers.me.status == 429:
        yield unknown(m("Telegram asks for a pause (429); the token was not checked."), m("Wait a few minutes and ask again."))
    else:
        yield unknown(m("Telegram answered {status}; the token was not checked.", status=str(answers.me.status)))


def who_takes_updates(context: Context) -> Iterable[Finding]:
    """Polling finds nothing while a webhook is set, and a webhook that leads elsewhere takes our updates away."""
    if not _webhook_known(context):
        return
    answers, wanted = context.telegram, context.settings.telegram_webhook
    assert answers is not None  # noqa: S101 - _webhook_known
    url = str(answers.webhook.result.get("url", ""))
    if wanted is None:
        if not url:
            yield fine(m("Updates are fetched by polling; no webhook stands in the way."))
        elif context.holder is None:
            yield warning(
                m("A webhook at {host} is set, while these settings poll.", host=_host(url)),
                m("`thidua run` removes it when it starts. If another program serves the bot there, stop that one first,"
                  " or set THIDUA_TELEGRAM_WEBHOOK."),
            )  # fmt: skip
        else:
            yield serious(
                m("A webhook at {host} takes the updates, while the bot that runs here polls: officers get no answer.", host=_host(url)),
                m("Another program uses the same token. Stop it and restart the bot; or revoke the token with @BotFather."),
            )
        return
    if url.startswith(wanted):
        yield fine(m("Updates come to the webhook at {host}.", host=_host(url)))
    elif not url:
        yield (warning if context.holder is None else serious)(
            m("The webhook is not set at Telegram."), m("`thidua run` sets it when it starts; if it runs, look into its log.")
        )
    else:
        yield serious(
            m("The webhook at Telegram leads to {host}, not to {wanted}.", host=_host(url), wanted=_host(wanted)),
            m("Another program uses the same token. Stop it and restart the bot; or revoke the token with @BotFather."),
        )


def webhook_errors(context: Context) -> Iterable[Finding]:
    """What Telegram met when it last called us."""
    if not _webhook_known(context):
        return
    assert context.telegram is not None  # noqa: S101 - _webhook_known
    info = context.telegram.webhook.result
    at, text = info.get("last_error_date"), str(info.get("last_error_message", ""))[:120]
    if isinstance(at, int) and info.get("url") and text:
        recent = context.now - at < RECENT_SECONDS
        said = m("The last delivery to the webhook failed ({at}): {text}", at=Moment(at), text=text)
        mend = m(
            "Check that the public address reaches THIDUA_WEB, with a valid certificate: curl -i {url}/healthz", url=_origin(info["url"])
        )
        yield warning(said, mend) if recent else note(said, mend)


def waiting(context: Context) -> Iterable[Finding]:
    """Updates that Telegram holds: it drops them after 24 hours."""
    if not _webhook_known(context):
        return
    assert context.telegram is not None  # noqa: S101 - _webhook_known
    count = context.telegram.webhook.result.get("pending_update_count")
    if not isinstance(count, int) or count <= 0:
        return
    said = mn("{count} message waits at Telegram.", "{count} messages wait at Telegram.", count)
    if context.holder is None:
        yield (warning if count >= MANY_WAITING else note)(said, m("Telegram drops them after 24 hours: start the bot before that."))
    elif count >= MANY_WAITING:
        yield warning(
            said,
            m("The bot runs but does not fetch them. Look for 409 in its log: then a second program polls with the same token."),
        )


def groups(context: Context) -> Iterable[Finding]:
    """Privacy mode is right: the bot needs only what is addressed to it."""
    answers = context.telegram
    if answers is None or not answers.me.ok:
        return
    if answers.me.result.get("can_read_all_group_messages") is True:
        yield warning(
            m("Privacy mode is off: in groups the bot is sent everything that people write."),
            m("@BotFather: /setprivacy, choose the bot, Enable; then remove it from its groups and add it again."),
        )


def in_viet_nam(context: Context) -> Iterable[Finding]:
    """What no check from a server can see."""
    if context.telegram is not None and context.settings.zalo_token is None:
        yield note(
            m("Telegram is under a block order in Viet Nam since May 2025: this server may reach it while officers' phones on mobile data"
              " do not."),
            m("Ask an officer to try on mobile data; Zalo and the web page do not depend on it."),
        )  # fmt: skip


def _webhook_known(context: Context) -> bool:
    return context.telegram is not None and context.telegram.webhook.ok is True


def _host(url: str) -> str:
    return urlsplit(url).netloc or url


def _origin(url: object) -> str:
    parts = urlsplit(str(url))
    return f"{parts.scheme}://{parts.netloc}"


GROUP = Group(m("Telegram"), (way, token, who_takes_updates, webhook_errors, waiting, groups, in_viet_nam), needs="answers")

"""Zalo: the token, the way there, and the webhook, which is the only way that loses nothing."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from bot.channels.zalo_verdict import no_webhook, verdict
from bot.doctor.asking import Answer
from bot.doctor.context import Context
from bot.doctor.finding import Finding, Group, fine, note, serious, unknown, warning
from bot.doctor.reached import reached
from handlers.kit.message import m


def way(context: Context) -> Iterable[Finding]:
    if context.zalo is not None:
        yield from reached(context.zalo, "Zalo")


def token(context: Context) -> Iterable[Finding]:
    """Judged as the channel judges it: ``ok: false`` comes with status 200 as well."""
    answers = context.zalo
    if answers is None:
        if context.settings.zalo_token is None:
            yield note(m("Zalo is off: THIDUA_ZALO_TOKEN is not set."))
        return
    if answers.problem:
        yield unknown(m("Token and webhook were not checked: Zalo could not be asked."))
        return
    me = answers.me
    match verdict(me.status, me.ok, me.code):
        case "done":
            name = str(me.result.get("account_name") or me.result.get("display_name") or me.result.get("id") or "")
            yield fine(m("The token is valid: {name}", name=name or "Zalo"))
        case "quota":
            yield serious(
                m("Zalo refuses with 429: the month's quota of messages is used up."),
                m("Until next month only a larger plan helps; what is urgent goes by Telegram or by phone."),
            )
        case "token":
            yield serious(
                m("Zalo does not accept the token ({status}).", status=_code(me)),
                m("Copy it again from the Zalo Bot Manager into THIDUA_ZALO_TOKEN."),
            )
        case _:
            yield unknown(
                m("Zalo met an error of its own ({status}); the token was not checked.", status=_code(me)),
                m("Wait a few minutes and ask again."),
            )


def webhook(context: Context) -> Iterable[Finding]:
    """Polling and webhook exclude each other silently; polling can lose the one message in flight."""
    answers, wanted = context.zalo, context.settings.zalo_webhook
    if context.settings.zalo_token is not None and wanted is None:
        yield warning(
            m("Zalo is polled: it hands each message out once, so the one in flight is lost when the machine fails."),
            m("Set THIDUA_ZALO_WEBHOOK (a public https address): then nothing is lost."),
        )
    if answers is None or not answers.me.ok:
        return
    given = answers.webhook
    url = str(given.result.get("url") or "")
    if not url and not no_webhook(given.status, given.ok, given.code):
        yield unknown(
            m("Zalo does not say whether a webhook is set ({status}).", status=_code(given)),
            m("Polling goes on all the same, but receives nothing while one is set. Ask again in a few minutes."),
        )
    elif url and wanted is None:
        found = warning if context.holder is None else serious
        yield found(
            m("A webhook at {host} is set at Zalo, so polling receives nothing, and says nothing.", host=urlsplit(url).netloc or url),
            m("`thidua run` removes it when it starts. If it is set again, another program uses the same token: stop that one."),
        )
    elif wanted is not None and not url.startswith(wanted):
        yield (serious if url else warning)(
            m("The webhook at Zalo is not ours: {host}", host=urlsplit(url).netloc if url else "–"),
            m("Restart the bot, which sets it; if it changes back, another program uses the same token."),
        )
    elif url:
        yield fine(m("Messages come to the webhook at {host}.", host=urlsplit(url).netloc))


def _code(answer: Answer) -> str:
    return str(answer.status if answer.code is None else answer.code)


GROUP = Group(m("Zalo"), (way, token, webhook), needs="answers")
